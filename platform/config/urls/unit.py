"""Addresses of the unit face."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from config.api import ApiDocument
from shared_apps.people import urls as people
from tenant_apps.access import urls as access

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/openapi.json", ApiDocument.as_view()),
    *people.unit_urls,
    *access.unit_urls,
]
handler400 = "kernel.web.views.bad_request"
handler403 = "kernel.web.views.forbidden"
handler404 = "kernel.web.views.not_found"
handler500 = "kernel.web.views.broken"
