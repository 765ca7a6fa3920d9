"""Addresses of the API of admissions, below ``api/v1/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from tenant_apps.admissions.api import own, views

_CASE = "admissions/<uuid:case_id>/"

unit_urls: list[URLPattern] = [
    path("admissions/", views.Cases.as_view()),
    path("admissions/work/", views.CaseWork.as_view()),
    path(_CASE, views.CaseDetail.as_view()),
    path(f"{_CASE}steps/<slug:act>/", views.CaseStep.as_view()),
    path(f"{_CASE}notice/", views.CaseNotice.as_view()),
    path(f"{_CASE}decision/", views.CaseDecision.as_view()),
    path(f"{_CASE}take-back/", views.CaseTakeBack.as_view()),
    path(f"{_CASE}notes/", views.CaseNotes.as_view()),
    path(f"{_CASE}papers/", views.CasePapers.as_view()),
    path(f"{_CASE}invite/", views.CaseInvite.as_view()),
    path(f"{_CASE}close/", views.CaseClose.as_view()),
    path(f"{_CASE}move/", views.CaseMove.as_view()),
    path(f"{_CASE}reveal/", views.CaseReveal.as_view()),
    path("admissions/notes/<uuid:note_id>/strike/", views.NoteStrike.as_view()),
    path("admissions/papers/<uuid:paper_id>/", views.PaperFile.as_view()),
    path("admissions/papers/<uuid:paper_id>/strike/", views.PaperStrike.as_view()),
]
member_urls: list[URLPattern] = [
    path("admissions/own/", own.OwnCase.as_view()),
    path("admissions/own/papers/", own.OwnPapers.as_view()),
    path("admissions/own/papers/<uuid:paper_id>/", own.OwnPaper.as_view()),
]
