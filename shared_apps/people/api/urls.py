"""Addresses of the door's API, by face."""

from __future__ import annotations

from django.urls import path

from shared_apps.people.api import views

_own = [
    path("session/", views.CurrentSession.as_view()),
    path("sessions/", views.OwnSessions.as_view()),
    path("sessions/<uuid:session_id>/", views.OwnSession.as_view()),
]
console_urls = [
    path("sign-in/password/", views.PasswordStep.as_view()),
    path("sign-in/second-factor/", views.SecondFactorStep.as_view()),
    path("sign-in/enrolment/", views.Enrolment.as_view()),
    path("account/password/", views.OwnPassword.as_view()),
    *_own,
]
unit_urls = [path("account/password/", views.OwnPassword.as_view()), *_own]
member_urls = _own
