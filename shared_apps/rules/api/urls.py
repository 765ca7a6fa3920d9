"""Addresses of the API of rules, under ``api/v1/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from shared_apps.rules.api import views

unit_urls: list[URLPattern] = [path("rules/dues/", views.DuesRules.as_view())]
member_urls: list[URLPattern] = unit_urls
