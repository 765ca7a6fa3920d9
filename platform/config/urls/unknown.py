"""Addresses that answer on every host: health, for the launcher and load balancers."""

from __future__ import annotations

from django.urls import path

from config.health import Alive, Metrics, Ready

urlpatterns = [
    path("livez", Alive.as_view()),
    path("readyz", Ready.as_view()),
    path("metrics", Metrics.as_view()),
]
handler400 = "kernel.web.views.bad_request"
handler403 = "kernel.web.views.forbidden"
handler404 = "kernel.web.views.not_found"
handler500 = "kernel.web.views.broken"
