"""Addresses of the proof on the console; a unit sees its own checks with its dues."""

from __future__ import annotations

from django.urls import path

from shared_apps.proof.views import console

console_urls = [
    path("proof/", console.Standing.as_view()),
    path("proof/<str:code>/", console.Failing.as_view()),
]
