"""Making one file of two that are of the same person, and taking it back.

Of each field one value wins and goes into the kept file; the other lies in the file that is given
up, so that taking back is an exchange once more and nothing personal is written elsewhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict, Invalid
from kernel.permissions import require
from tenant_apps.audit.services import record
from tenant_apps.members.models import Change, ChangeKind, Member, Proposal, Standing
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors.duplicates import COMPARED, TOLD_APART
from tenant_apps.members.services import references
from tenant_apps.members.services.noting import Act, affiliate, count, note

UNDO_WITHIN: Final = dt.timedelta(days=7)
_COLUMNS: Final = {
    "name": ("name", "name_pinyin", "name_initials"),
    "identity": ("identity_sealed", "identity_index", "identity_masked"),
    "phone": ("phone_sealed", "phone_index", "phone_masked"),
    "org": ("org_id", "org_path", "group_id", "branch_since"),
}


class SameFile(Invalid):
    code = "member_merge_same_file"
    sentence = "请选择两份不同的档案。"


class NotToMerge(Conflict):
    code = "member_merge_not_possible"
    sentence = "「{name}」的档案当前不是在册党员，不能合并。"


class TurnWaits(Conflict):
    code = "member_merge_turn_waits"
    sentence = "「{name}」有一项党籍变动等待审批，请先处理再合并。"


class MergerNotToUndo(Conflict):
    code = "member_merge_not_undoable"
    sentence = "这次合并已不能撤销：{problem}"


@transaction.atomic
def merge(
    *, kept: Member, gone: Member, take: Sequence[str], actor: Actor, now: dt.datetime
) -> Change:
    """Puts what ``gone`` has into ``kept`` and ends ``gone``; ``take`` names the fields of
    ``COMPARED`` whose value comes from ``gone``.

    Everything that is of the one file goes into the other.  Returns the event that ended the
    file.  Raises SameFile, NotToMerge, TurnWaits.
    """
    if kept.pk == gone.pk:
        raise SameFile
    kept, gone = _locked(kept.pk, gone.pk)
    for member in (kept, gone):
        require(actor, MemberPermission.MERGE, member)
        if not member.is_active:
            raise NotToMerge(name=member.name)
        if member.proposals.filter(state=Proposal.State.WAITING).exists():
            raise TurnWaits(name=member.name)
    taken = [key for key, _ in COMPARED if key in take]
    moved = references.hand_over(gone=gone.pk, kept=kept.pk)
    _exchange(kept, gone, taken, now)
    _end(gone, day_of(now))
    act = Act(ChangeKind.OTHER_OUT, day_of(now), "", actor, now, "重复档案合并")
    change = note(gone, act, before={})
    change.data = {
        "merged_into": str(kept.pk), "taken": taken, "moved": moved, "version": kept.version,
        "was_counted": True,
    }  # fmt: skip
    change.save(update_fields=["data"])
    count(gone, -1, now)
    affiliate(kept)
    for member, other in ((kept, gone), (gone, kept)):
        record(
            "member.merged",
            actor=actor, now=now, subject_type="member", subject_id=member.pk,
            kept=str(kept.pk), gone=str(gone.pk), other_name=other.name, taken=taken,
        )  # fmt: skip
    return change


@transaction.atomic
def undo(*, change: Change, actor: Actor, now: dt.datetime) -> Member:
    """Makes two files again, within seven days and while the kept file is as the merger left it.

    Raises MergerNotToUndo.
    """
    held = Change.objects.select_for_update(of=("self",)).get(pk=change.pk)
    if "merged_into" not in held.data or held.undone_at is not None:
        raise MergerNotToUndo(problem="没有找到这次合并，或已经撤销过。")
    if now - held.recorded_at > UNDO_WITHIN:
        raise MergerNotToUndo(problem="已超过七天。")
    kept, gone = _locked(UUID(held.data["merged_into"]), held.member_id)
    for member in (kept, gone):
        require(actor, MemberPermission.MERGE, member)
    if kept.version != held.data["version"] or gone.is_active:
        raise MergerNotToUndo(problem="合并后的档案又有改动，请逐项更正。")
    references.take_back(moved=held.data["moved"], gone=gone.pk, kept=kept.pk)
    _exchange(kept, gone, held.data["taken"], now)
    gone.is_active, gone.standing, gone.left_on, gone.left_kind = True, Standing.NORMAL, None, ""
    gone.save()
    held.undone_at = now
    held.save(update_fields=["undone_at"])
    count(gone, +1, now)
    affiliate(kept)
    for member in (kept, gone):
        record(
            "member.merge_undone",
            actor=actor, now=now, subject_type="member", subject_id=member.pk,
            kept=str(kept.pk), gone=str(gone.pk),
        )  # fmt: skip
    return gone


def tell_apart(*, first: Member, second: Member, actor: Actor, now: dt.datetime) -> None:
    """Notes that two files are of two people, so that they are not offered again."""
    for member in (first, second):
        require(actor, MemberPermission.MERGE, member)
    one, other = sorted((first.pk, second.pk))
    record(
        TOLD_APART,
        actor=actor, now=now, subject_type="member", subject_id=one, first=str(one),
        second=str(other),
    )  # fmt: skip


def _locked(kept_id: UUID, gone_id: UUID) -> tuple[Member, Member]:
    """Both files, locked in one order whoever asks, so that two mergers cannot wait in a ring."""
    held = Member.objects.select_for_update(of=("self",)).select_related("org")
    found = {member.pk: member for member in held.filter(pk__in=[kept_id, gone_id]).order_by("pk")}
    return found[kept_id], found[gone_id]


def _exchange(kept: Member, gone: Member, taken: Sequence[str], now: dt.datetime) -> None:
    """Exchanges the values of the fields between both files."""
    names = [name for key in taken for name in _COLUMNS.get(key, (key,))]
    for name in names:
        mine, other = getattr(kept, name), getattr(gone, name)
        setattr(kept, name, other)
        setattr(gone, name, mine)
    for member in (kept, gone):
        member.version += 1
        member.updated_at = now
    if "identity" in taken:  # the index is unique at every moment
        final = gone.identity_index
        gone.identity_index = b"exchanged" + gone.pk.bytes
        gone.save()
        kept.save()
        gone.identity_index = final
        gone.save(update_fields=["identity_index"])
        return
    kept.save()
    gone.save()


def _end(gone: Member, on: dt.date) -> None:
    gone.is_active, gone.standing = False, Standing.LEFT
    gone.left_on, gone.left_kind = on, ChangeKind.OTHER_OUT
    gone.save(update_fields=["is_active", "standing", "left_on", "left_kind"])
