"""Addresses of the API of insight, below ``api/v1/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from tenant_apps.insight.api import views

unit_urls: list[URLPattern] = [
    path("statistics/distribution/", views.Distribution.as_view()),
    path("statistics/snapshots/", views.Snapshots.as_view()),
    path("statistics/snapshots/<uuid:snapshot_id>/", views.SnapshotDetail.as_view()),
    path("statistics/snapshots/<uuid:snapshot_id>/submit/", views.Submit.as_view()),
    path("statistics/snapshots/<uuid:snapshot_id>/file/", views.File.as_view()),
    path("statistics/snapshots/<uuid:snapshot_id>/return/", views.GiveBack.as_view()),
    path("statistics/snapshots/<uuid:snapshot_id>/workbook/", views.Workbook.as_view()),
    path("statistics/snapshots/<uuid:snapshot_id>/checks/", views.Checks.as_view()),
    path(
        "statistics/snapshots/<uuid:snapshot_id>/tables/<int:number>/", views.TableDetail.as_view()
    ),
    path(
        "statistics/snapshots/<uuid:snapshot_id>/tables/<int:number>/people/",
        views.TablePeople.as_view(),
    ),
    path(
        "statistics/snapshots/<uuid:snapshot_id>/tables/<int:number>/people/workbook/",
        views.PeopleFile.as_view(),
    ),
]
