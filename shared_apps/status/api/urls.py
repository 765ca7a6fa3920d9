"""Addresses of the API of the platform's state."""

from __future__ import annotations

from django.urls import path

from shared_apps.status.api import views

console_urls = [
    path("status/incidents/", views.Incidents.as_view()),
    path("status/incidents/<uuid:incident_id>/", views.IncidentOne.as_view()),
    path("status/incidents/<uuid:incident_id>/resolve/", views.IncidentResolve.as_view()),
    path("status/probe/", views.Probe.as_view()),
    path("status/runs/", views.Runs.as_view()),
]
public_urls = [path("status/", views.PublicStatus.as_view())]
