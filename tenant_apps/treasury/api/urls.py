"""Addresses of the API of the treasury, below ``api/v1/``."""

from __future__ import annotations

from django.urls import URLPattern

unit_urls: list[URLPattern] = []
member_urls: list[URLPattern] = []
