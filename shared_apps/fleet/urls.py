"""Addresses of the operators' view of all units."""

from __future__ import annotations

from django.urls import path

from shared_apps.fleet.views import units

console_urls = [
    path("fleet/", units.Fleet.as_view()),
]
