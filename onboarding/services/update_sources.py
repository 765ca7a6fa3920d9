"""Files for members that are there already: handed in at the unit's desk or by its systems."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Invalid
from kernel.unit import current_unit_id
from onboarding.exchange import manifest, sets
from onboarding.services import files, reading, update_reading
from tenant_apps.members.selectors.updates import UpdateKind
from tenant_apps.members.services import updates
from tenants.services import turns

if TYPE_CHECKING:
    from tenant_apps.members.models import Update

OFFICE: Final = ("unit_admin",)
"""The roles that bring files in and take them away."""
MOST_ROWS: Final = 20_000
"""Rows of one call of the API."""
ROSTER, MASTER = "ROSTER", "MASTER"


class MasterDataEmpty(Invalid):
    code = "master_data_empty"
    sentence = "没有收到任何人员，rows 至少要有一行。"


class MasterDataTooLarge(Invalid):
    code = "master_data_too_large"
    sentence = "一次最多 {most} 行，请分批提交。"


def hand_in(*, what: str, filename: str, content: bytes, actor: Actor, now: dt.datetime) -> Update:
    """Keeps a file and has it compared by a job.  ``what`` is ROSTER, MASTER or a set's name.

    Raises UnknownSet, RosterTooLarge, RosterEmpty, RosterKind, and BundleDamaged for a signed
    bundle that is not what its manifest says.
    """
    if what not in (ROSTER, MASTER):
        sets.named(what)
    if what != ROSTER and manifest.is_bundle(filename):
        opened = manifest.open_bundle(content)
        filename, content = opened.file_name, opened.content
    reading.check_file(filename, content)
    kind = UpdateKind(what) if what in (ROSTER, MASTER) else UpdateKind.SET
    source = "" if kind == UpdateKind.ROSTER else "master" if kind == UpdateKind.MASTER else what
    return _kept(kind, source, filename, content, actor, now)


def take_master_data(
    *, system: str, rows: Sequence[Mapping[str, Any]], actor: Actor, now: dt.datetime
) -> Update:
    """The same for rows that the client's HR system sends (K1); raises MasterDataEmpty and
    MasterDataTooLarge.
    """
    if not rows:
        raise MasterDataEmpty
    if len(rows) > MOST_ROWS:
        raise MasterDataTooLarge(most=MOST_ROWS)
    content = json.dumps(list(rows), ensure_ascii=False, default=str).encode()
    name = f"{system.strip()[:40] or '人力资源系统'}.json"
    return _kept(UpdateKind.MASTER, "master", name, content, actor, now)


def discard(*, update: Update, actor: Actor, now: dt.datetime) -> Update:
    """Gives a file up and deletes what is kept of it; raises UpdateElsewhere."""
    keys = (update.source_key, update.report_key, update.refused_key)
    held = updates.discard(update=update, actor=actor, now=now)
    updates.forget(update=held)
    files.drop(*keys)
    return held


def clear(*, unit_id: UUID, now: dt.datetime) -> int:
    """Deletes the files of updates that can no longer be taken back; returns how many."""
    over = updates.spent(before=now - updates.UNDO_WITHIN)
    for update in over:
        files.drop(update.source_key, update.report_key, update.refused_key)
        updates.forget(update=update)
    return len(over)


def _kept(
    kind: UpdateKind, source: str, filename: str, content: bytes, actor: Actor, now: dt.datetime
) -> Update:
    key = files.keep("update", content)
    with transaction.atomic():
        made = updates.hand_in(
            kind=kind,
            source=source,
            file_name=filename,
            source_key=key,
            actor=actor,
            roles=OFFICE,
            now=now,
        )
        turns.ask(update_reading.read, current_unit_id(), update_id=made.pk)
    return made
