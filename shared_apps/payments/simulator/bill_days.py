"""What a day's money really did at a merchant's, from the books, and what a bill may say instead.

A bill is there from nine in the morning after its day, by the channel's own days (`days`). On
every morning the channel pays out what stood at the end of the day before; payouts follow from the
books and are not written down.

Faults (point `bill`; planted for one merchant by its number, or for any), used up by the answer
that names the file:

not_ready, expired_token, wrong_digest, truncated, wrong_encoding, wrong_total, bom, shuffled
    the way to the file, or its form; what it says is true.  Where a channel names no digest, a
    byte of the packed file is wrong.
missing_line, extra_line, duplicate_line, one_fen_off, cutoff, fee
    what it says is not what happened; its totals are those of what it says.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from shared_apps.payments.simulator.books import Books
from shared_apps.payments.simulator.clock import BEIJING, ScaledClock
from shared_apps.payments.simulator.protocol import digits

POINT: Final = "bill"
READY_HOUR: Final = 9
FORM_MODES: Final = frozenset(
    {
        "not_ready",
        "expired_token",
        "wrong_digest",
        "truncated",
        "wrong_encoding",
        "wrong_total",
        "bom",
        "shuffled",
    }
)
CONTENT_MODES: Final = frozenset(
    {"missing_line", "extra_line", "duplicate_line", "one_fen_off", "cutoff", "fee"}
)
MODES: Final = FORM_MODES | CONTENT_MODES


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that really moved at the channel; `fen` is positive when the merchant was paid."""

    at: datetime
    out_trade_no: str
    transaction_id: str
    refund_no: str
    refund_id: str
    fen: int
    order_fen: int
    openid: str
    appid: str
    description: str


class Step(NamedTuple):
    """A movement of the account; what is paid out has no order."""

    at: datetime
    number: str
    out_trade_no: str
    business: str
    fen: int
    balance_fen: int


class Day(NamedTuple):
    """A day of a merchant's account: what stood at its beginning is paid out in the morning."""

    mchid: str
    day: date
    opening_fen: int
    movements: tuple[Movement, ...]

    @property
    def paid_out_fen(self) -> int:
        return max(self.opening_fen, 0)

    def steps(self) -> list[Step]:
        """Every movement of the account with the balance after it, the payout at the front."""
        found = []
        balance = self.opening_fen
        if self.paid_out_fen:
            balance -= self.paid_out_fen
            at = datetime.combine(self.day, datetime.min.time(), tzinfo=BEIJING)
            number = payout_number(self.mchid, self.day)
            found.append(Step(at, number, "", "提现", -self.paid_out_fen, balance))
        for one in self.movements:
            balance += one.fen
            business = "退款" if one.refund_no else "交易"
            number = one.refund_id or one.transaction_id
            found.append(Step(one.at, number, one.out_trade_no, business, one.fen, balance))
        return found


def payout_number(mchid: str, day: date) -> str:
    """The channel's number of what it pays out on the morning of a day."""
    return f"PO{day:%Y%m%d}{mchid}"


def of(books: Books, mchid: str, day: date) -> Day:
    """What the books say of a merchant's day."""
    found = [_movement(row) for row in books.movements(mchid)]
    opening, morrow = 0, date.min
    for before in sorted({one.at.date() for one in found if one.at.date() < day}):
        kept = min(opening, 0)
        opening = kept + sum(one.fen for one in found if one.at.date() == before)
        morrow = before + timedelta(days=1)
    if opening > 0 and morrow != day:
        opening = 0
    return Day(mchid, day, opening, tuple(one for one in found if one.at.date() == day))


class PaidOut(NamedTuple):
    """What a channel pays out for one merchant on a morning."""

    number: str
    day: date
    fen: int


def payouts(books: Books, after: date | None, until: date) -> list[PaidOut]:
    """What was paid out on the mornings after the one day and up to the other, by day."""
    found = []
    for row in books.rows("SELECT DISTINCT mchid FROM orders WHERE transaction_id IS NOT NULL"):
        mchid = row["mchid"]
        days = {one.at.date() for one in map(_movement, books.movements(mchid))}
        for morning in sorted(day + timedelta(days=1) for day in days):
            if morning <= until and (after is None or morning > after):
                fen = of(books, mchid, morning).paid_out_fen
                if fen:
                    found.append(PaidOut(payout_number(mchid, morning), morning, fen))
    return sorted(found, key=lambda one: (one.day, one.number))


def is_ready(clock: ScaledClock, day: date) -> bool:
    """Whether the bill of a day is there."""
    opens = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=BEIJING)
    return clock.virtual() >= opens + timedelta(hours=READY_HOUR)


def shuffled(count: int, mode: str) -> list[int]:
    """The order in which columns stand."""
    places = list(range(count))
    if mode == "shuffled":
        random.Random("shuffled").shuffle(places)
    return places


def _movement(row: Mapping[str, Any]) -> Movement:
    return Movement(
        at=datetime.fromisoformat(row["at"]).astimezone(BEIJING),
        out_trade_no=row["out_trade_no"],
        transaction_id=row["transaction_id"],
        refund_no=row["out_refund_no"],
        refund_id=row["refund_id"],
        fen=row["fen"],
        order_fen=row["order_fen"],
        openid=row["openid"],
        appid=row["appid"],
        description=row["description"],
    )


def said(movements: Sequence[Movement], mode: str) -> list[Movement]:
    """What the bill says: what happened, unless a fault has it say something else."""
    said = list(movements)
    if not said:
        return said
    changes: dict[str, Callable[[Movement], list[Movement]]] = {
        "missing_line": lambda _: [],
        "duplicate_line": lambda one: [one, one],
        "one_fen_off": lambda one: [replace(one, fen=one.fen + 1, order_fen=one.order_fen + 1)],
        "cutoff": lambda one: [replace(one, at=one.at.replace(hour=0, minute=0, second=0))],
        "extra_line": lambda one: [one, _stranger(one)],
    }
    change = changes.get(mode)
    return [*change(said[0]), *said[1:]] if change else said


def _stranger(like: Movement) -> Movement:
    """A payment that nobody at the merchant has heard of."""
    number = digits(f"stranger:{like.transaction_id}", 16)
    return replace(
        like,
        out_trade_no=f"POS{number[:13]}",
        transaction_id=f"4200{number}00000000",
        fen=like.order_fen,
        refund_no="",
        refund_id="",
    )


def yuan(fen: int) -> str:
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"
