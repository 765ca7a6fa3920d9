"""The simulated channel's own books: orders, money moved, callbacks owed, faults, a journal.

One SQLite file (or memory), so that the simulator forgets nothing when it is restarted. The books
are the other side of every comparison with our ledger: they record what *really* happened.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS orders (
  mchid TEXT NOT NULL, out_trade_no TEXT NOT NULL, prepay_id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL, appid TEXT NOT NULL, description TEXT NOT NULL,
  amount_fen INTEGER NOT NULL CHECK (amount_fen > 0), currency TEXT NOT NULL,
  notify_url TEXT NOT NULL, expires_at TEXT NOT NULL, openid TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('NOTPAY', 'SUCCESS', 'CLOSED', 'REFUND')),
  transaction_id TEXT UNIQUE, paid_at TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (mchid, out_trade_no));
CREATE TABLE IF NOT EXISTS refunds (
  mchid TEXT NOT NULL, out_refund_no TEXT NOT NULL, refund_id TEXT NOT NULL UNIQUE,
  out_trade_no TEXT NOT NULL, amount_fen INTEGER NOT NULL CHECK (amount_fen > 0),
  created_at TEXT NOT NULL, PRIMARY KEY (mchid, out_refund_no));
CREATE TABLE IF NOT EXISTS refund_ends (
  mchid TEXT NOT NULL, out_refund_no TEXT NOT NULL, out_trade_no TEXT NOT NULL,
  refund_id TEXT NOT NULL, amount_fen INTEGER NOT NULL, created_at TEXT NOT NULL,
  notify_url TEXT NOT NULL, fate TEXT NOT NULL CHECK (fate IN ('SUCCESS', 'ABNORMAL', 'CLOSED')),
  ends_at TEXT NOT NULL, due_at REAL NOT NULL, PRIMARY KEY (mchid, out_refund_no));
CREATE TABLE IF NOT EXISTS transfers (
  id INTEGER PRIMARY KEY, debit TEXT NOT NULL, credit TEXT NOT NULL,
  amount_fen INTEGER NOT NULL CHECK (amount_fen > 0), reference TEXT NOT NULL UNIQUE,
  at TEXT NOT NULL, CHECK (debit <> credit));
CREATE TABLE IF NOT EXISTS callbacks (
  event_id TEXT PRIMARY KEY, mchid TEXT NOT NULL, out_trade_no TEXT NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0, due_at REAL, answers TEXT NOT NULL DEFAULT '[]');
CREATE TABLE IF NOT EXISTS faults (
  id INTEGER PRIMARY KEY, point TEXT NOT NULL, mode TEXT NOT NULL,
  out_trade_no TEXT NOT NULL, seconds REAL NOT NULL, remaining INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS journal (
  id INTEGER PRIMARY KEY, at TEXT NOT NULL, what TEXT NOT NULL, facts TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Order:
    mchid: str
    out_trade_no: str
    prepay_id: str
    kind: str
    appid: str
    description: str
    amount_fen: int
    currency: str
    notify_url: str
    expires_at: str
    openid: str
    state: str
    transaction_id: str | None
    paid_at: str


@dataclass(frozen=True, slots=True)
class Fault:
    point: str
    mode: str
    seconds: float


@dataclass(frozen=True, slots=True)
class DueCallback:
    event_id: str
    mchid: str
    out_trade_no: str
    attempt: int


class Books:
    """Serialised access to the file. `transaction` is re-entrant within one thread."""

    def __init__(self, path: Path | None = None) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(
            path or ":memory:", check_same_thread=False, isolation_level=None
        )
        self._db.row_factory = sqlite3.Row
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;" + _TABLES)
        self._depth = 0

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._lock:
            self._depth += 1
            if self._depth == 1:
                self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self._db.execute("ROLLBACK")
                raise
            else:
                if self._depth == 1:
                    self._db.execute("COMMIT")
            finally:
                self._depth -= 1

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Any reading, for pages."""
        return [dict(row) for row in self._all(sql, *values)]

    def next_number(self, name: str) -> int:
        row = self._one(
            "INSERT INTO counter VALUES (?, 1)"
            " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
            name,
        )
        assert row is not None
        return int(row["value"])

    def keep_number(self, name: str, value: int) -> None:
        self._run("INSERT OR REPLACE INTO counter VALUES (?, ?)", name, value)

    def kept_number(self, name: str) -> int:
        """What was kept under this name; 0 for nothing."""
        row = self._one("SELECT value FROM counter WHERE name = ?", name)
        return int(row["value"]) if row else 0

    def add_order(self, order: Order) -> None:
        values = tuple(getattr(order, name) for name in Order.__slots__)
        self._run(f"INSERT INTO orders VALUES ({', '.join('?' * len(values))})", *values)

    def order(self, mchid: str, out_trade_no: str) -> Order | None:
        return self._order("mchid = ? AND out_trade_no = ?", mchid, out_trade_no)

    def order_by_transaction(self, mchid: str, transaction_id: str) -> Order | None:
        return self._order("mchid = ? AND transaction_id = ?", mchid, transaction_id)

    def order_by_prepay(self, prepay_id: str) -> Order | None:
        return self._order("prepay_id = ?", prepay_id)

    def newest_of(self, mchid: str) -> Order | None:
        """A merchant's newest order."""
        return self._order("mchid = ? ORDER BY rowid DESC LIMIT 1", mchid)

    def orders_numbered(self, out_trade_no: str) -> list[Order]:
        rows = self._all("SELECT * FROM orders WHERE out_trade_no = ?", out_trade_no)
        return [Order(**dict(row)) for row in rows]

    def set_state(self, order: Order, state: str) -> None:
        self._run("UPDATE orders SET state = ? WHERE prepay_id = ?", state, order.prepay_id)

    def record_payment(self, order: Order, *, openid: str, transaction_id: str, at: str) -> None:
        """Move the money, once: a second payment of an order violates the reference's key."""
        self._run(
            "UPDATE orders SET state = 'SUCCESS', openid = ?, transaction_id = ?, paid_at = ?"
            " WHERE prepay_id = ?",
            openid,
            transaction_id,
            at,
            order.prepay_id,
        )
        self._transfer(
            f"payer:{openid}", f"merchant:{order.mchid}", order.amount_fen, transaction_id, at
        )

    def record_refund(
        self, order: Order, *, number: str, refund_id: str, fen: int, at: str
    ) -> None:
        self._run(
            "INSERT INTO refunds VALUES (?, ?, ?, ?, ?, ?)",
            order.mchid,
            number,
            refund_id,
            order.out_trade_no,
            fen,
            at,
        )
        self._transfer(f"merchant:{order.mchid}", f"payer:{order.openid}", fen, refund_id, at)

    def refund(self, mchid: str, number: str) -> dict[str, Any] | None:
        row = self._one(
            "SELECT * FROM refunds WHERE mchid = ? AND out_refund_no = ?", mchid, number
        )
        return dict(row) if row else None

    def destine_refund(self, order: Order, *, number: str, fen: int, **end: object) -> None:
        """Keep how and when a refund that takes its time ends."""
        values = {
            "mchid": order.mchid,
            "out_refund_no": number,
            "out_trade_no": order.out_trade_no,
            "amount_fen": fen,
            **end,
        }
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        self._run(f"INSERT INTO refund_ends ({names}) VALUES ({marks})", *values.values())

    def refund_end(self, mchid: str, number: str) -> dict[str, Any] | None:
        row = self._one(
            "SELECT * FROM refund_ends WHERE mchid = ? AND out_refund_no = ?", mchid, number
        )
        return dict(row) if row else None

    def undo_refund(self, order: Order, number: str, *, at: str) -> None:
        """Nothing goes back after all: the money is the merchant's again, once."""
        with self.transaction():
            known = self.refund(order.mchid, number)
            if known is None:
                return
            self._run(
                "DELETE FROM refunds WHERE mchid = ? AND out_refund_no = ?", order.mchid, number
            )
            reference = f"{known['refund_id']}:closed"
            fen = int(known["amount_fen"])
            self._transfer(f"payer:{order.openid}", f"merchant:{order.mchid}", fen, reference, at)
            if self.refunded_fen(order) == 0:
                self.set_state(order, "SUCCESS")

    def refunds_of(self, order: Order) -> list[dict[str, Any]]:
        """The order's refunds, oldest first."""
        rows = self._all(
            "SELECT * FROM refunds WHERE mchid = ? AND out_trade_no = ?"
            " ORDER BY created_at, out_refund_no",
            order.mchid,
            order.out_trade_no,
        )
        return [dict(row) for row in rows]

    def refunded_fen(self, order: Order) -> int:
        row = self._one(
            "SELECT coalesce(sum(amount_fen), 0) AS fen FROM refunds"
            " WHERE mchid = ? AND out_trade_no = ?",
            order.mchid,
            order.out_trade_no,
        )
        return int(row["fen"]) if row else 0

    def owe_callback(self, event_id: str, order: Order, *, due_at: float | None) -> None:
        self._run(
            "INSERT INTO callbacks (event_id, mchid, out_trade_no, due_at) VALUES (?, ?, ?, ?)",
            event_id,
            order.mchid,
            order.out_trade_no,
            due_at,
        )

    def take_due_callbacks(self, now: float) -> list[DueCallback]:
        """The callbacks whose time has come; taken ones are not handed out again."""
        rows = self._all(
            "UPDATE callbacks SET due_at = NULL WHERE due_at <= ?"
            " RETURNING event_id, mchid, out_trade_no, attempt",
            now,
        )
        return [DueCallback(**dict(row)) for row in rows]

    def settle_callback(self, event_id: str, *, answers: list[int], due_at: float | None) -> None:
        """Note how the peer answered an attempt, and when the next one is due (None: never)."""
        with self.transaction():
            row = self._one("SELECT answers FROM callbacks WHERE event_id = ?", event_id)
            history = (json.loads(row["answers"]) if row else []) + answers
            self._run(
                "UPDATE callbacks SET attempt = attempt + 1, due_at = ?, answers = ?"
                " WHERE event_id = ?",
                due_at,
                json.dumps(history),
                event_id,
            )

    def postpone_callback(self, event_id: str, due_at: float | None) -> None:
        self._run("UPDATE callbacks SET due_at = ? WHERE event_id = ?", due_at, event_id)

    def callbacks(self, out_trade_no: str) -> list[dict[str, Any]]:
        rows = self._all("SELECT * FROM callbacks WHERE out_trade_no = ?", out_trade_no)
        return [dict(row) | {"answers": json.loads(row["answers"])} for row in rows]

    def plant_fault(self, fault: Fault, *, out_trade_no: str, times: int) -> None:
        self._run(
            "INSERT INTO faults (point, mode, out_trade_no, seconds, remaining)"
            " VALUES (?, ?, ?, ?, ?)",
            fault.point,
            fault.mode,
            out_trade_no,
            fault.seconds,
            times,
        )

    def take_fault(self, point: str, out_trade_no: str, modes: Iterable[str]) -> Fault | None:
        """The oldest fault planted here (for this order or for any) that this channel can play,
        used up by one.
        """
        with self.transaction():
            row = self._one(
                "UPDATE faults SET remaining = remaining - 1 WHERE id = (SELECT min(id)"
                " FROM faults WHERE remaining > 0 AND point = ? AND out_trade_no IN ('', ?)"
                " AND mode IN (SELECT value FROM json_each(?)))"
                " RETURNING point, mode, seconds",
                point,
                out_trade_no,
                json.dumps(sorted(modes)),
            )
        return Fault(**dict(row)) if row else None

    def clear_faults(self, number: int | None = None) -> None:
        """Take back one planted fault, or all."""
        self._run("DELETE FROM faults WHERE coalesce(? = id, TRUE)", number)

    def note(self, at: str, what: str, **facts: object) -> None:
        self._run(
            "INSERT INTO journal (at, what, facts) VALUES (?, ?, ?)",
            at,
            what,
            json.dumps(facts, ensure_ascii=False),
        )

    def journal(self, limit: int = 200) -> list[dict[str, Any]]:
        rows = self._all("SELECT * FROM journal ORDER BY id DESC LIMIT ?", limit)
        return [dict(row) | {"facts": json.loads(row["facts"])} for row in rows]

    def balances(self) -> dict[str, int]:
        """Fen per account, debits negative; the sum over all accounts is always 0."""
        rows = self._all(
            "SELECT account, sum(fen) AS fen FROM (SELECT credit AS account, amount_fen AS fen"
            " FROM transfers UNION ALL SELECT debit, -amount_fen FROM transfers) GROUP BY account"
        )
        return {row["account"]: int(row["fen"]) for row in rows}

    def paid_fen(self, mchid: str) -> int:
        row = self._one(
            "SELECT coalesce(sum(amount_fen), 0) AS fen FROM orders"
            " WHERE mchid = ? AND state IN ('SUCCESS', 'REFUND')",
            mchid,
        )
        return int(row["fen"]) if row else 0

    def movements(self, mchid: str) -> list[dict[str, Any]]:
        """Every payment and refund of a merchant, oldest first; refunds are negative fen."""
        return [
            dict(row)
            for row in self._all(
                "SELECT o.paid_at AS at, o.out_trade_no, o.transaction_id, '' AS out_refund_no,"
                " '' AS refund_id, o.amount_fen AS fen, o.amount_fen AS order_fen, o.openid,"
                " o.appid, o.description FROM orders o"
                " WHERE o.mchid = ? AND o.transaction_id IS NOT NULL"
                " UNION ALL SELECT r.created_at, o.out_trade_no, o.transaction_id,"
                " r.out_refund_no, r.refund_id, -r.amount_fen, o.amount_fen, o.openid, o.appid,"
                " o.description FROM refunds r JOIN orders o USING (mchid, out_trade_no)"
                " WHERE r.mchid = ? ORDER BY at, transaction_id",
                mchid,
                mchid,
            )
        ]

    def _transfer(self, debit: str, credit: str, fen: int, reference: str, at: str) -> None:
        self._run(
            "INSERT INTO transfers (debit, credit, amount_fen, reference, at)"
            " VALUES (?, ?, ?, ?, ?)",
            debit,
            credit,
            fen,
            reference,
            at,
        )

    def _order(self, condition: str, *values: object) -> Order | None:
        row = self._one(f"SELECT * FROM orders WHERE {condition}", *values)
        return Order(**dict(row)) if row else None

    def _run(self, sql: str, *values: object) -> None:
        with self._lock:
            self._db.execute(sql, values)

    def _one(self, sql: str, *values: object) -> sqlite3.Row | None:
        rows = self._all(sql, *values)
        return rows[0] if rows else None

    def _all(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(sql, values).fetchall()
