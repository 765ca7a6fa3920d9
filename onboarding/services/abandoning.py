"""Giving up a unit that never came into service: at once, for good, and nothing of it stays.

A draft has no money and no member of its own, so nobody has to wait or to confirm.  The state
changes first: from then on nobody enters the unit, and its credit code is free.  What is left of
it (key, schema, files, address, roster, invitations) goes right after, and the sweep does what a
killed worker left.  Its schema is dropped and does not return to the pool: it carries the id of
a unit that stays in the directory, and a roster may have been read in it.
"""

from __future__ import annotations

import datetime as dt
import logging
from typing import Final
from uuid import UUID

from django.db import transaction

from kernel import clock, storage
from kernel.actor import Actor
from kernel.errors import Conflict
from kernel.jobs import job
from onboarding.models import FOR_JOBS, TO_OPEN, BatchRow, Closing, Opening, RosterImport, RowState
from onboarding.selectors import UnknownOpening
from onboarding.services import timeline
from tenants import selectors as units
from tenants.models import Unit, UnitState
from tenants.services import closing as leftovers
from tenants.services import keys, life_cycle, schemas

log = logging.getLogger(__name__)
LEFT_AFTER: Final = dt.timedelta(minutes=5)
"""When the sweep takes for lost the job that clears an abandoned unit away."""


class NotADraft(Conflict):
    code = "unit_not_a_draft"
    sentence = "「{unit}」当前是「{state}」，只有草稿可以放弃；已开通的单位请按注销办理。"


class UnitBeingOpened(Conflict):
    code = "unit_being_opened"
    sentence = "「{unit}」正在处理名册或批量开通，请等处理结束，或先停止那一批，再放弃。"


def abandon(*, unit_id: UUID, reason: str, typed: str, actor: Actor, now: dt.datetime) -> Unit:
    """Closes a draft.  Rows of sheets that led to it can be retried: that registers it anew.

    Raises UnknownOpening, NotADraft, UnitBeingOpened, NameNotTyped, ReasonNeeded, and
    IllegalTransition when somebody began to open it meanwhile.
    """
    with transaction.atomic():
        openings = Opening.objects.select_for_update(of=("self",)).select_related("unit")
        opening = openings.filter(unit_id=unit_id).first()
        if opening is None:
            raise UnknownOpening
        unit = opening.unit
        _refuse(unit)
        life_cycle.check_name_typed(unit, typed)
        life_cycle.move(unit=unit, to=UnitState.CLOSED, reason=reason, actor=actor, now=now)
        BatchRow.objects.filter(unit=unit).update(
            unit=None, state=RowState.STOPPED, error_code="unit_abandoned",
            error_message="单位的登记已被放弃，重试会重新登记。",
        )  # fmt: skip
        timeline.record("unit.abandoned", unit_id=unit.pk, actor=actor, now=now)
        clear.after_commit(unit_id=unit.pk)
    return unit


@job(queue="bulk")
def clear(*, unit_id: UUID) -> None:
    """Takes away what is left of an abandoned unit; doing it again does no harm.

    The key goes first: whatever it sealed is unreadable from there on.  The address goes last,
    with the rows, and says to ``sweep`` that all of it is gone.
    """
    unit = units.unit_by_id(unit_id)
    if not _is_abandoned(unit):
        return
    keys.destroy(unit_id=unit_id, now=clock.now())
    storage.erase(unit_id)
    with transaction.atomic(using="owner"):
        schemas.drop_closed(unit=unit, beside=[])
        leftovers.release(unit_id=unit_id)


def sweep(*, now: dt.datetime) -> int:
    """Clears away what killed workers left; one that fails does not hold up others.

    Returns how many units were cleared.
    """
    cleared = 0
    for unit in units.closed_with_address(before=now - LEFT_AFTER):
        if not _is_abandoned(unit):
            continue
        try:
            clear(unit_id=unit.pk)
        except Exception:
            log.exception("abandoned unit %s was not cleared away", unit.pk)
        else:
            cleared += 1
    return cleared


def _refuse(unit: Unit) -> None:
    if unit.state != UnitState.DRAFT:
        raise NotADraft(unit=unit.name, state=UnitState(unit.state).label)
    at_work = RosterImport.objects.filter(unit=unit, state__in=FOR_JOBS)
    if at_work.exists() or BatchRow.objects.filter(unit=unit, state__in=TO_OPEN).exists():
        raise UnitBeingOpened(unit=unit.name)


def _is_abandoned(unit: Unit) -> bool:
    """Closed without a closing: one that was in service is cleared away by ``closing_steps``."""
    return unit.state == UnitState.CLOSED and not Closing.objects.filter(unit=unit).exists()
