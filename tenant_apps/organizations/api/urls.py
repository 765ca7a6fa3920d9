"""Addresses of the API of organisations, below ``api/v1/``."""

from __future__ import annotations

from django.urls import path

from tenant_apps.organizations.api import views

unit_urls = [
    path("organizations/", views.Organizations.as_view()),
    path("organizations/<uuid:org_id>/", views.OrganizationDetail.as_view()),
    path("organizations/<uuid:org_id>/move/", views.OrganizationMove.as_view()),
]
