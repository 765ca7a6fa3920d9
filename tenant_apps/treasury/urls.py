"""Addresses of the treasury on the desk and the phone."""

from __future__ import annotations

from django.urls import URLPattern

unit_urls: list[URLPattern] = []
member_urls: list[URLPattern] = []
