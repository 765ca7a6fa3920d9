"""Addresses of members, per face."""

from __future__ import annotations

from django.urls import URLPattern, path

from tenant_apps.members.views import (
    cards,
    corrections,
    duplicates,
    editing,
    entries,
    exports,
    files,
    former,
    grouping,
    lists,
    moves,
    phone,
    requests,
    saved,
    scans,
    search,
    states,
    turns,
    versions,
)

unit_urls: list[URLPattern] = [
    path("members/", lists.Members.as_view(), name="members"),
    path("members/tree/<uuid:org_id>/", lists.TreeLevel.as_view(), name="members-tree"),
    path("members/move/", moves.MoveMembers.as_view(), name="members-move"),
    path("members/moves/<uuid:move_id>/undo/", moves.MoveBack.as_view(), name="members-move-back"),
    path("members/groups/<uuid:org_id>/", grouping.Groups.as_view(), name="members-groups"),
    path(
        "members/groups/<uuid:org_id>/leader/",
        grouping.GroupLeader.as_view(),
        name="members-group-leader",
    ),
    path(
        "members/groupings/<uuid:move_id>/undo/",
        grouping.UndoGrouping.as_view(),
        name="members-grouping-undo",
    ),
    path("members/columns/", saved.ArrangeColumns.as_view(), name="members-columns"),
    path("members/export/", exports.ExportMembers.as_view(), name="members-export"),
    path("members/exports/", exports.AwaitingExports.as_view(), name="members-exports"),
    path(
        "members/exports/<uuid:export_id>/decide/",
        exports.DecideExport.as_view(),
        name="members-export-decide",
    ),
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
    path("members/birthdays/", cards.Birthdays.as_view(), name="member-birthdays"),
    path("members/card-check/", cards.CheckCard.as_view(), name="member-card-check"),
    path("members/card-check/photo/", cards.CheckedPhoto.as_view(), name="member-card-photo"),
    path("members/corrections/", corrections.Corrections.as_view(), name="member-corrections"),
    path(
        "members/corrections/<uuid:correction_id>/",
        corrections.OneCorrection.as_view(),
        name="member-correction",
    ),
    path(
        "members/corrections/<uuid:correction_id>/file/",
        corrections.Proof.as_view(),
        name="member-correction-file",
    ),
    path("members/new/", turns.EnterMember.as_view(), name="members-enter"),
    path("members/turns/", turns.Turns.as_view(), name="members-turns"),
    path("members/turns/<uuid:proposal_id>/", turns.Turn.as_view(), name="members-turn"),
    path(
        "members/changes/<uuid:change_id>/undo/",
        turns.UndoChange.as_view(),
        name="members-change-undo",
    ),
    path("members/former/", former.Former.as_view(), name="members-former"),
    path(
        "members/former/<uuid:member_id>/", former.FormerFile.as_view(), name="members-former-file"
    ),
    path("members/states/", states.States.as_view(), name="members-states"),
    path("members/duplicates/", duplicates.Duplicates.as_view(), name="members-duplicates"),
    path(
        "members/merges/<uuid:change_id>/undo/",
        duplicates.UndoMerge.as_view(),
        name="members-merge-undo",
    ),
    path("members/lists/save/", saved.SaveList.as_view(), name="members-list-save"),
    path("members/lists/<uuid:saved_id>/drop/", saved.DropList.as_view(), name="members-list-drop"),
    path("members/<uuid:member_id>/leave/", turns.LeaveMember.as_view(), name="members-leave"),
    path(
        "members/<uuid:member_id>/states/<str:kind>/begin/",
        states.BeginState.as_view(),
        name="members-state-begin",
    ),
    path(
        "members/<uuid:member_id>/states/<str:kind>/end/",
        states.EndState.as_view(),
        name="members-state-end",
    ),
    path(
        "members/<uuid:member_id>/contact/", states.RecordContact.as_view(), name="members-contact"
    ),
    path(
        "members/<uuid:member_id>/merge/<uuid:other_id>/",
        duplicates.MergeMembers.as_view(),
        name="members-merge",
    ),
    path("members/<uuid:member_id>/", files.MemberFile.as_view(), name="member"),
    path("members/<uuid:member_id>/print/", files.PrintFile.as_view(), name="member-print"),
    path("members/<uuid:member_id>/reveal/", files.RevealMember.as_view(), name="member-reveal"),
    path("members/<uuid:member_id>/edit/", editing.CorrectMember.as_view(), name="member-edit"),
    path("members/<uuid:member_id>/photo/", editing.Photo.as_view(), name="member-photo"),
    path(
        "members/<uuid:member_id>/photo/put/", editing.PutPhoto.as_view(), name="member-photo-put"
    ),
    path(
        "members/<uuid:member_id>/photo/remove/",
        editing.RemovePhoto.as_view(),
        name="member-photo-remove",
    ),
    path("members/<uuid:member_id>/card/", cards.PrintCard.as_view(), name="member-card"),
    path(
        "members/<uuid:member_id>/entries/add/",
        entries.AddEntry.as_view(),
        name="member-entry-add",
    ),
    path(
        "members/entries/<uuid:entry_id>/",
        entries.ChangeEntry.as_view(),
        name="member-entry",
    ),
    path(
        "members/entries/<uuid:entry_id>/strike/",
        entries.StrikeEntry.as_view(),
        name="member-entry-strike",
    ),
    path(
        "members/entries/<uuid:entry_id>/restore/",
        entries.RestoreEntry.as_view(),
        name="member-entry-restore",
    ),
    path(
        "members/entries/<uuid:entry_id>/scans/",
        scans.AttachScan.as_view(),
        name="member-scan-add",
    ),
    path(
        "members/entries/<uuid:entry_id>/scans/<slug:mark>/",
        scans.ScanFile.as_view(),
        name="member-scan",
    ),
    path(
        "members/entries/<uuid:entry_id>/scans/<slug:mark>/strike/",
        scans.StrikeScan.as_view(),
        name="member-scan-strike",
    ),
    path("members/<uuid:member_id>/versions/", versions.Versions.as_view(), name="member-versions"),
    path(
        "members/versions/<uuid:event_id>/restore/",
        versions.RestoreField.as_view(),
        name="member-version-restore",
    ),
    path("search/", search.Search.as_view(), name="search"),
]
member_urls: list[URLPattern] = [
    path("m/me/", phone.OwnFile.as_view(), name="own-file"),
    path("m/me/branch/", phone.OwnBranch.as_view(), name="own-branch"),
    path("m/me/sets/", phone.OwnSets.as_view(), name="own-sets"),
    path("m/me/growth/", phone.OwnGrowth.as_view(), name="own-growth"),
    path("m/me/looks/", phone.OwnLooks.as_view(), name="own-looks"),
    path("m/me/photo/", phone.OwnPhoto.as_view(), name="own-photo"),
    path("m/me/photo/new/", requests.AskPhoto.as_view(), name="own-photo-ask"),
    path("m/me/corrections/", requests.OwnCorrections.as_view(), name="own-corrections"),
    path("m/me/corrections/new/", requests.AskCorrection.as_view(), name="own-correction-ask"),
    path(
        "m/me/corrections/<uuid:correction_id>/withdraw/",
        requests.WithdrawCorrection.as_view(),
        name="own-correction-withdraw",
    ),
    path(
        "m/me/corrections/<uuid:correction_id>/file/",
        requests.OwnProof.as_view(),
        name="own-correction-file",
    ),
    path("m/card/", phone.OwnCard.as_view(), name="own-card"),
    path("m/card/code/", phone.OwnCardCode.as_view(), name="own-card-code"),
]
