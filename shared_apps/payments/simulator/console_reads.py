"""What the simulator's own page shows, read from the books."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from shared_apps.payments.simulator.books import Books, Order
from shared_apps.payments.simulator.console_words import CHANNEL_NAMES, CHANNELS, KINDS

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Owed:
    """A callback with the order it tells of. `due_at`: a moment in seconds, None when none."""

    event_id: str
    order: Order
    attempt: int
    due_at: float | None
    answers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ChannelSum:
    """One channel's business: fen taken and given back, orders waiting, callbacks still owed."""

    name: str
    paid_fen: int
    refunded_fen: int
    paid: int
    waiting: int
    owed: int


def orders(books: Books, *, search: str = "", channel: str = "") -> list[Order]:
    """The newest orders whose number begins or ends with `search`."""
    kinds = KINDS.get(channel) or tuple(CHANNELS)
    rows = books.rows(
        "SELECT * FROM orders WHERE kind IN (SELECT value FROM json_each(?))"
        " AND (out_trade_no LIKE ? || '%' OR out_trade_no LIKE '%' || ?)"
        " ORDER BY rowid DESC LIMIT ?",
        json.dumps(kinds),
        search,
        search,
        PAGE,
    )
    return [Order(**row) for row in rows]


def callbacks(books: Books, *, search: str = "") -> list[Owed]:
    """The newest callbacks, those still owed first."""
    rows = books.rows(
        "SELECT c.event_id, c.attempt, c.due_at, c.answers, o.* FROM callbacks c"
        " JOIN orders o USING (mchid, out_trade_no)"
        " WHERE c.out_trade_no LIKE ? || '%' OR c.out_trade_no LIKE '%' || ?"
        " ORDER BY c.due_at IS NULL, c.rowid DESC LIMIT ?",
        search,
        search,
        PAGE,
    )
    return [_owed(row) for row in rows]


def planted(books: Books) -> list[dict[str, Any]]:
    """Faults that still wait for their occasion, in the order in which they strike."""
    return books.rows("SELECT * FROM faults WHERE remaining > 0 ORDER BY id")


def sums(books: Books) -> list[ChannelSum]:
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in books.rows(
        "SELECT kind, sum((transaction_id IS NOT NULL) * amount_fen) AS paid_fen,"
        " sum(transaction_id IS NOT NULL) AS paid, sum(state = 'NOTPAY') AS waiting"
        " FROM orders GROUP BY kind"
    ):
        _add(found, row)
    for row in books.rows(
        "SELECT o.kind, sum(r.amount_fen) AS refunded_fen FROM refunds r"
        " JOIN orders o USING (mchid, out_trade_no) GROUP BY o.kind"
    ):
        _add(found, row)
    for row in books.rows(
        "SELECT o.kind, count(*) AS owed FROM callbacks c JOIN orders o USING (mchid, out_trade_no)"
        " WHERE c.due_at IS NOT NULL GROUP BY o.kind"
    ):
        _add(found, row)
    return [
        ChannelSum(
            name,
            *(found[key][part] for part in ("paid_fen", "refunded_fen", "paid", "waiting", "owed")),
        )
        for key, name in CHANNEL_NAMES.items()
    ]


def _add(found: dict[str, dict[str, int]], row: dict[str, Any]) -> None:
    key = next(key for key, kinds in KINDS.items() if row["kind"] in kinds)
    for name, value in row.items():
        if name != "kind":
            found[key][name] += int(value or 0)


def _owed(row: dict[str, Any]) -> Owed:
    return Owed(
        event_id=row.pop("event_id"),
        attempt=row.pop("attempt"),
        due_at=row.pop("due_at"),
        answers=tuple(json.loads(row.pop("answers"))),
        order=Order(**row),
    )
