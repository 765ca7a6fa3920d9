"""A unit's way through its states: which changes are legal, who made them, when and why.

Suspending a unit or making it read-only writes one row of the directory and one Transition;
nothing of the unit's own is touched, so that resuming returns to exactly what was there.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import BEIJING
from kernel.errors import Conflict, Invalid
from tenants.models import WORKING, Transition, Unit, UnitState

_NEXT: Final[dict[str, tuple[UnitState, ...]]] = {
    UnitState.DRAFT: (UnitState.OPENING, UnitState.CLOSED),
    UnitState.OPENING: (UnitState.TRIAL, UnitState.DRAFT),
    UnitState.TRIAL: (UnitState.LIVE, UnitState.READ_ONLY, UnitState.SUSPENDED, UnitState.CLOSING),
    UnitState.LIVE: (UnitState.READ_ONLY, UnitState.SUSPENDED, UnitState.CLOSING),
    UnitState.READ_ONLY: (UnitState.SUSPENDED, UnitState.CLOSING),
    UnitState.SUSPENDED: (UnitState.READ_ONLY, UnitState.CLOSING),
    UnitState.CLOSING: (UnitState.CLOSED,),
    UnitState.CLOSED: (),
}
"""Besides these, a unit that was held up may go back: see ``returns_to``.  A draft is closed at
once, by being abandoned; nothing of it was ever in service.
"""
_HELD_UP: Final = (UnitState.READ_ONLY, UnitState.SUSPENDED)
_NEEDS_REASON: Final = (*_HELD_UP, UnitState.CLOSING, UnitState.CLOSED)
SHORTEST_REASON: Final = 4
LONGEST_REASON: Final = 300


class IllegalTransition(Conflict):
    code = "unit_state_transition"
    sentence = "单位当前是「{current}」，不能改为「{target}」。"


class StateChanged(Conflict):
    """Somebody else was quicker; the form showed a state that is no longer the unit's."""

    code = "unit_state_changed"
    sentence = (
        "{who} 已于 {when} 把该单位由「{was}」改为「{to}」{why}。"
        "本次操作没有执行，请查看最新状态后再决定。"
    )


class NameNotTyped(Invalid):
    code = "unit_name_not_typed"
    sentence = "输入的单位名称与「{unit}」不一致，操作没有执行。"


class ReasonNeeded(Invalid):
    code = "transition_reason_needed"
    sentence = "请写明事由（4 到 300 个字），事由会记入单位的状态记录。"


def move(
    *,
    unit: Unit,
    to: UnitState,
    reason: str = "",
    actor: Actor,
    now: dt.datetime,
    seen: int | None = None,
) -> Transition:
    """Changes the unit's state and records it, in one transaction and under the unit's lock.

    ``seen`` is the number of the last change that the actor was shown (0: none).  A clock that
    runs behind the last change does not turn the order round: the new one gets its moment.
    Holding up, closing, ending and letting go on again need a reason.

    Raises StateChanged, IllegalTransition, ReasonNeeded.
    """
    with transaction.atomic():
        held = Unit.objects.select_for_update().get(pk=unit.pk)
        last = Transition.objects.filter(unit=held).order_by("-number").first()
        if seen is not None and last is not None and seen != last.number:
            raise _changed(last)
        if to not in legal_from(held):
            raise IllegalTransition(current=UnitState(held.state).label, target=UnitState(to).label)
        if reason or to in _NEEDS_REASON or held.state in _NEEDS_REASON:
            reason = checked_reason(reason)
        at = max(now, last.at) if last else now
        made = Transition.objects.create(
            unit=held,
            number=last.number + 1 if last else 1,
            was=held.state,
            to=to,
            reason=reason,
            actor_id=actor.person_id,
            actor_name=actor.name,
            at=at,
        )
        held.state = to
        if to == UnitState.TRIAL and held.opened_at is None:
            held.opened_at = at
        held.save(update_fields=["state", "opened_at"])
    unit.state, unit.opened_at = held.state, held.opened_at
    return made


def legal_from(unit: Unit) -> tuple[UnitState, ...]:
    """The states that the unit may be moved to now."""
    back = returns_to(unit)
    return (*_NEXT[unit.state], *((back,) if back else ()))


def returns_to(unit: Unit) -> UnitState | None:
    """Where a unit that is held up goes on: trial or live, whichever it was; a closing that is
    called off returns to exactly the state before it.
    """
    if unit.state not in (*_HELD_UP, UnitState.CLOSING):
        return None
    changes = Transition.objects.filter(unit=unit).order_by("-number")
    if unit.state == UnitState.CLOSING:
        left = changes.filter(to=UnitState.CLOSING).first()
    else:
        left = changes.filter(was__in=WORKING).first()
    return UnitState(left.was) if left else None


def check_name_typed(unit: Unit, typed: str) -> None:
    """Before what cannot be undone in a moment; raises NameNotTyped."""
    if typed.strip() != unit.name:
        raise NameNotTyped(unit=unit.name)


def checked_reason(text: str) -> str:
    """The reason without blanks around it; raises ReasonNeeded."""
    reason = text.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise ReasonNeeded
    return reason


def _changed(last: Transition) -> StateChanged:
    return StateChanged(
        who=last.actor_name,
        when=f"{last.at.astimezone(BEIJING):%Y-%m-%d %H:%M}",
        was=UnitState(last.was).label,
        to=UnitState(last.to).label,
        why=f"（{last.reason}）" if last.reason else "",
    )
