"""Addresses of organisations."""

from __future__ import annotations

from django.urls import URLPattern, path

from tenant_apps.organizations import views

_ONE = "organizations/<uuid:org_id>/"

unit_urls: list[URLPattern] = [
    path("organizations/", views.Organizations.as_view(), name="organizations"),
    path("organizations/list/", views.OrganizationList.as_view(), name="organizations-list"),
    path("organizations/past/", views.TreeOnDay.as_view(), name="organizations-past"),
    path(
        "organizations/past/<uuid:org_id>/",
        views.LevelOnDay.as_view(),
        name="organizations-past-level",
    ),
    path("organizations/tree/<uuid:org_id>/", views.TreeLevel.as_view(), name="organizations-tree"),
    path(_ONE, views.OrganizationPage.as_view(), name="organization"),
    path(f"{_ONE}children/new/", views.CreateOrganization.as_view(), name="organization-new"),
    path(f"{_ONE}edit/", views.ReviseOrganization.as_view(), name="organization-edit"),
    path(f"{_ONE}workplaces/", views.Workplaces.as_view(), name="organization-workplaces"),
    path(
        f"{_ONE}workplaces/<uuid:workplace_id>/remove/",
        views.RemoveWorkplace.as_view(),
        name="organization-workplace-remove",
    ),
    path(f"{_ONE}honours/", views.Honours.as_view(), name="organization-honours"),
    path(
        f"{_ONE}honours/<uuid:honour_id>/strike/",
        views.StrikeHonour.as_view(),
        name="organization-honour-strike",
    ),
    path(f"{_ONE}move/", views.MoveOrganization.as_view(), name="organization-move"),
    path(f"{_ONE}move/choices/", views.MoveChoices.as_view(), name="organization-move-choices"),
    path(f"{_ONE}merge/", views.MergeOrganization.as_view(), name="organization-merge"),
    path(f"{_ONE}split/", views.SplitOrganization.as_view(), name="organization-split"),
    path(f"{_ONE}retype/", views.RetypeOrganization.as_view(), name="organization-retype"),
    path(f"{_ONE}dissolve/", views.DissolveOrganization.as_view(), name="organization-dissolve"),
    path(
        f"{_ONE}acts/<uuid:act_id>/paper/",
        views.ApprovalDocument.as_view(),
        name="organization-paper",
    ),
    path(f"{_ONE}reveal/", views.RevealContact.as_view(), name="organization-reveal"),
    path(f"{_ONE}history/", views.HistoryGraph.as_view(), name="organization-history"),
    path(f"{_ONE}drawing/", views.Drawing.as_view(), name="organization-drawing"),
    path(
        "organizations/acts/<str:token>/undo/",
        views.UndoAct.as_view(),
        name="organization-act-undo",
    ),
]
