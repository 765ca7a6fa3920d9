"""The end of a unit: asked by one person, confirmed by a second, carried out after 30 days.

It begins only when nobody's money is under way.  While the 30 days run the unit can be looked
at and exported, and the closing can be called off, which returns the unit to exactly the state
before.  Carrying out is ``closing_steps``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import Month
from kernel.errors import Conflict, Forbidden, NotFound
from kernel.money import yuan
from kernel.unit import Purpose, unit_context
from onboarding.models import OPEN_CLOSINGS, Closing, ClosingState
from onboarding.services import timeline
from shared_apps.payments import selectors as payments
from shared_apps.settlement.selectors import instructions as settlements
from tenant_apps.dues import selectors as dues
from tenants.models import GRACE_DAYS, Unit, UnitState
from tenants.services import life_cycle

GRACE: Final = dt.timedelta(days=GRACE_DAYS)


class UnknownClosing(NotFound):
    code = "closing_unknown"
    sentence = "没有找到这次注销办理。"


class MoneyOutstanding(Conflict):
    """Names every amount that stands in the way."""

    code = "closing_money_outstanding"
    sentence = "还有款项没有结清，不能注销：{what}。"


class ClosingInHand(Conflict):
    code = "closing_in_hand"
    sentence = "该单位已有一次注销正在办理。"


class SecondPersonNeeded(Forbidden):
    code = "closing_second_person"
    sentence = "注销须由申请人以外的另一位运营人员或系统管理员复核。"


class ClosingPast(Conflict):
    code = "closing_past"
    sentence = "这次注销当前是「{state}」，不能这样操作。"


@dataclass(frozen=True, slots=True)
class Standing:
    """One kind of money that must be nil before a unit is closed; amount in fen."""

    key: str
    label: str
    fen: int
    count: int
    hint: str

    @property
    def is_clear(self) -> bool:
        return self.fen == 0 and self.count == 0


def standing_of(unit: Unit) -> list[Standing]:
    """The five kinds of money of a unit, read afresh from its books, orders and settlements."""
    on_the_way, reported = payments.money_on_its_way(unit.id)
    pooled = settlements.pooled(unit.id)
    with unit_context(unit.id, for_=Purpose.READING):
        owed = dues.owed_by_unit()
        suspense = dues.unresolved()
    months = ""
    if owed.first_month and owed.last_month:
        months = f"{Month(owed.first_month).label} 至 {Month(owed.last_month).label}，"
    return [
        Standing(
            "unpaid", "应交未交党费", owed.fen, owed.count, f"{months}请收齐、免交或撤销这些账单"
        ),
        Standing(
            "in_transit", "支付中的订单", on_the_way.fen, on_the_way.count,
            "订单最长 20 分钟后自动关闭或入账",
        ),
        Standing(
            "unsettled", "已到账未入账", reported.fen, reported.count, "系统会自动入账，请稍后再试"
        ),
        Standing(
            "pooled", "归集户未结算", pooled.fen, pooled.count,
            "请银行把归集户里的款项结算到单位的党费专户，并等待到账",
        ),
        Standing(
            "suspense", "待确认款项", suspense.fen, suspense.count,
            "请单位的党费管理员在「党费 → 账目核对 → 待确认款项」记入账单或退还",
        ),
    ]  # fmt: skip


def require_settled(unit: Unit) -> None:
    """Raises MoneyOutstanding with the exact amounts."""
    blocking = [line for line in standing_of(unit) if not line.is_clear]
    if blocking:
        what = "；".join(
            f"{line.label} {yuan(line.fen)} 元（{line.count} 笔）" for line in blocking
        )
        amounts = {line.key: line.fen for line in blocking}
        raise MoneyOutstanding(what=what, **amounts)


def request(*, unit: Unit, reason: str, typed: str, actor: Actor, now: dt.datetime) -> Closing:
    """Asks for the unit to be closed; nothing changes for the unit until it is confirmed.

    Raises NameNotTyped, ReasonNeeded, IllegalTransition, MoneyOutstanding, ClosingInHand.
    """
    if actor.person_id is None:
        raise Forbidden
    reason = life_cycle.checked_reason(reason)
    life_cycle.check_name_typed(unit, typed)
    if UnitState.CLOSING not in life_cycle.legal_from(unit):
        raise life_cycle.IllegalTransition(
            current=UnitState(unit.state).label, target=UnitState.CLOSING.label
        )
    require_settled(unit)
    try:
        with transaction.atomic():
            made = Closing.objects.create(
                unit=unit,
                reason=reason,
                requested_by=actor.person_id,
                requested_by_name=actor.name,
                requested_at=now,
            )
            timeline.record("closing.requested", unit_id=unit.id, actor=actor, now=now)
    except IntegrityError as clash:
        if open_of(unit.id) is None:
            raise
        raise ClosingInHand from clash
    return made


def confirm(*, closing_id: UUID, typed: str, actor: Actor, now: dt.datetime) -> Closing:
    """The second person's word: the unit becomes CLOSING and the 30 days begin.

    They begin at the moment of the recorded change, which never lies before the one of the
    change before: a clock that was put back shortens nothing.
    Raises SecondPersonNeeded, ClosingPast, NameNotTyped, MoneyOutstanding, IllegalTransition.
    """
    with transaction.atomic():
        held = _locked(closing_id, ClosingState.REQUESTED)
        if actor.person_id is None or actor.person_id == held.requested_by:
            raise SecondPersonNeeded
        unit = held.unit
        life_cycle.check_name_typed(unit, typed)
        require_settled(unit)
        change = life_cycle.move(
            unit=unit, to=UnitState.CLOSING, reason=held.reason, actor=actor, now=now
        )
        held.state = ClosingState.RUNNING
        held.confirmed_by, held.confirmed_by_name = actor.person_id, actor.name
        held.confirmed_at, held.due_at = change.at, change.at + GRACE
        held.save()
        Unit.objects.filter(pk=unit.pk).update(closes_at=held.due_at)
        timeline.record("closing.confirmed", unit_id=unit.pk, actor=actor, now=now, days=GRACE_DAYS)
    return held


def call_off(*, closing_id: UUID, reason: str, actor: Actor, now: dt.datetime) -> Closing:
    """Ends a closing that is not being carried out yet; the unit is what it was before.

    Raises ReasonNeeded, ClosingPast.
    """
    reason = life_cycle.checked_reason(reason)
    with transaction.atomic():
        held = _locked(closing_id, ClosingState.REQUESTED, ClosingState.RUNNING)
        unit = held.unit
        back = life_cycle.returns_to(unit)
        if held.state == ClosingState.RUNNING and back is not None:
            life_cycle.move(unit=unit, to=back, reason=reason, actor=actor, now=now)
            Unit.objects.filter(pk=unit.pk).update(closes_at=None)
        held.state = ClosingState.CALLED_OFF
        held.called_off_by_name, held.called_off_reason = actor.name, reason
        held.called_off_at = now
        held.save()
        timeline.record("closing.called_off", unit_id=unit.pk, actor=actor, now=now)
    return held


def open_of(unit_id: UUID) -> Closing | None:
    """The closing of a unit that is under way."""
    return Closing.objects.filter(unit_id=unit_id, state__in=OPEN_CLOSINGS).first()


def by_id(closing_id: UUID) -> Closing:
    """Raises UnknownClosing."""
    found = Closing.objects.select_related("unit").filter(pk=closing_id).first()
    if found is None:
        raise UnknownClosing
    return found


def history_of(unit_id: UUID) -> list[Closing]:
    """Every closing of a unit, latest first."""
    return list(Closing.objects.select_related("unit").filter(unit_id=unit_id))


def in_hand() -> list[Closing]:
    """Every closing under way, the one that waits longest first."""
    running = Closing.objects.select_related("unit").filter(state__in=OPEN_CLOSINGS)
    return list(running.order_by("requested_at"))


def finished() -> list[Closing]:
    """The last closings that were carried out, latest first."""
    done = Closing.objects.select_related("unit").filter(state=ClosingState.FINISHED)
    return list(done.order_by("-finished_at")[:50])


def _locked(closing_id: UUID, *states: ClosingState) -> Closing:
    held = (
        Closing.objects.select_for_update(of=("self",))
        .select_related("unit")
        .filter(pk=closing_id)
        .first()
    )
    if held is None:
        raise UnknownClosing
    if held.state not in states:
        raise ClosingPast(state=ClosingState(held.state).label)
    return held
