"""Making, keeping and clearing away the archives of units.

A row is the order and the record; the file is written by a job when it is the unit's turn
(``turns``), which can be killed at any point: a row without a live claim is taken up again by
``sweep``.
"""

from __future__ import annotations

import datetime as dt
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final, cast
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet

from kernel import clock
from kernel.actor import Actor
from kernel.crypto import unit_cipher
from kernel.errors import Conflict, DomainError, Invalid, NotFound, Unavailable
from kernel.jobs import job
from kernel.storage import archive_files
from kernel.unit import Purpose, shared_context, unit_context
from tenants.archive.locks import Lock, require_strong, with_passphrase
from tenants.archive.models import (
    PLATFORM_KINDS,
    UNFINISHED,
    Backup,
    BackupKind,
    BackupState,
)
from tenants.archive.refusals import UnitWithoutData
from tenants.models import Unit
from tenants.services import archives, turns

DAILY: Final = 7
WEEKLY: Final = 4
"""Of scheduled backups the last one of each of seven days and of each of four weeks stays."""
_KEPT_FOR: Final = {
    BackupKind.MANUAL: dt.timedelta(days=90),
    BackupKind.BEFORE_RESTORE: dt.timedelta(days=30),
    BackupKind.TAKEOUT: dt.timedelta(hours=24),
}
_LEASE: Final = dt.timedelta(minutes=15)
_MOST_ATTEMPTS: Final = 3
_IN_MEMORY: Final = 8 << 20
_BLOCK: Final = 1 << 18
_COLUMN: Final = "backup.key"
SHORTEST_REASON: Final = 4
SCHEDULER: Final = Actor.system("每日备份")
_log = logging.getLogger(__name__)


class BackupInHand(Conflict):
    code = "backup_in_hand"
    sentence = "「{unit}」已有一份{kind}正在进行，请等它完成。"


class BackupReasonNeeded(Invalid):
    code = "backup_reason_needed"
    sentence = "请写明事由（至少 {least} 个字），事由会留在记录中。"


class BackupGone(NotFound):
    code = "backup_gone"
    sentence = "这份归档不存在，或已过保存期并清理。"


class BackupNotReady(Conflict):
    code = "backup_not_ready"
    sentence = "这份归档还没有生成好，请稍候。"


class BackupNotMade(Unavailable):
    code = "backup_not_made"
    sentence = "恢复前的备份没有完成，因此没有恢复，未做任何改变。{reason}"


@shared_context()
def order(*, unit: Unit, kind: BackupKind, reason: str, actor: Actor, now: dt.datetime) -> Backup:
    """Asks for a backup; a job makes it.  Raises BackupInHand, UnitWithoutData."""
    return _order(unit=unit, kind=kind, reason=reason, actor=actor, now=now)


@shared_context()
def order_takeout(
    *, unit: Unit, passphrase: str, reason: str, actor: Actor, now: dt.datetime
) -> Backup:
    """Asks for the unit's full export, locked with a passphrase that is kept nowhere.

    Raises BackupReasonNeeded, PassphraseTooShort, BackupInHand, UnitWithoutData.
    """
    require_takeout(passphrase=passphrase, reason=reason)
    lock = with_passphrase(passphrase)
    with unit_context(unit.id, for_=Purpose.READING):
        key_sealed = unit_cipher().seal_bytes(lock.key, column=_COLUMN)
    return _order(
        unit=unit,
        kind=BackupKind.TAKEOUT,
        reason=reason,
        actor=actor,
        now=now,
        lock=lock.shown,
        key_sealed=key_sealed,
    )


def require_takeout(*, passphrase: str, reason: str) -> None:
    """Raises BackupReasonNeeded, PassphraseTooShort."""
    if len(reason.strip()) < SHORTEST_REASON:
        raise BackupReasonNeeded(least=SHORTEST_REASON)
    require_strong(passphrase)


@shared_context()
def take_now(
    *, unit: Unit, kind: BackupKind, reason: str, actor: Actor, now: dt.datetime
) -> Backup:
    """Makes a backup while the caller waits; its row says how it went."""
    made = _new(unit=unit, kind=kind, reason=reason, actor=actor, now=now)
    make(backup_id=made.id)
    made.refresh_from_db()
    return made


@job(queue="export")
def make(*, backup_id: UUID) -> None:
    """Writes the file of an order.  Sent twice, or killed and sent again, it makes one file."""
    with shared_context():
        now = clock.now()
        held = _claim(backup_id, now)
        if held is None:
            return
        try:
            _write(held, now)
        except DomainError as refused:
            _fail(held, refused.message)
        except Exception:  # noqa: BLE001 - the row says so
            _log.exception("backup %s was not made", held.id)
            _fail(held, "没有完成，原因已记入运行日志。")


@job(queue="export")
def sweep() -> None:
    """Takes up orders whose worker died or whose message was lost."""
    now = clock.now()
    idle = Backup.objects.filter(state__in=UNFINISHED).filter(
        Q(claimed_until__lt=now) | Q(claimed_until=None, requested_at__lt=now - _LEASE)
    )
    for backup_id, unit_id in idle.values_list("id", "unit_id")[:50]:
        turns.ask(make, unit_id, backup_id=backup_id)


@shared_context()
def nightly(*, unit_id: UUID, now: dt.datetime) -> None:
    """The scheduled backup of one unit (``periodic.every_unit``), and room for it.

    Doing it again on the same day changes nothing.
    """
    unit = Unit.objects.get(pk=unit_id)
    today = clock.day_of(now)
    last = _good(unit_id).filter(kind=BackupKind.SCHEDULED).first()
    if last is None or clock.day_of(last.requested_at) < today:
        try:
            ordered = _new(
                unit=unit, kind=BackupKind.SCHEDULED, reason="", actor=SCHEDULER, now=now
            )
        except BackupInHand:
            ordered = Backup.objects.get(unit=unit, kind=BackupKind.SCHEDULED, state__in=UNFINISHED)
        make(backup_id=ordered.id)
    clear(unit_id=unit_id, now=now)


@shared_context()
def clear(*, unit_id: UUID, now: dt.datetime) -> int:
    """Deletes the files whose time is over; returns how many.

    Of scheduled ones the newest of each of the last 7 days and of the last 4 weeks stay.  The
    newest good backup of a unit stays whatever its age.
    """
    platform = list(_good(unit_id).filter(kind__in=PLATFORM_KINDS))
    kept = _kept(platform, now) | {backup.id for backup in platform[:1]}
    over = [backup for backup in platform if backup.id not in kept]
    takeouts = Backup.objects.filter(unit_id=unit_id, kind=BackupKind.TAKEOUT)
    over += takeouts.filter(state=BackupState.DONE, expires_at__lt=now)
    for backup in over:
        expire(backup=backup)
    return len(over)


@job(queue="export")
def clear_takeouts() -> None:
    """Deletes the full exports whose 24 hours are over, of every unit."""
    over = Backup.objects.filter(
        kind=BackupKind.TAKEOUT, state=BackupState.DONE, expires_at__lt=clock.now()
    )
    for backup in over:
        expire(backup=backup)


def expire(*, backup: Backup) -> None:
    """Deletes the file; the row stays as the record of what there was."""
    archive_files(backup.unit_id).delete(backup.storage_key)
    Backup.objects.filter(pk=backup.pk).update(state=BackupState.EXPIRED, storage_key="")


@shared_context()
def expire_all(*, unit_id: UUID) -> int:
    """Deletes every archive of a unit that is closed for good; returns how many."""
    files = archive_files(unit_id)
    keys = files.keys()
    for key in keys:
        files.delete(key)
    Backup.objects.filter(unit_id=unit_id, state=BackupState.DONE).update(
        state=BackupState.EXPIRED, storage_key=""
    )
    Backup.objects.filter(unit_id=unit_id, state__in=UNFINISHED).update(
        state=BackupState.FAILED, error="单位已注销。", key_sealed=None
    )
    return len(keys)


@contextmanager
def content_of(*, backup: Backup) -> Iterator[BinaryIO]:
    """The file itself.  Raises BackupNotReady, BackupGone."""
    require_ready(backup)
    with archive_files(backup.unit_id).reading(backup.storage_key) as stream:
        yield stream


def require_ready(backup: Backup) -> None:
    """Raises BackupNotReady, BackupGone."""
    if backup.state in UNFINISHED:
        raise BackupNotReady
    if backup.state != BackupState.DONE:
        raise BackupGone


def blocks_of(*, backup: Backup) -> Iterator[bytes]:
    """The file in blocks, for a download."""
    with content_of(backup=backup) as stream:
        while block := stream.read(_BLOCK):
            yield block


def _order(
    *, unit: Unit, kind: BackupKind, reason: str, actor: Actor, now: dt.datetime, **lock: object
) -> Backup:
    with transaction.atomic():
        made = _new(unit=unit, kind=kind, reason=reason, actor=actor, now=now, **lock)
        turns.ask(make, unit.id, backup_id=made.id)
    return made


def _new(
    *, unit: Unit, kind: BackupKind, reason: str, actor: Actor, now: dt.datetime, **lock: object
) -> Backup:
    if not unit.schema_version:
        raise UnitWithoutData(unit=unit.name, state=unit.get_state_display())
    kept_for = _KEPT_FOR.get(kind)
    try:
        with transaction.atomic():
            return Backup.objects.create(
                unit=unit,
                kind=kind,
                reason=reason.strip()[:200],
                requested_by=actor.person_id,
                requested_by_name=actor.name,
                requested_at=now,
                expires_at=now + kept_for if kept_for else None,
                **lock,
            )
    except IntegrityError as clash:
        raise BackupInHand(unit=unit.name, kind=kind.label) from clash


def _claim(backup_id: UUID, now: dt.datetime) -> Backup | None:
    """The order, claimed for this worker; None when another one has it or it is finished."""
    taken = (
        Backup.objects.filter(pk=backup_id, state__in=UNFINISHED, attempts__lt=_MOST_ATTEMPTS)
        .filter(Q(claimed_until=None) | Q(claimed_until__lt=now))
        .update(
            state=BackupState.RUNNING,
            claimed_until=now + _LEASE,
            started_at=now,
            attempts=F("attempts") + 1,
            done=0,
            total=0,
        )
    )
    if not taken:
        Backup.objects.filter(
            pk=backup_id, state__in=UNFINISHED, attempts__gte=_MOST_ATTEMPTS, claimed_until__lt=now
        ).update(
            state=BackupState.FAILED,
            error=f"{_MOST_ATTEMPTS} 次都没有完成。",
            finished_at=now,
            key_sealed=None,
        )
        return None
    return Backup.objects.select_related("unit").get(pk=backup_id)


def _write(held: Backup, now: dt.datetime) -> None:
    unit = held.unit
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        spool = cast("BinaryIO", file)
        written = archives.export(
            unit=unit,
            target=spool,
            lock=_lock_of(held),
            actor=Actor.system(held.requested_by_name),
            now=now,
            progress=lambda done, total: _note(held, done, total),
        )
        spool.seek(0)
        with archives.enough_room():
            key = archive_files(unit.id).save_stream(_name_of(held, now), spool)
    finished = clock.now()
    is_mine = Backup.objects.filter(
        pk=held.pk, state=BackupState.RUNNING, attempts=held.attempts
    ).update(
        state=BackupState.DONE,
        finished_at=finished,
        claimed_until=None,
        schema_step=written.schema_step,
        rows=written.rows,
        files=written.files,
        bytes=written.bytes,
        digest=written.digest,
        storage_key=key,
        key_sealed=None,
        error="",
    )
    if not is_mine:
        archive_files(unit.id).delete(key)


def _lock_of(held: Backup) -> Lock | None:
    if not held.lock:
        return None
    if not held.key_sealed:
        raise BackupGone
    with unit_context(held.unit_id, for_=Purpose.READING):
        return Lock(unit_cipher().open_bytes(held.key_sealed, column=_COLUMN), held.lock)


def _note(held: Backup, done: int, total: int) -> None:
    """Shows progress and keeps the claim alive."""
    with shared_context():
        Backup.objects.filter(pk=held.pk, attempts=held.attempts).update(
            done=done, total=total, claimed_until=clock.now() + _LEASE
        )


def _fail(held: Backup, message: str) -> None:
    Backup.objects.filter(pk=held.pk, attempts=held.attempts).update(
        state=BackupState.FAILED,
        error=message[:300],
        finished_at=clock.now(),
        claimed_until=None,
        key_sealed=None,
    )


def _name_of(held: Backup, now: dt.datetime) -> str:
    return f"{held.unit.label}-{clock.day_of(now):%Y%m%d}.gjunit"


def _good(unit_id: UUID) -> QuerySet[Backup]:
    return Backup.objects.filter(unit_id=unit_id, state=BackupState.DONE).order_by("-finished_at")


def _kept(backups: list[Backup], now: dt.datetime) -> set[UUID]:
    """Those whose time is not over, newest first given."""
    kept = {b.id for b in backups if b.expires_at and b.expires_at >= now}
    days: dict[dt.date, UUID] = {}
    weeks: dict[tuple[int, int], UUID] = {}
    for backup in backups:
        if backup.kind == BackupKind.SCHEDULED:
            day = clock.day_of(backup.requested_at)
            days.setdefault(day, backup.id)
            weeks.setdefault(day.isocalendar()[:2], backup.id)
    return kept | {*list(days.values())[:DAILY]} | {*list(weeks.values())[:WEEKLY]}
