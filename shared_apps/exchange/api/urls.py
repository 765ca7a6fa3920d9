"""Addresses of the API of the post between units."""

from __future__ import annotations

from django.urls import path

from shared_apps.exchange.api import views

console_urls = [path("exchange/", views.TrafficFigures.as_view())]
