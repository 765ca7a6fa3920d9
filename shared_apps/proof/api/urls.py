"""Addresses of the proof for programs, on the console."""

from __future__ import annotations

from django.urls import path

from shared_apps.proof.api import views

console_urls = [
    path("proof/", views.Rules.as_view()),
    path("proof/<str:code>/", views.Failing.as_view()),
]
