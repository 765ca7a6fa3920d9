"""Addresses of the operators' view of all units."""

from __future__ import annotations

from django.urls import path

from shared_apps.fleet.views import own, units

console_urls = [
    path("fleet/", units.Fleet.as_view()),
    path("fleet/export/", units.Export.as_view()),
    path("fleet/filters/", own.SaveFilter.as_view()),
    path("fleet/filters/<uuid:filter_id>/", own.ChangeFilter.as_view()),
    path("fleet/<uuid:unit_id>/pin/", own.PinUnit.as_view()),
]
