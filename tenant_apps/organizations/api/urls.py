"""Addresses of the API of organisations, below ``api/v1/``."""

from __future__ import annotations

from django.urls import path

from tenant_apps.organizations.api import views

_ONE = "organizations/<uuid:org_id>/"

unit_urls = [
    path("organizations/", views.Organizations.as_view()),
    path("organizations/past/", views.PastOrganizations.as_view()),
    path("organizations/acts/<uuid:act_id>/undo/", views.ActUndo.as_view()),
    path(_ONE, views.OrganizationDetail.as_view()),
    path(f"{_ONE}acts/<uuid:act_id>/paper/", views.ActPaper.as_view()),
    path(f"{_ONE}history/", views.OrganizationHistory.as_view()),
    path(f"{_ONE}subtree/", views.OrganizationSubtree.as_view()),
    path(f"{_ONE}reveal/", views.ContactReveal.as_view()),
    path(f"{_ONE}workplaces/", views.Workplaces.as_view()),
    path(f"{_ONE}workplaces/<uuid:workplace_id>/", views.WorkplaceDetail.as_view()),
    path(f"{_ONE}honours/", views.Honours.as_view()),
    path(f"{_ONE}honours/<uuid:honour_id>/strike/", views.HonourStrike.as_view()),
    path(f"{_ONE}move/", views.OrganizationMove.as_view()),
    path(f"{_ONE}merge/", views.OrganizationMerge.as_view()),
    path(f"{_ONE}dissolve/", views.OrganizationDissolve.as_view()),
    path(f"{_ONE}retype/", views.OrganizationRetype.as_view()),
    path(f"{_ONE}split/", views.OrganizationSplit.as_view()),
]
