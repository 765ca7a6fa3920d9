"""Addresses of the pay face."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from tenant_apps.dues import urls as dues

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((dues.pay_urls, "pay"))),
]
handler400 = "kernel.web.views.bad_request"
handler403 = "kernel.web.views.forbidden"
handler404 = "kernel.web.views.not_found"
handler500 = "kernel.web.views.broken"
