"""Addresses of the API of rules, under ``api/v1/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from shared_apps.rules.api import views

member_urls: list[URLPattern] = [path("rules/dues/", views.DuesRules.as_view())]
unit_urls: list[URLPattern] = [
    *member_urls,
    path("rules/codes/", views.CodeTables.as_view()),
    path("rules/codes/<slug:name>/", views.CodeTable.as_view()),
]
console_urls: list[URLPattern] = [
    path("campaigns/", views.Campaigns.as_view()),
    path("campaigns/<int:number>/end/", views.CampaignEnd.as_view()),
]
