"""Addresses of the API of members, below ``api/v1/``."""

from __future__ import annotations

from django.urls import path

from tenant_apps.members.api import views

unit_urls = [
    path("members/", views.Members.as_view()),
    path("members/<uuid:member_id>/", views.MemberDetail.as_view()),
    path("members/<uuid:member_id>/move/", views.MemberMove.as_view()),
    path("members/<uuid:member_id>/reveal/", views.MemberReveal.as_view()),
    path("members/moves/<uuid:move_id>/undo/", views.MemberMoveUndo.as_view()),
    path("members/exports/", views.Exports.as_view()),
    path("members/exports/<uuid:export_id>/", views.ExportDetail.as_view()),
]
