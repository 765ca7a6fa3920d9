"""Addresses of the API of metering."""

from __future__ import annotations

from django.urls import path

from shared_apps.usage.api import views

console_urls = [
    path("usage/", views.UsageFigures.as_view()),
    path("usage/days/", views.UsageDays.as_view()),
    path("usage/places/", views.UsagePlaces.as_view()),
    path("usage/corrections/", views.UsageCorrections.as_view()),
]
unit_urls = [
    path("outside/", views.OutsideData.as_view()),
    path("outside/reports/", views.OutsideReports.as_view()),
]
