"""The unit's own full export: everything it has, for it to take elsewhere.

Personal data is readable in it, so whoever asks proves password and second factor once more, says
why, and locks the file with a passphrase that the platform does not keep.  The file can be
fetched for 24 hours, by that person alone; asking and fetching stand in the unit's own record.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Invalid
from kernel.unit import Purpose, current_unit, shared_context, unit_context
from shared_apps.people.services import passwords, sign_in
from tenant_apps.audit.services import record
from tenants import selectors as directory
from tenants.archive.listeners import Replaced
from tenants.archive.models import Backup
from tenants.services import backups


class PassphrasesDiffer(Invalid):
    code = "archive_passphrases_differ"
    sentence = "两次输入的归档口令不一致。"


def order(
    *,
    password: str,
    code: str,
    passphrase: str,
    again: str,
    reason: str,
    actor: Actor,
    now: dt.datetime,
) -> Backup:
    """Asks for the export; a job writes it.  The code, good for one use, is looked at last.

    Raises PassphrasesDiffer, PassphraseTooShort, BackupReasonNeeded, WrongPassword,
    SecondFactorWrong, TooManyAttempts, BackupInHand.
    """
    if passphrase != again:
        raise PassphrasesDiffer
    backups.require_takeout(passphrase=passphrase, reason=reason)
    passwords.prove_again(person_id=actor.person_id, password=password, actor=actor, now=now)
    sign_in.prove_again(code=code, actor=actor, now=now)
    with transaction.atomic():
        made = backups.order_takeout(
            unit=current_unit(), passphrase=passphrase, reason=reason, actor=actor, now=now
        )
        record(
            "unit.export_requested",
            actor=actor, now=now, subject_type="takeout", subject_id=made.id,
            reason=reason.strip(),
        )  # fmt: skip
    return made


@shared_context()
def listed(*, unit_id: UUID) -> list[Backup]:
    """The latest full exports of a unit, newest first."""
    return list(directory.takeouts_of(unit_id)[:30])


@shared_context()
def one(*, takeout_id: UUID, unit_id: UUID) -> Backup:
    """Raises BackupGone, also for another unit's."""
    found = directory.takeouts_of(unit_id).select_related("unit").filter(pk=takeout_id).first()
    if found is None:
        raise backups.BackupGone
    return found


def fetch(*, takeout: Backup, actor: Actor, now: dt.datetime) -> Iterator[bytes]:
    """The file in blocks, for 24 hours and only for who asked for it.

    Raises BackupNotReady, BackupGone.
    """
    is_over = takeout.expires_at is None or now >= takeout.expires_at
    if takeout.requested_by != actor.person_id or is_over:
        raise backups.BackupGone
    backups.require_ready(takeout)
    record(
        "unit.export_fetched",
        actor=actor, now=now, subject_type="takeout", subject_id=takeout.id,
    )  # fmt: skip
    return backups.blocks_of(backup=takeout)


def note_replaced(replaced: Replaced) -> None:
    """Tells in the unit's own record that its rows were replaced (``archive.listeners``).

    It is told in whatever state the unit is, as what was paid is booked in any state.  A unit
    that was imported has exactly the rows of the archive and not one more.
    """
    if replaced.code == "unit.imported":
        return
    data: dict[str, Any] = {"rows": replaced.rows, "made_at": replaced.made_at}
    with unit_context(replaced.unit_id, for_=Purpose.SETTLING):
        record(replaced.code, actor=replaced.actor, now=replaced.now, **data)
