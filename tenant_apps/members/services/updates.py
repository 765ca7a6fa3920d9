"""Files that bring members up to date: handed in, compared, decided on, applied, taken back.

Reading the file is the caller's; here is its way.  Nothing is written into a member's file before
somebody accepted it, and an update is taken back as a whole.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid
from kernel.unit import current_unit_id
from tenant_apps.audit.services import record
from tenant_apps.members.models import Update, UpdateRow
from tenant_apps.members.services import applying, restoring
from tenants.services import turns

UNDO_WITHIN: Final = dt.timedelta(days=7)
DECIDABLE: Final = (
    UpdateRow.Kind.CHANGE,
    UpdateRow.Kind.MOVE,
    UpdateRow.Kind.NEW,
    UpdateRow.Kind.SUGGESTED,
)
"""Kinds that somebody decides on; who is missing in a file is only listed."""
_OVER: Final = (Update.State.DONE, Update.State.UNDONE, Update.State.DISCARDED)


class UpdateElsewhere(Conflict):
    code = "update_not_in_review"
    sentence = "这份文件当前是「{state}」，不能办理，请刷新页面查看最新状态。"


class NothingAccepted(Conflict):
    code = "update_nothing_accepted"
    sentence = "还没有接受任何一项，没有可以更新的内容。"


class NothingDecided(Invalid):
    code = "update_nothing_decided"
    sentence = "没有选中可以处理的行，请先勾选。"


class UndoTooLate(Conflict):
    code = "update_undo_too_late"
    sentence = "更新完成已超过 {days} 天，不能整体撤销，请在党员档案中逐项更正。"


def hand_in(
    *,
    kind: Update.Kind,
    source: str,
    file_name: str,
    source_key: str,
    actor: Actor,
    roles: Sequence[str],
    now: dt.datetime,
) -> Update:
    """The row of a file whose content is kept under ``source_key``; ``roles`` are those by which
    the actor may hand it in: their sub-trees are its reach.
    """
    made = Update.objects.create(
        kind=kind,
        source=source[:60],
        file_name=file_name[-120:],
        source_key=source_key,
        roles=[["", scope] for scope in actor.scopes(*roles)],
        requested_by=actor.person_id,
        requested_by_name=actor.name,
        requested_at=now,
    )
    record(
        "update.handed_in",
        actor=actor, now=now, subject_type="update", subject_id=made.pk,
        kind=str(kind), source=source,
    )  # fmt: skip
    return made


@transaction.atomic
def decide(
    *, update: Update, accept: bool, row_ids: Sequence[UUID], kind: str, actor: Actor
) -> int:
    """Accepts or refuses rows: the given ones, or all (of ``kind``, if one is named).  Returns
    how many.  SUGGESTED ones are looked at one by one and never accepted together.  Raises
    UpdateElsewhere and NothingDecided.
    """
    held = _in_review(update)
    rows = UpdateRow.objects.filter(update_of=held, kind__in=DECIDABLE)
    if row_ids:
        rows = rows.filter(pk__in=row_ids)
    else:
        rows = rows.filter(kind=kind) if kind else rows
        rows = rows.exclude(kind=UpdateRow.Kind.SUGGESTED) if accept else rows
    decision = UpdateRow.Decision.ACCEPTED if accept else UpdateRow.Decision.REFUSED
    count = rows.update(decision=decision, decided_by=actor.person_id)
    if not count:
        raise NothingDecided
    return count


@transaction.atomic
def confirm(*, update: Update, actor: Actor, now: dt.datetime) -> Update:
    """Has the accepted rows applied by a job.  Of two who confirm at once one wins.

    Raises UpdateElsewhere and NothingAccepted.
    """
    held = _in_review(update)
    accepted = UpdateRow.objects.filter(
        update_of=held, decision=UpdateRow.Decision.ACCEPTED, kind__in=DECIDABLE
    ).count()
    if not accepted:
        raise NothingAccepted
    held.state, held.total, held.done_rows = Update.State.APPLYING, accepted, 0
    held.applied_by, held.applied_by_name, held.applied_at = actor.person_id, actor.name, None
    held.claimed_until, held.attempts = None, 0
    held.save()
    record(
        "update.confirmed",
        actor=actor, now=now, subject_type="update", subject_id=held.pk, accepted=accepted,
    )  # fmt: skip
    turns.ask(applying.apply, current_unit_id(), update_id=held.pk)
    return held


@transaction.atomic
def discard(*, update: Update, actor: Actor, now: dt.datetime) -> Update:
    """Gives a file up before anything was written; what it proposed goes.  Raises
    UpdateElsewhere.
    """
    held = Update.objects.select_for_update().get(pk=update.pk)
    if held.state not in (Update.State.REVIEW, Update.State.FAILED) or held.applied_by:
        raise UpdateElsewhere(state=held.get_state_display())
    UpdateRow.objects.filter(update_of=held).delete()
    held.state = Update.State.DISCARDED
    held.save(update_fields=["state"])
    record("update.discarded", actor=actor, now=now, subject_type="update", subject_id=held.pk)
    return held


@transaction.atomic
def undo(*, update: Update, actor: Actor, now: dt.datetime) -> Update:
    """Has everything that the update changed put back, where it is still as the update left it.

    Raises UpdateElsewhere and UndoTooLate.
    """
    held = Update.objects.select_for_update().get(pk=update.pk)
    if held.state != Update.State.DONE or held.applied_at is None:
        raise UpdateElsewhere(state=held.get_state_display())
    if now - held.applied_at > UNDO_WITHIN:
        raise UndoTooLate(days=UNDO_WITHIN.days)
    applied = UpdateRow.objects.filter(update_of=held, outcome=UpdateRow.Outcome.APPLIED)
    held.state, held.total, held.done_rows = Update.State.UNDOING, applied.count(), 0
    held.claimed_until, held.attempts = None, 0
    held.save()
    record("update.undo_asked", actor=actor, now=now, subject_type="update", subject_id=held.pk)
    turns.ask(restoring.restore, current_unit_id(), update_id=held.pk)
    return held


def fail(*, held: Update, message: str) -> None:
    """Ends the reading of a file with the sentence that people see."""
    held.state, held.error, held.claimed_until = Update.State.FAILED, message[:300], None
    held.save(update_fields=["state", "error", "claimed_until"])


def spent(*, before: dt.datetime) -> list[Update]:
    """Updates that can no longer be taken back and still keep files or sealed rows."""
    old = Update.objects.filter(requested_at__lt=before, state__in=[*_OVER, Update.State.FAILED])
    return list(old.exclude(Q(source_key="") & Q(report_key="") & Q(refused_key="")))


def forget(*, update: Update) -> None:
    """Forgets where its files lay and what its rows held in full; the figures stay."""
    UpdateRow.objects.filter(update_of=update).exclude(sealed=None).update(sealed=None)
    Update.objects.filter(pk=update.pk).update(source_key="", report_key="", refused_key="")


def _in_review(update: Update) -> Update:
    held = Update.objects.select_for_update().get(pk=update.pk)
    if held.state != Update.State.REVIEW:
        raise UpdateElsewhere(state=held.get_state_display())
    return held
