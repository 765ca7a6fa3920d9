"""What an operator may do to a unit's state, name and address, and how it is asked back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from shared_apps.fleet.models import RenamedPart, Renaming
from tenants.models import WORKING, Transition, Unit, UnitState
from tenants.services import life_cycle, units


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that can be done now: ``asks_name`` wants the unit's name typed out."""

    to: UnitState
    label: str
    effect: str
    asks_reason: bool
    asks_name: bool
    is_danger: bool


_EFFECTS: Final = {
    UnitState.LIVE: "结束试用，按正式协议提供服务。",
    UnitState.READ_ONLY: (
        "单位人员和党员可以登录、查看和导出，不能新增或修改；已支付的党费照常入账。"
    ),
    UnitState.SUSPENDED: (
        "单位的所有页面停止访问，只显示暂停原因和联系方式；数据原样保留，已支付的党费照常入账。"
    ),
}
_LABELS: Final = {
    UnitState.LIVE: "转为正式",
    UnitState.READ_ONLY: "设为只读",
    UnitState.SUSPENDED: "暂停服务",
}


def acts_on(unit: Unit) -> list[Act]:
    """The acts that the unit's state allows, going on first.  Closing has pages of its own."""
    acts: list[Act] = []
    back = life_cycle.returns_to(unit)
    if unit.state == UnitState.CLOSING:
        return acts
    for to in life_cycle.legal_from(unit):
        if to == back:
            label, effect = f"恢复为{to.label}", "恢复到之前的状态，数据与之前完全一致。"
            acts.insert(0, Act(to, label, effect, True, False, False))
        elif to in _LABELS and unit.state != UnitState.OPENING:
            is_held_up = to not in WORKING
            acts.append(
                Act(
                    to,
                    _LABELS[to],
                    _EFFECTS[to],
                    asks_reason=is_held_up,
                    asks_name=to == UnitState.SUSPENDED,
                    is_danger=to == UnitState.SUSPENDED,
                )
            )
    return acts


def act(
    *,
    unit: Unit,
    to: UnitState,
    reason: str,
    seen: int,
    typed: str,
    actor: Actor,
    now: dt.datetime,
) -> Transition:
    """Does one of ``acts_on``.  ``seen`` is the number of the last change on the actor's page.

    Raises StateChanged when somebody was quicker (asked first: the acts shown may be others by
    now), NameNotTyped, IllegalTransition, ReasonNeeded.
    """
    offered = {one.to: one for one in acts_on(unit)}
    if to in offered and offered[to].asks_name:
        life_cycle.check_name_typed(unit, typed)
    if to in {UnitState.CLOSING, UnitState.CLOSED} or unit.state == UnitState.CLOSING:
        raise life_cycle.IllegalTransition(
            current=UnitState(unit.state).label, target=UnitState(to).label
        )
    return life_cycle.move(unit=unit, to=to, reason=reason, actor=actor, now=now, seen=seen)


def rename(*, unit: Unit, name: str, actor: Actor, now: dt.datetime) -> None:
    """Another name, and who gave it.  Raises UnitNameInvalid, UnitClosed."""
    with transaction.atomic():
        was = unit.name
        units.rename(unit=unit, name=name)
        _record(unit, RenamedPart.NAME, was, unit.name, actor, now)


def relocate(*, unit: Unit, label: str, actor: Actor, now: dt.datetime) -> None:
    """Another address, and who gave it.  Raises as ``tenants.services.units.relocate``."""
    with transaction.atomic():
        was = unit.label
        units.relocate(unit=unit, label=label, now=now)
        _record(unit, RenamedPart.LABEL, was, unit.label, actor, now)


def _record(
    unit: Unit, what: RenamedPart, was: str, to: str, actor: Actor, now: dt.datetime
) -> None:
    Renaming.objects.create(
        unit=unit,
        what=what,
        was=was,
        to=to,
        actor_id=actor.person_id,
        actor_name=actor.name,
        at=now,
    )
