"""Addresses of metering: figures for operators (console), what left for the unit (unit)."""

from __future__ import annotations

from django.urls import path

from shared_apps.usage.views import drift, figures, outside

console_urls = [
    path("usage/", figures.Figures.as_view()),
    path("usage/export/", figures.ExportFigures.as_view()),
    path("usage/corrections/", drift.Corrections.as_view()),
]
unit_urls = [
    path("outside/", outside.WhatThePlatformSees.as_view()),
    path("outside/print/", outside.PrintOutside.as_view()),
    path("outside/download/", outside.DownloadOutside.as_view()),
]
