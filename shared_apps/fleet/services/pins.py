"""Keeping units on top of one's own list."""

from __future__ import annotations

import datetime as dt
from typing import Final

from kernel.actor import Actor
from kernel.errors import Conflict
from shared_apps.fleet.models import Pin
from shared_apps.fleet.selectors.own import owner
from shared_apps.fleet.selectors.units import pinned_by
from tenants.models import Unit

MOST: Final = 20
"""More on top would push the list itself off the first page."""


class TooManyPins(Conflict):
    code = "too_many_pins"
    sentence = "最多置顶 {most} 家单位，请先取消几家。"


def pin(*, unit: Unit, actor: Actor, now: dt.datetime) -> None:
    """Again does nothing; raises TooManyPins."""
    own = pinned_by(actor)
    if own.filter(unit=unit).exists():
        return
    if own.count() >= MOST:
        raise TooManyPins(most=MOST)
    Pin.objects.get_or_create(person_id=owner(actor), unit=unit, defaults={"at": now})


def unpin(*, unit: Unit, actor: Actor) -> None:
    pinned_by(actor).filter(unit=unit).delete()
