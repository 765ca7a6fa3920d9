"""Addresses of the rules."""

from __future__ import annotations

from django.urls import URLPattern, path

from shared_apps.rules import views

unit_urls: list[URLPattern] = [
    path("rules/dues/", views.DuesRules.as_view(), name="dues"),
    path("rules/codes/", views.CodeTables.as_view(), name="codes"),
    path("rules/codes/file/", views.CodeTablesFile.as_view(), name="codes-file"),
]
member_urls: list[URLPattern] = [
    path("m/rules/dues/", views.PhoneDuesRules.as_view(), name="dues"),
]
console_urls: list[URLPattern] = [
    path("campaigns/", views.Campaigns.as_view()),
    path("campaigns/<int:number>/end/", views.EndCampaign.as_view()),
]
