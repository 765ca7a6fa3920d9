"""Addresses of support access on the console; the unit's side is with its rights."""

from __future__ import annotations

from django.urls import path

from shared_apps.support.views import console

console_urls = [
    path("support/", console.Accesses.as_view()),
    path("support/ask/<uuid:unit_id>/", console.Ask.as_view()),
    path("support/<uuid:access_id>/", console.OneAccess.as_view()),
    path("support/<uuid:access_id>/withdraw/", console.Withdraw.as_view()),
    path("support/<uuid:access_id>/enter/", console.Enter.as_view()),
    path("support/<uuid:access_id>/end/", console.End.as_view()),
]
