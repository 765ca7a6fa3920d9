"""Addresses of the API of members, below ``api/v1/``."""

from __future__ import annotations

from django.urls import path

from tenant_apps.members.api import files, grouping, growth, scans, states, turns, views

unit_urls = [
    path("members/", views.Members.as_view()),
    path("members/corrections/", files.Corrections.as_view()),
    path("members/corrections/<uuid:correction_id>/", files.CorrectionDetail.as_view()),
    path("members/corrections/<uuid:correction_id>/file/", files.CorrectionFile.as_view()),
    path("members/card-check/", files.CardCheck.as_view()),
    path("members/<uuid:member_id>/entries/", files.Entries.as_view()),
    path("members/entries/<uuid:entry_id>/", files.EntryDetail.as_view()),
    path("members/entries/<uuid:entry_id>/scans/", scans.EntryScans.as_view()),
    path("members/entries/<uuid:entry_id>/scans/<slug:mark>/", scans.EntryScan.as_view()),
    path("members/<uuid:member_id>/versions/", files.Versions.as_view()),
    path("members/<uuid:member_id>/growth/", growth.Growth.as_view()),
    path("members/<uuid:member_id>/as-of/", files.FileAsOf.as_view()),
    path(
        "members/versions/<uuid:event_id>/restore/",
        files.VersionRestore.as_view(),
    ),
    path("members/<uuid:member_id>/completeness/", files.CompletenessDetail.as_view()),
    path("members/<uuid:member_id>/photo/", files.Photo.as_view()),
    path("members/enter/", turns.Enter.as_view()),
    path("members/proposals/", turns.Proposals.as_view()),
    path("members/proposals/<uuid:proposal_id>/approve/", turns.ProposalApprove.as_view()),
    path("members/proposals/<uuid:proposal_id>/refuse/", turns.ProposalRefuse.as_view()),
    path("members/proposals/<uuid:proposal_id>/withdraw/", turns.ProposalWithdraw.as_view()),
    path("members/changes/<uuid:change_id>/undo/", turns.ChangeUndo.as_view()),
    path("members/former/", turns.Former.as_view()),
    path("members/states/", states.States.as_view()),
    path("members/duplicates/", states.Duplicates.as_view()),
    path("members/merges/<uuid:change_id>/undo/", states.MergeUndo.as_view()),
    path("members/exports/<uuid:export_id>/decide/", turns.DecideExport.as_view()),
    path("members/<uuid:member_id>/leave/", turns.Leave.as_view()),
    path("members/<uuid:member_id>/changes/", turns.MemberChanges.as_view()),
    path("members/<uuid:member_id>/states/<str:kind>/begin/", states.BeginState.as_view()),
    path("members/<uuid:member_id>/states/<str:kind>/end/", states.EndState.as_view()),
    path("members/<uuid:member_id>/contact/", states.Contact.as_view()),
    path("members/<uuid:member_id>/merge/<uuid:other_id>/", states.Merge.as_view()),
    path("members/<uuid:member_id>/apart/<uuid:other_id>/", states.TellApart.as_view()),
    path("members/<uuid:member_id>/", views.MemberDetail.as_view()),
    path("members/<uuid:member_id>/move/", views.MemberMove.as_view()),
    path("members/<uuid:member_id>/reveal/", views.MemberReveal.as_view()),
    path("members/moves/<uuid:move_id>/undo/", views.MemberMoveUndo.as_view()),
    path("members/groups/<uuid:org_id>/", grouping.Groups.as_view()),
    path("members/groups/<uuid:org_id>/leader/", grouping.GroupLeader.as_view()),
    path("members/groupings/<uuid:move_id>/undo/", grouping.GroupingUndo.as_view()),
    path("members/exports/", views.Exports.as_view()),
    path("members/exports/<uuid:export_id>/", views.ExportDetail.as_view()),
]
member_urls = [
    path("me/growth/", growth.OwnGrowth.as_view()),
    path("me/corrections/", files.OwnCorrections.as_view()),
    path("me/corrections/<uuid:correction_id>/file/", files.OwnCorrectionFile.as_view()),
    path("me/corrections/<uuid:correction_id>/withdraw/", files.OwnCorrectionWithdraw.as_view()),
]
