"""The end of a unit that a probe opened: at once, and nothing stays of it.

A real unit is closed by two people after 30 days (``closing``).  Both ways refuse the other's.
"""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import transaction

from kernel import storage
from kernel.actor import Actor
from kernel.errors import Conflict
from onboarding.services import closing, closing_steps
from tenants import selectors as units
from tenants.models import Unit
from tenants.services import closing as leftovers
from tenants.services import keys, schemas

ASKS: Final = Actor(kind="job", name="自动巡检", person_id=UUID(int=1))
CONFIRMS: Final = Actor(kind="job", name="自动巡检复核", person_id=UUID(int=2))
"""The two persons that a closing needs; nobody can sign in as either."""
ABANDONED_AFTER: Final = dt.timedelta(minutes=15)


class NotSynthetic(Conflict):
    code = "unit_not_synthetic"
    sentence = "「{unit}」不是巡检单位，只能按注销流程办理。"


def close_down(*, unit: Unit, now: dt.datetime) -> None:
    """Closes the unit along the steps of every closing, without the wait and the certificate.

    Raises NotSynthetic, and what asking and confirming raise: MoneyOutstanding says that the
    books do not add up.
    """
    _require_synthetic(unit)
    asked = closing.request(
        unit=unit, reason="巡检完成，即时清理", typed=unit.name, actor=ASKS, now=now
    )
    held = closing.confirm(closing_id=asked.pk, typed=unit.name, actor=CONFIRMS, now=now)
    closing_steps.carry_out_unpapered(closing_id=held.pk, now=now)
    _forget(unit)


def scrap(*, unit: Unit, now: dt.datetime) -> None:
    """Takes away what an interrupted or failed run left, whatever state it is in."""
    _require_synthetic(unit)
    keys.destroy(unit_id=unit.pk, now=now)
    schemas.discard(unit=unit)
    storage.erase(unit.pk)
    with transaction.atomic(using="owner"):
        leftovers.release(unit_id=unit.pk)
    _forget(unit)


def sweep(*, now: dt.datetime) -> int:
    """Scraps what runs that were killed left behind; returns how many units."""
    left = units.synthetic_units().filter(created_at__lt=now - ABANDONED_AFTER)
    for unit in left:
        scrap(unit=unit, now=now)
    return len(left)


def _forget(unit: Unit) -> None:
    with transaction.atomic(using="owner"):
        leftovers.forget(unit_id=unit.pk)


def _require_synthetic(unit: Unit) -> None:
    """Asks the directory, not the object in hand."""
    if not units.synthetic_units().filter(pk=unit.pk).exists():
        raise NotSynthetic(unit=unit.name)
