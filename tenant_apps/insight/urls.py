"""Addresses of insight."""

from __future__ import annotations

from django.urls import URLPattern

unit_urls: list[URLPattern] = []
