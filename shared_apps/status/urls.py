"""Addresses of the platform's state: for operators (console) and for everybody (status)."""

from __future__ import annotations

from django.urls import path

from shared_apps.status.views import manage, public

console_urls = [
    path("status/", manage.Health.as_view()),
    path("status/incidents/", manage.IncidentList.as_view()),
    path("status/incidents/new/", manage.ReportIncident.as_view()),
    path("status/incidents/<uuid:incident_id>/", manage.IncidentPage.as_view()),
    path("status/incidents/<uuid:incident_id>/resolve/", manage.ResolveIncident.as_view()),
    path("status/probe/", manage.Probe.as_view()),
    path("status/runs/", manage.RunList.as_view()),
]
public_urls = [path("", public.StatusPage.as_view())]
