"""Addresses of the operators' view for programs."""

from __future__ import annotations

from django.urls import URLPattern

console_urls: list[URLPattern] = []
