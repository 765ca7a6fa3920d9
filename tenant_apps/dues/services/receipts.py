"""Giving receipts: numbers without a gap, a code that proves them (rulebook 10.2)."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from kernel import arrays, cache
from kernel.actor import Actor
from kernel.clock import day_of
from kernel.crypto import unit_cipher
from kernel.errors import Conflict, TooMany
from kernel.models import uuid7
from kernel.unit import current_unit
from shared_apps.library import selectors as library
from tenant_apps.audit.services import record, record_many
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Bill, Contribution, Receipt, ReceiptCounter
from tenant_apps.dues.selectors import Verification

CODE_LENGTH: Final = 12
CHECKS: Final = 30
"""Receipts that one address may check in ten minutes: a code cannot be tried out."""


class CheckedTooOften(TooMany):
    code = "receipt_checks_too_many"
    sentence = "查验次数过多，请十分钟后再试。"


class ReceiptAlreadyVoid(Conflict):
    code = "receipt_already_void"
    sentence = "收据 {serial} 已经作废。"


@dataclass(frozen=True, slots=True)
class Paid:
    """Bills, or the contribution of a ``kind``, that one order paid through one channel;
    ``edition`` counts its receipts.
    """

    bills: tuple[Bill | Contribution, ...]
    order_id: UUID
    channel: str
    edition: int = 0
    kind: str = ""


def give(*, paid: Sequence[Paid], actor: Actor, now: dt.datetime) -> list[Receipt]:
    """A receipt for each order over the bills that it just paid, with the knowledge card that is
    next, in a fixed number of statements.

    Call it last in the transaction that books the payments: the counter of the year stays
    locked until the end, so that numbers have no gap even when a transaction fails.
    """
    if not paid:
        return []
    year = day_of(now).year
    first = _take_numbers(year, len(paid))
    cards = library.card_ids_for(first, len(paid))
    given = [
        _drawn_up(one, year=year, number=first + place, card_id=card_id, now=now)
        for place, (one, card_id) in enumerate(zip(paid, cards, strict=True))
    ]
    arrays.insert(given)
    record_many(
        "receipt.issued",
        actor=actor,
        now=now,
        subject_type="receipt",
        told=(
            (
                one.id,
                {"serial": one.serial, "amount_fen": one.amount_fen, "months": one.months},
            )
            for one in given
        ),
    )
    return given


def check(*, serial: str, code: str, actor: Actor) -> Verification | None:
    """Whether a receipt is genuine, for anybody who holds it.  Raises CheckedTooOften."""
    if cache.count(f"receipt-check:{actor.ip}", seconds=600) > CHECKS:
        raise CheckedTooOften
    return selectors.verify(serial=serial, code=code)


@transaction.atomic
def void(*, receipt: Receipt, reason: str, actor: Actor, now: dt.datetime) -> Receipt:
    """Voids a receipt; its number stays visible and is never given again.

    Raises ReceiptAlreadyVoid.
    """
    held: Receipt = Receipt.objects.select_for_update().get(pk=receipt.pk)
    if held.voided_at is not None:
        raise ReceiptAlreadyVoid(serial=held.serial)
    held.voided_at = now
    held.save(update_fields=["voided_at"])
    record(
        "receipt.voided",
        actor=actor,
        now=now,
        subject_type="receipt",
        subject_id=held.id,
        serial=held.serial,
        reason=reason,
    )
    return held


def _take_numbers(year: int, count: int) -> int:
    """The first of ``count`` numbers that now are taken; the counter is locked."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, [uuid7(), year, count])
        (last,) = cursor.fetchone()
    return int(last) - count + 1


def _drawn_up(one: Paid, *, year: int, number: int, card_id: UUID, now: dt.datetime) -> Receipt:
    serial = f"{year}-{current_unit().label.upper()}-{number:06d}"
    amount = sum(bill.paid_fen for bill in one.bills)
    newest = max(one.bills, key=lambda bill: bill.month)
    return Receipt(
        serial=serial,
        member_id=newest.member_id,
        order_id=one.order_id,
        edition=one.edition,
        kind=one.kind,
        months=[] if one.kind else sorted(bill.month for bill in one.bills),
        amount_fen=amount,
        org_id=newest.org_id,
        channel=one.channel,
        verify_code=_code(serial, amount),
        card_id=card_id,
        issued_at=now,
    )


def _code(serial: str, amount_fen: int) -> str:
    """Made with the unit's key from number and amount: it cannot be guessed from the number."""
    proof = unit_cipher().index(f"{serial}|{amount_fen}", purpose="receipt")
    return base64.b32encode(proof).decode()[:CODE_LENGTH]


_TAKEN: Final = f"""
INSERT INTO {ReceiptCounter._meta.db_table} AS counter (id, year, last) VALUES (%s, %s, %s)
ON CONFLICT (year) DO UPDATE SET last = counter.last + excluded.last RETURNING last
"""
