"""Addresses of admissions, per face."""

from __future__ import annotations

from django.urls import URLPattern, path

from tenant_apps.admissions.views import cases, kept, lists, phone, printing, steps

_CASE = "admissions/<uuid:case_id>/"

unit_urls: list[URLPattern] = [
    path("admissions/", lists.Board.as_view(), name="board"),
    path("admissions/work/", lists.WorkList.as_view(), name="work"),
    path("admissions/ended/", lists.Ended.as_view(), name="ended"),
    path("admissions/new/", cases.OpenCase.as_view(), name="new"),
    path(_CASE, cases.CasePage.as_view(), name="case"),
    path(f"{_CASE}edit/", cases.CorrectCase.as_view(), name="edit"),
    path(f"{_CASE}reveal/", cases.RevealCase.as_view(), name="reveal"),
    path(f"{_CASE}invite/", kept.InviteApplicant.as_view(), name="invite"),
    path(f"{_CASE}close/", cases.CloseCase.as_view(), name="close"),
    path(f"{_CASE}move/", cases.MoveCase.as_view(), name="move"),
    path(f"{_CASE}steps/<slug:act>/", steps.DoAct.as_view(), name="act"),
    path(f"{_CASE}notice/", steps.EndNotice.as_view(), name="notice"),
    path(f"{_CASE}decision/", steps.Decide.as_view(), name="decision"),
    path(f"{_CASE}take-back/", steps.TakeBack.as_view(), name="take-back"),
    path(f"{_CASE}notes/<slug:kind>/", kept.AddNote.as_view(), name="note"),
    path(f"{_CASE}papers/<slug:act>/", kept.HandIn.as_view(), name="hand-in"),
    path(f"{_CASE}print/<slug:what>/", printing.PrintPaper.as_view(), name="print"),
    path(
        "admissions/notes/<uuid:note_id>/strike/",
        kept.StrikeNote.as_view(),
        name="note-strike",
    ),
    path("admissions/check/<str:code>/", printing.CheckPaper.as_view(), name="check"),
    path("admissions/papers/<uuid:paper_id>/", kept.PaperFile.as_view(), name="paper"),
    path(
        "admissions/papers/<uuid:paper_id>/strike/",
        kept.StrikePaper.as_view(),
        name="paper-strike",
    ),
]
member_urls: list[URLPattern] = [
    path("m/admission/", phone.OwnCase.as_view(), name="own"),
    path("m/admission/reports/", phone.OwnReports.as_view(), name="reports"),
    path("m/admission/reports/new/", phone.OwnReport.as_view(), name="report"),
    path("m/admission/papers/<slug:act>/", phone.OwnHandIn.as_view(), name="hand-in"),
    path("m/admission/files/<uuid:paper_id>/", phone.OwnFile.as_view(), name="file"),
]
