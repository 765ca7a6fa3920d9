"""Members of the demo who sign in and pay, along the same way as real ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from kernel.actor import Actor, Holding
from kernel.clock import Month
from kernel.errors import DomainError
from kernel.unit import unit_context
from shared_apps.payments.simulator import tapping
from shared_apps.people import selectors as people
from shared_apps.people.services import member_sign_in, sessions
from tenant_apps.access.services import member_sign_in as signing_in
from tenant_apps.dues import selectors as dues
from tenant_apps.dues.services import collection
from tenant_apps.members import selectors as members
from tenant_apps.members.services import sealing
from tenants.models import Unit

_LATER: Final = dt.timedelta(minutes=1)
NOT_UP: Final = "支付模拟器没有运行，演示账单先保持未交。"


@dataclass(frozen=True, slots=True)
class Somebody:
    """A member with what is needed to act as them."""

    id: UUID
    name: str
    phone: str
    org_path: str


def activate(*, unit: Unit, percent: int, now: dt.datetime) -> None:
    """Signs in a part of the members for the first time, each as on the phone."""
    everybody = _members(unit)
    wanted = len(everybody) * percent // 100
    missing = wanted - people.activated_count(unit.id)
    audience = sessions.Audience("unit", unit.id)
    for one in everybody[wanted - missing : wanted] if missing > 0 else []:
        person = member_sign_in.holder_of(phone=one.phone, now=now)
        choices = people.choices_of_phone(bytes(person.phone_index or b""), unit_id=unit.id)
        choice = next((each for each in choices if each.member_id == one.id), None)
        if choice is None:
            continue
        opened = sessions.open_half(
            person=person, kind=sessions.Kind.MEMBER, audience=audience,
            actor=Actor.system("demo"), device="演示", now=now,
        )  # fmt: skip
        signed_in = signing_in.choose(
            session=opened.session, choice_id=choice.id, actor=Actor.system("demo"), now=now
        )
        sessions.drop(session=signed_in.session, now=now)


def pay(*, unit: Unit, percent: int, months: Sequence[Month], now: dt.datetime) -> list[str]:
    """Lets a part of the members pay through orders at the simulated channel.

    Two in three pay both months, the others only the first.  Returns notes for the reader.
    """
    if not percent:
        return []
    everybody = _members(unit)
    for place, one in enumerate(everybody[: len(everybody) * percent // 100]):
        chosen = months if place % 3 else months[:1]
        with unit_context(unit.id):
            owed = set(dues.unpaid_months(one.id).months)
        due = [month for month in chosen if month.value in owed]
        if due and len(due) == len(chosen) and not _pay_one(unit, one, due, now):
            return [NOT_UP]
    return []


def a_member_who_owes(*, unit: Unit) -> Somebody | None:
    """A member with a phone and an open bill, to sign in as."""
    for one in reversed(_members(unit)):
        with unit_context(unit.id):
            if dues.unpaid_months(one.id).months:
                return one
    return None


def _members(unit: Unit) -> list[Somebody]:
    """Members with a phone of their own, in a fixed order."""
    with unit_context(unit.id):
        rows = (
            members.members_visible_to(Actor.system("demo", unit_id=unit.id))
            .filter(phone_index__isnull=False)
            .order_by("id")
            .values_list("id", "name", "phone_sealed", "org_path")
        )
        return [
            Somebody(pk, name, sealing.open_phone(phone), path)
            for pk, name, phone, path in rows
            if phone is not None
        ]


def _pay_one(unit: Unit, one: Somebody, months: Sequence[Month], now: dt.datetime) -> bool:
    """Order, payment at the channel, and the channel's answer booked; False if it is not up."""
    person = member_sign_in.holder_of(phone=one.phone, now=now)
    actor = Actor(
        kind="person", name=one.name, person_id=person.id, unit_id=unit.id, member_id=one.id,
        holdings=(Holding("member", one.org_path),),
    )  # fmt: skip
    with unit_context(unit.id):
        try:
            order = collection.start_payment(member_id=one.id, months=months, actor=actor, now=now)
        except DomainError:
            return True
        if not order.pay_url or not tapping.pay(order.out_trade_no):
            return False
        collection.follow(order=order, now=now + _LATER)
    return True
