"""Addresses of the API of members, below ``api/v1/``."""

from __future__ import annotations

from django.urls import path

from tenant_apps.members.api import files, views

unit_urls = [
    path("members/", views.Members.as_view()),
    path("members/corrections/", files.Corrections.as_view()),
    path("members/corrections/<uuid:correction_id>/", files.CorrectionDetail.as_view()),
    path("members/card-check/", files.CardCheck.as_view()),
    path("members/<uuid:member_id>/entries/", files.Entries.as_view()),
    path("members/entries/<uuid:entry_id>/", files.EntryDetail.as_view()),
    path("members/<uuid:member_id>/versions/", files.Versions.as_view()),
    path("members/<uuid:member_id>/as-of/", files.FileAsOf.as_view()),
    path(
        "members/versions/<uuid:event_id>/restore/",
        files.VersionRestore.as_view(),
    ),
    path("members/<uuid:member_id>/completeness/", files.CompletenessDetail.as_view()),
    path("members/<uuid:member_id>/photo/", files.Photo.as_view()),
    path("members/<uuid:member_id>/", views.MemberDetail.as_view()),
    path("members/<uuid:member_id>/move/", views.MemberMove.as_view()),
    path("members/<uuid:member_id>/reveal/", views.MemberReveal.as_view()),
    path("members/moves/<uuid:move_id>/undo/", views.MemberMoveUndo.as_view()),
    path("members/exports/", views.Exports.as_view()),
    path("members/exports/<uuid:export_id>/", views.ExportDetail.as_view()),
]
member_urls = [
    path("me/corrections/", files.OwnCorrections.as_view()),
    path("me/corrections/<uuid:correction_id>/withdraw/", files.OwnCorrectionWithdraw.as_view()),
]
