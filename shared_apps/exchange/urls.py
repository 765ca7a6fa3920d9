"""Addresses of the post between units."""

from __future__ import annotations

from django.urls import URLPattern, path

from shared_apps.exchange.views import traffic

console_urls: list[URLPattern] = [path("exchange/", traffic.TrafficPage.as_view())]
