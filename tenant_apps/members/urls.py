"""Addresses of members, per face."""

from __future__ import annotations

from django.urls import URLPattern, path

from tenant_apps.members.views import exports, files, lists, moves, phone, search

unit_urls: list[URLPattern] = [
    path("members/", lists.Members.as_view(), name="members"),
    path("members/tree/<uuid:org_id>/", lists.TreeLevel.as_view(), name="members-tree"),
    path("members/move/", moves.MoveMembers.as_view(), name="members-move"),
    path("members/moves/<uuid:move_id>/undo/", moves.MoveBack.as_view(), name="members-move-back"),
    path("members/export/", exports.ExportMembers.as_view(), name="members-export"),
    path(
        "members/exports/<uuid:export_id>/",
        exports.ExportProgress.as_view(),
        name="members-export-file",
    ),
    path(
        "members/exports/<uuid:export_id>/file/",
        exports.ExportFile.as_view(),
        name="members-export-download",
    ),
    path("members/<uuid:member_id>/", files.MemberFile.as_view(), name="member"),
    path("members/<uuid:member_id>/edit/", files.CorrectMember.as_view(), name="member-edit"),
    path("members/<uuid:member_id>/reveal/", files.RevealMember.as_view(), name="member-reveal"),
    path("search/", search.Search.as_view(), name="search"),
]
member_urls: list[URLPattern] = [path("m/me/", phone.OwnFile.as_view(), name="own-file")]
