"""What operators do with archives of units, and the record of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from kernel.actor import Actor
from shared_apps.people.services import events
from tenants import selectors as directory
from tenants.archive.models import Backup, BackupKind
from tenants.services import backups


def back_up(*, name: str, reason: str, actor: Actor, now: dt.datetime) -> Backup:
    """Has the unit of this address, credit code or full name backed up.

    Raises UnknownUnit, BackupInHand, UnitWithoutData.
    """
    unit = (
        directory.unit_by_label(name)
        or directory.unit_by_credit_code(name.upper())
        or directory.all_units().filter(name=name).first()
    )
    if unit is None:
        raise directory.UnknownUnit
    return backups.order(unit=unit, kind=BackupKind.MANUAL, reason=reason, actor=actor, now=now)


def download(*, backup: Backup, actor: Actor, now: dt.datetime) -> Iterator[bytes]:
    """The encrypted file in blocks; who took it is recorded.

    Raises BackupNotReady, BackupGone.
    """
    backups.require_ready(backup)
    events.record(
        "backup.downloaded",
        actor=actor,
        now=now,
        person_id=actor.person_id,
        unit_id=backup.unit_id,
        backup_id=str(backup.id),
    )
    return backups.blocks_of(backup=backup)
