"""Paying bills with money that came through no channel: bills, ledger, receipts, once.

In a fixed number of statements, whether one member's months are paid or a batch of thousands.
Locks are taken in the order of ``booking``: bills by key, then the receipt counter.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from kernel import arrays
from kernel.actor import Actor
from kernel.errors import Forbidden
from tenant_apps.dues.models import Bill, BillState, Slip, SlipKind
from tenant_apps.dues.services import ledger, receipts, reporting
from tenant_apps.dues.services.decisions import person_of


class SecondPerson(Forbidden):
    code = "dues_slip_second_person"
    sentence = "收款与确认须由两人办理：经手收款或编制的人，不能确认、复核或冲红自己经手的款项。"


class Booked(NamedTuple):
    """Slips whose bills are paid now, and those of which a bill was no longer open as it was."""

    taken: list[Slip]
    refused: list[Slip]


def pay(*, slips: Sequence[Slip], held_in: str, actor: Actor, now: dt.datetime) -> Booked:
    """Pays the bills of stored slips with money that the account ``held_in`` of the books holds.

    Call it last in the transaction: the receipt counter stays locked until its end.
    """
    wanted = {UUID(key): one for one in slips for key, _ in one.bills}
    held = {bill.pk: bill for bill in locked(wanted)}
    refused = {one.pk for one in slips if not _all_open(one, held)}
    paid = []
    for key, one in wanted.items():
        if one.pk in refused:
            continue
        bill = held[key]
        bill.state, bill.paid_fen, bill.paid_at = BillState.PAID, bill.due_fen, now
        bill.order_id = one.pk
        paid.append(bill)
    _store(paid)
    ledger.collect(paid=[ledger.Collected(bill, held_in, now) for bill in paid])
    reporting.payments(paid, now=now)
    taken = [one for one in slips if one.pk not in refused]
    of_slip: dict[UUID | None, list[Bill]] = {}
    for bill in paid:
        of_slip.setdefault(bill.order_id, []).append(bill)
    receipts.give(
        paid=[
            receipts.Paid(
                bills=tuple(of_slip[one.pk]), order_id=one.pk, channel=SlipKind(one.kind).label
            )
            for one in taken
        ],
        actor=actor,
        now=now,
    )
    return Booked(taken, [one for one in slips if one.pk in refused])


def locked(bill_ids: Sequence[UUID] | dict[UUID, Slip]) -> list[Bill]:
    """The bills, in the order of their keys, locked until the transaction ends."""
    return list(Bill.objects.select_for_update().filter(pk__in=[*bill_ids]).order_by("id"))


def second_person(first: UUID, actor: Actor) -> UUID:
    """Somebody else than ``first``.  Raises SecondPerson, Forbidden for a job or nobody."""
    person = person_of(actor)
    if person == first:
        raise SecondPerson
    return person


def _all_open(one: Slip, held: dict[UUID, Bill]) -> bool:
    bills = [(held.get(UUID(key)), fen) for key, fen in one.bills]
    return all(
        bill is not None and bill.state == BillState.UNPAID and bill.due_fen == fen
        for bill, fen in bills
    )


def _store(paid: Sequence[Bill]) -> None:
    if not paid:
        return
    rows = arrays.joined(
        (bill.pk.hex, bill.paid_at.isoformat(), bill.order_id.hex)
        for bill in paid
        if bill.paid_at and bill.order_id
    )
    with connection.cursor() as cursor:
        cursor.execute(_PAID, rows)


_PAID = f"""
UPDATE {Bill._meta.db_table} AS bill
   SET state = '{BillState.PAID}', paid_fen = bill.due_fen, paid_at = made.paid_at,
       order_id = made.order_id
  FROM {arrays.unnested({"id": "uuid", "paid_at": "timestamptz", "order_id": "uuid"})}
 WHERE bill.id = made.id
"""
