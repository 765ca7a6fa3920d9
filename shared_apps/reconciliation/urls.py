"""Addresses of reconciliation on the console; the unit's side is with its treasury."""

from __future__ import annotations

from django.urls import path

from shared_apps.reconciliation.views import console

console_urls = [
    path("reconciliation/", console.Standing.as_view()),
    path("reconciliation/bills/<uuid:run_id>/again/", console.FetchAgain.as_view()),
]
