"""Addresses of support access for programs, on the console."""

from __future__ import annotations

from django.urls import path

from shared_apps.support.api import views

console_urls = [
    path("support/accesses/", views.Accesses.as_view()),
    path("support/accesses/<uuid:access_id>/", views.OneAccess.as_view()),
    path("support/accesses/<uuid:access_id>/withdraw/", views.Withdraw.as_view()),
    path("support/accesses/<uuid:access_id>/enter/", views.Enter.as_view()),
    path("support/accesses/<uuid:access_id>/end/", views.End.as_view()),
]
