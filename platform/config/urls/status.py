"""Addresses of the status face: how the platform fares, for everybody."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from config.api import ApiDocument
from shared_apps.status import urls as status
from shared_apps.status.api import urls as status_api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/openapi.json", ApiDocument.as_view()),
    *status.public_urls,
    path("api/v1/", include(status_api.public_urls)),
]
handler400 = "kernel.web.views.bad_request"
handler403 = "kernel.web.views.forbidden"
handler404 = "kernel.web.views.not_found"
handler500 = "kernel.web.views.broken"
