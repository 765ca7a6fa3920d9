"""Bringing a unit back to one of its backups: one person asks, another confirms, a job does it.

Drills do the same every day with a unit taken by chance, and leave nothing but their report.
"""

from __future__ import annotations

import datetime as dt
import logging
import random
import time
from typing import Any, BinaryIO, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel import clock
from kernel.actor import Actor
from kernel.errors import Conflict, DomainError, Forbidden, Invalid
from kernel.jobs import job
from kernel.unit import shared_context
from tenants.archive import sessions, swap
from tenants.archive.models import (
    PLATFORM_KINDS,
    Backup,
    BackupKind,
    BackupState,
    Restore,
    RestoreKind,
    RestoreState,
)
from tenants.archive.refusals import NothingToUndo
from tenants.models import SERVING, Unit
from tenants.services import archives, backups, turns

UNDO_DAYS: Final = swap.KEPT_DAYS
_LEASE: Final = dt.timedelta(minutes=30)
DRILLER: Final = Actor.system("恢复演练")
_log = logging.getLogger(__name__)


class NameNotTyped(Invalid):
    code = "restore_name_not_typed"
    sentence = "输入的名称与单位名称不一致。请原样输入「{unit}」。"


class NotABackup(Conflict):
    code = "restore_not_a_backup"
    sentence = "只能用已完成、未清理的平台备份恢复单位。"


class RestoreInHand(Conflict):
    code = "restore_in_hand"
    sentence = "「{unit}」已有一次恢复等待复核或正在进行。"


class SecondPersonNeeded(Forbidden):
    code = "restore_second_person"
    sentence = "恢复须由另一人复核，申请人不能复核自己的申请。"


class RestoreMovedOn(Conflict):
    code = "restore_moved_on"
    sentence = "这次恢复当前是「{state}」，不能再这样操作。"


@shared_context()
def ask(*, backup: Backup, typed_name: str, reason: str, actor: Actor, now: dt.datetime) -> Restore:
    """Asks for the unit to be brought back to ``backup``; somebody else confirms.

    Raises NameNotTyped, BackupReasonNeeded, NotABackup, RestoreInHand.
    """
    unit: Unit = backup.unit
    if typed_name.strip() != unit.name:
        raise NameNotTyped(unit=unit.name)
    if len(reason.strip()) < backups.SHORTEST_REASON:
        raise backups.BackupReasonNeeded(least=backups.SHORTEST_REASON)
    if backup.state != BackupState.DONE or backup.kind not in PLATFORM_KINDS:
        raise NotABackup
    try:
        with transaction.atomic():
            return Restore.objects.create(
                unit=unit,
                backup=backup,
                kind=RestoreKind.RESTORE,
                reason=reason.strip()[:200],
                asked_by=actor.person_id,
                asked_by_name=actor.name,
                asked_at=now,
            )
    except IntegrityError as clash:
        raise RestoreInHand(unit=unit.name) from clash


@shared_context()
def call_off(*, restore: Restore, actor: Actor, now: dt.datetime) -> None:
    """Takes a request back that nobody has confirmed.  Raises RestoreMovedOn."""
    move_on(
        restore,
        RestoreState.ASKED,
        state=RestoreState.CALLED_OFF,
        finished_at=now,
        undone_by_name=actor.name,
        undone_at=now,
    )


@shared_context()
def confirm(*, restore: Restore, actor: Actor, now: dt.datetime) -> None:
    """Confirms somebody else's request; a job carries it out.

    Raises SecondPersonNeeded, RestoreMovedOn.
    """
    if actor.person_id is None or actor.person_id == restore.asked_by:
        raise SecondPersonNeeded
    with transaction.atomic():
        move_on(
            restore,
            RestoreState.ASKED,
            state=RestoreState.CONFIRMED,
            confirmed_by=actor.person_id,
            confirmed_by_name=actor.name,
            confirmed_at=now,
        )
        turns.ask(carry_out, restore.unit_id, restore_id=restore.id)


@job(queue="export")
def carry_out(*, restore_id: UUID) -> None:
    """Backs up what is there, then restores.  Killed at any point it leaves the unit either as it
    was or restored, and the row says which.
    """
    with shared_context():
        now = clock.now()
        taken = Restore.objects.filter(pk=restore_id, state=RestoreState.CONFIRMED).update(
            state=RestoreState.RUNNING, started_at=now
        )
        if not taken:
            return
        held = Restore.objects.select_related("unit", "backup").get(pk=restore_id)
        try:
            _restore(held, now)
        except DomainError as refused:
            _fail(held, refused.message)
        except Exception:  # noqa: BLE001 - the row says so
            _log.exception("restore %s failed", held.id)
            _fail(held, "没有完成，未做任何改变。原因已记入运行日志。")


@shared_context()
def restore_from_file(
    *, unit: Unit, source: BinaryIO, passphrase: str, actor: Actor, now: dt.datetime
) -> archives.Restored:
    """Restores from a file that an operator holds; whoever may run it on the server is trusted
    with it.  What is there is backed up before, and the restore can be undone.

    Raises RestoreInHand and whatever ``archives.restore`` raises.
    """
    safety = _safety_backup(unit, f"从文件恢复之前（{actor.name}）", actor, now)
    try:
        with transaction.atomic():
            held = Restore.objects.create(
                unit=unit,
                backup=safety,
                kind=RestoreKind.RESTORE,
                state=RestoreState.RUNNING,
                reason="从文件恢复",
                asked_by_name=actor.name,
                asked_at=now,
                confirmed_by_name=actor.name,
                confirmed_at=now,
                started_at=now,
            )
    except IntegrityError as clash:
        raise RestoreInHand(unit=unit.name) from clash
    try:
        return archives.restore(
            unit=unit,
            source=source,
            passphrase=passphrase,
            actor=actor,
            now=now,
            on_swap=_noting(held, time.monotonic()),
        )
    except DomainError as refused:
        _fail(held, refused.message)
        raise


@shared_context()
def last_of(*, unit_id: UUID) -> Restore:
    """The last restore of a unit that can still be undone.  Raises NothingToUndo."""
    restore = (
        Restore.objects.select_related("unit")
        .filter(unit_id=unit_id, kind=RestoreKind.RESTORE, state=RestoreState.DONE)
        .exclude(undo_until=None)
        .order_by("-finished_at")
        .first()
    )
    if restore is None:
        raise NothingToUndo
    return restore


@job(queue="export")
def sweep() -> None:
    """Sends what was confirmed and lost, closes what died, drops what was kept for seven days."""
    now = clock.now()
    late = now - dt.timedelta(minutes=2)
    for row in Restore.objects.filter(state=RestoreState.CONFIRMED, confirmed_at__lt=late):
        turns.ask(carry_out, row.unit_id, restore_id=row.id)
    Restore.objects.filter(state=RestoreState.RUNNING, started_at__lt=now - _LEASE).update(
        state=RestoreState.FAILED, error="执行中断，未做任何改变。", finished_at=now
    )
    for row in Restore.objects.filter(undo_until__lt=now).select_related("unit")[:20]:
        _let_go(row)


@job(queue="export")
def run_drill() -> None:
    """Has the last backup of a unit taken by chance tried when it is that unit's turn
    (``config.schedule``); nothing while no unit has a backup.
    """
    ids = list(
        Backup.objects.filter(
            state=BackupState.DONE, kind__in=PLATFORM_KINDS, unit__state__in=SERVING
        )
        .order_by("unit_id")
        .values_list("unit_id", flat=True)
        .distinct()
    )
    if ids:
        unit_id = random.SystemRandom().choice(ids)
        turns.ask(drill_in_turn, unit_id, unit_id=unit_id)


@job(queue="export")
def drill_in_turn(*, unit_id: UUID) -> None:
    drill_unit(unit_id=unit_id, actor=DRILLER, now=clock.now())


@shared_context()
def drill_unit(*, unit_id: UUID, actor: Actor, now: dt.datetime) -> Restore:
    """Restores the last backup of a unit beside it, compares counts and SM3 of every table with
    the manifest, and reports.

    Raises BackupGone when the unit has no backup.
    """
    backup = (
        Backup.objects.select_related("unit")
        .filter(unit_id=unit_id, state=BackupState.DONE, kind__in=PLATFORM_KINDS)
        .order_by("-finished_at")
        .first()
    )
    if backup is None:
        raise backups.BackupGone
    began = time.monotonic()
    rows, error = 0, ""
    try:
        with backups.content_of(backup=backup) as stream:
            rows = sum(archives.rehearse(unit=backup.unit, source=stream).values())
    except DomainError as refused:
        error = refused.message
    except Exception:  # noqa: BLE001 - the row says so
        _log.exception("drill with backup %s", backup.id)
        error = "演练没有完成，原因已记入运行日志。"
    return Restore.objects.create(
        unit=backup.unit,
        backup=backup,
        kind=RestoreKind.DRILL,
        state=RestoreState.FAILED if error else RestoreState.DONE,
        asked_by=actor.person_id,
        asked_by_name=actor.name,
        asked_at=now,
        started_at=now,
        finished_at=clock.now(),
        milliseconds=round((time.monotonic() - began) * 1000),
        rows=rows,
        error=error[:300],
    )


def _restore(held: Restore, now: dt.datetime) -> None:
    began = time.monotonic()
    actor = Actor.system(held.confirmed_by_name)
    day = clock.day_of(held.backup.requested_at)
    _safety_backup(held.unit, f"恢复到 {day} 的备份之前", actor, now)
    with backups.content_of(backup=held.backup) as stream:
        archives.restore(
            unit=held.unit, source=stream, actor=actor, now=now, on_swap=_noting(held, began)
        )


def _safety_backup(unit: Unit, reason: str, actor: Actor, now: dt.datetime) -> Backup:
    """What is in force now, before anything else is; raises BackupNotMade."""
    made = backups.take_now(
        unit=unit, kind=BackupKind.BEFORE_RESTORE, reason=reason, actor=actor, now=now
    )
    if made.state != BackupState.DONE:
        raise backups.BackupNotMade(reason=made.error)
    return made


def _noting(held: Restore, began: float) -> archives.OnSwap:
    """Writes the row in the transaction of the exchange: the two are never of different minds.

    A run that was given up meanwhile (``sweep``) does not exchange anything any more.
    """

    def note(cursor: Any, done: archives.Restored) -> None:
        finished = clock.now()
        cursor.execute(
            "UPDATE public.tenants_restore SET state = %s, step_before = %s, finished_at = %s,"
            " undo_until = %s, milliseconds = %s, rows = %s WHERE id = %s AND state = %s",
            [
                RestoreState.DONE,
                done.step_before,
                finished,
                finished + dt.timedelta(days=UNDO_DAYS),
                round((time.monotonic() - began) * 1000),
                sum(done.rows.values()),
                held.id,
                RestoreState.RUNNING,
            ],
        )
        if not cursor.rowcount:
            raise RestoreMovedOn(state=RestoreState.FAILED.label)

    return note


def move_on(restore: Restore, expected: RestoreState, **values: object) -> None:
    if not Restore.objects.filter(pk=restore.pk, state=expected).update(**values):
        restore.refresh_from_db()
        raise RestoreMovedOn(state=RestoreState(restore.state).label)
    restore.refresh_from_db()


def _fail(held: Restore, message: str) -> None:
    Restore.objects.filter(pk=held.pk, state=RestoreState.RUNNING).update(
        state=RestoreState.FAILED, error=message[:300], finished_at=clock.now()
    )


def _let_go(row: Restore) -> None:
    """Drops the schema that was kept for undoing, unless a later restore keeps it."""
    later = Restore.objects.filter(unit=row.unit, finished_at__gt=row.finished_at)
    if not later.exclude(undo_until=None).exists():
        with sessions.as_owner() as cursor:
            swap.reserve(cursor, row.unit)
            swap.drop_old(cursor, row.unit)
    Restore.objects.filter(pk=row.pk).update(undo_until=None)
