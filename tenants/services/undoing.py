"""Undoing a restore within seven days: one person asks, another does it, as with the restore."""

from __future__ import annotations

import datetime as dt
from typing import Any

from kernel.actor import Actor
from kernel.errors import Conflict
from kernel.unit import shared_context
from tenants.archive.models import Restore, RestoreKind, RestoreState
from tenants.services import archives, restores


class UndoNotAsked(Conflict):
    code = "restore_undo_not_asked"
    sentence = "撤回恢复须先由一人申请，再由另一人复核。"


class UndoOver(Conflict):
    code = "restore_undo_over"
    sentence = "恢复已超过 7 天，恢复前的数据已清理，不能再撤回。"


@shared_context()
def ask_undo(*, restore: Restore, actor: Actor, now: dt.datetime) -> None:
    """Asks for the restore to be undone; somebody else does it, for it takes up to seven days of
    the unit's work away.

    Raises RestoreMovedOn, UndoOver.
    """
    _refuse_late_undo(restore, now)
    restores.move_on(
        restore,
        RestoreState.DONE,
        undo_asked_by=actor.person_id,
        undo_asked_by_name=actor.name,
        undo_asked_at=now,
    )


@shared_context()
def undo(*, restore: Restore, actor: Actor, now: dt.datetime) -> None:
    """Puts back what was in force before the restore, within seven days, as somebody else asked.

    Raises RestoreMovedOn, UndoOver, UndoNotAsked, SecondPersonNeeded, NothingToUndo, UnitBusy,
    UnitWithoutData.
    """
    _refuse_late_undo(restore, now)
    if restore.undo_asked_at is None:
        raise UndoNotAsked
    if actor.person_id is None or actor.person_id == restore.undo_asked_by:
        raise restores.SecondPersonNeeded
    _put_back(restore, actor, now)


@shared_context()
def undo_on_server(*, restore: Restore, actor: Actor, now: dt.datetime) -> None:
    """Undoes at once: whoever may run commands on the server is trusted with it, as with
    ``restore_from_file``.  Raises what ``undo`` raises but for the second person.
    """
    _refuse_late_undo(restore, now)
    _put_back(restore, actor, now)


def _put_back(restore: Restore, actor: Actor, now: dt.datetime) -> None:
    def note(cursor: Any) -> None:
        # Of two at once the second would put the restored schema in force again.
        cursor.execute(
            "UPDATE public.tenants_restore SET state = %s, undone_by_name = %s, undone_at = %s"
            " WHERE id = %s AND state = %s",
            [RestoreState.UNDONE, actor.name, now, restore.id, RestoreState.DONE],
        )
        if not cursor.rowcount:
            raise restores.RestoreMovedOn(state=RestoreState.UNDONE.label)

    archives.undo(unit=restore.unit, step=restore.step_before, actor=actor, now=now, on_swap=note)
    restore.refresh_from_db()


def _refuse_late_undo(restore: Restore, now: dt.datetime) -> None:
    """Only the last restore, and only while what was there before is kept."""
    if restore.state != RestoreState.DONE or restore.kind != RestoreKind.RESTORE:
        raise restores.RestoreMovedOn(state=RestoreState(restore.state).label)
    if restore.undo_until is None or now > restore.undo_until:
        raise UndoOver
    if Restore.objects.filter(unit=restore.unit, finished_at__gt=restore.finished_at).exclude(
        undo_until=None
    ):
        raise UndoOver
