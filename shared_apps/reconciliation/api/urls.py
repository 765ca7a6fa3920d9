"""Addresses of reconciliation for programs, on the console."""

from __future__ import annotations

from django.urls import path

from shared_apps.reconciliation.api import views

console_urls = [
    path("reconciliation/days/", views.Days.as_view()),
    path("reconciliation/units/", views.UnitsWithDifferences.as_view()),
    path("reconciliation/bills/", views.StuckBills.as_view()),
    path("reconciliation/bills/<uuid:run_id>/again/", views.FetchAgain.as_view()),
]
