"""Addresses of insight."""

from __future__ import annotations

from django.urls import URLPattern, path

from tenant_apps.insight.views import charts, snapshots, tables

unit_urls: list[URLPattern] = [
    path("statistics/", snapshots.Statistics.as_view(), name="statistics"),
    path("statistics/distribution/", charts.DistributionPage.as_view(), name="distribution"),
    path("statistics/<uuid:snapshot_id>/", snapshots.SnapshotPage.as_view(), name="snapshot"),
    path(
        "statistics/<uuid:snapshot_id>/submit/", snapshots.Submit.as_view(), name="snapshot-submit"
    ),
    path("statistics/<uuid:snapshot_id>/file/", snapshots.File.as_view(), name="snapshot-file"),
    path(
        "statistics/<uuid:snapshot_id>/return/",
        snapshots.GiveBack.as_view(),
        name="snapshot-return",
    ),
    path("statistics/<uuid:snapshot_id>/workbook/", tables.TableFile.as_view(), name="workbook"),
    path(
        "statistics/<uuid:snapshot_id>/tables/<int:number>/",
        tables.TablePage.as_view(),
        name="table",
    ),
    path(
        "statistics/<uuid:snapshot_id>/tables/<int:number>/people/",
        tables.PeoplePage.as_view(),
        name="table-people",
    ),
    path(
        "statistics/<uuid:snapshot_id>/tables/<int:number>/people/workbook/",
        tables.PeopleFile.as_view(),
        name="table-people-file",
    ),
]
