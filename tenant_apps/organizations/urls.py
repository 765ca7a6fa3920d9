"""Addresses of organisations."""

from __future__ import annotations

from django.urls import URLPattern, path

from tenant_apps.organizations import views

unit_urls: list[URLPattern] = [
    path("organizations/", views.Organizations.as_view(), name="organizations"),
    path("organizations/<uuid:org_id>/", views.OrganizationPage.as_view(), name="organization"),
    path("organizations/tree/<uuid:org_id>/", views.TreeLevel.as_view(), name="organizations-tree"),
    path(
        "organizations/<uuid:org_id>/children/new/",
        views.CreateOrganization.as_view(),
        name="organization-new",
    ),
    path(
        "organizations/<uuid:org_id>/edit/",
        views.ReviseOrganization.as_view(),
        name="organization-edit",
    ),
    path(
        "organizations/<uuid:org_id>/move/",
        views.MoveOrganization.as_view(),
        name="organization-move",
    ),
    path(
        "organizations/moves/<str:token>/undo/",
        views.MoveBack.as_view(),
        name="organization-move-back",
    ),
]
