"""The simulated bank's own books behind its front machine: instructions, statement, planted faults.

They record what really happened to the money.  The day may be moved ahead of the wall, by which the
customer goes: nothing is shown under a day that is still to come for it.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from shared_apps.payments.simulator.bill_days import PaidOut
from shared_apps.payments.simulator.clock import BEIJING, wall_clock

RETURN_AFTER = dt.timedelta(days=3)
MODES = (
    "drop_before",
    "drop_after",
    "window_closed",
    "processing",
    "reject",
    "late_reject",
    "return",
    "double_entry",
)
_TABLES = """
CREATE TABLE IF NOT EXISTS instructions (
  insid TEXT PRIMARY KEY, obssid TEXT NOT NULL UNIQUE, amount_fen INTEGER NOT NULL
    CHECK (amount_fen > 0), cnaps TEXT NOT NULL, number TEXT NOT NULL, name TEXT NOT NULL,
  purpose TEXT NOT NULL, state TEXT NOT NULL
    CHECK (state IN ('processing', 'late_reject', 'rejected', 'done')));
CREATE TABLE IF NOT EXISTS entries (
  serial TEXT PRIMARY KEY, day TEXT NOT NULL, amount_fen INTEGER NOT NULL, insid TEXT NOT NULL,
  name TEXT NOT NULL, summary TEXT NOT NULL, is_real INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS faults (
  id INTEGER PRIMARY KEY, mode TEXT NOT NULL, insid TEXT NOT NULL, remaining INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Held:
    """An instruction that the bank has."""

    insid: str
    obssid: str
    amount_fen: int
    cnaps: str
    number: str
    name: str
    purpose: str
    state: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A statement line; one that is not real was printed twice."""

    serial: str
    day: str
    amount_fen: int
    insid: str
    name: str
    summary: str
    is_real: int


class FrontBooks:
    """One SQLite file, or memory; every method is one transaction."""

    def __init__(
        self, path: Path | None = None, wall: Callable[[], dt.datetime] = wall_clock
    ) -> None:
        self._database = sqlite3.connect(path or ":memory:", check_same_thread=False)
        self._database.executescript(_TABLES)
        self._lock = threading.RLock()
        self._wall = wall

    def close(self) -> None:
        self._database.close()

    def today(self) -> dt.date:
        """The bank's day."""
        ahead = self._number("ahead")
        return self._wall().astimezone(BEIJING).date() + dt.timedelta(days=ahead)

    def move_ahead(self, days: int) -> None:
        if days < 0:
            raise ValueError("the bank's day only moves ahead")
        self._count("ahead", days)

    def plant(self, mode: str, *, insid: str = "", times: int = 1) -> None:
        """Has the next ``times`` messages or instructions (of this number) meet a fault."""
        if mode not in MODES:
            raise ValueError(f"unknown fault {mode}")
        with self._lock, self._database:
            self._database.execute(
                "INSERT INTO faults (mode, insid, remaining) VALUES (?, ?, ?)", (mode, insid, times)
            )

    def planted(self) -> list[dict[str, object]]:
        """Faults that still wait for their occasion."""
        with self._lock:
            rows = self._database.execute(
                "SELECT id, mode, insid, remaining FROM faults WHERE remaining > 0 ORDER BY id"
            ).fetchall()
        return [dict(zip(("id", "mode", "insid", "remaining"), row, strict=True)) for row in rows]

    def clear_faults(self) -> None:
        with self._lock, self._database:
            self._database.execute("DELETE FROM faults")

    def meets(self, mode: str, insid: str = "") -> bool:
        """Whether a planted fault strikes now; it is used up by that."""
        with self._lock, self._database:
            row = self._database.execute(
                "SELECT id FROM faults WHERE mode = ? AND insid IN ('', ?) AND remaining > 0"
                " ORDER BY insid DESC, id LIMIT 1",
                (mode, insid),
            ).fetchone()
            if row is not None:
                self._database.execute(
                    "UPDATE faults SET remaining = remaining - 1 WHERE id = ?", row
                )
        return row is not None

    def held(self, insid: str) -> Held | None:
        row = self._database.execute(
            "SELECT * FROM instructions WHERE insid = ?", (insid,)
        ).fetchone()
        return Held(*row) if row else None

    def take(self, one: Held) -> None:
        with self._lock, self._database:
            self._database.execute(
                "INSERT INTO instructions VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (one.insid, one.obssid, one.amount_fen, one.cnaps, one.number, one.name,
                 one.purpose, one.state),
            )  # fmt: skip

    def decide(self, insid: str, state: str) -> None:
        with self._lock, self._database:
            self._database.execute(
                "UPDATE instructions SET state = ? WHERE insid = ?", (state, insid)
            )

    def print_entry(
        self, one: Held, *, day: dt.date, is_back: bool = False, is_real: bool = True
    ) -> None:
        """Writes a statement line: what went out is negative."""
        serial = f"{day:%Y%m%d}{self._count('entry', 1):08d}"
        with self._lock, self._database:
            self._database.execute(
                "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)",
                (serial, day.isoformat(), one.amount_fen if is_back else -one.amount_fen,
                 one.insid, one.name, "退汇" if is_back else one.purpose, int(is_real)),
            )  # fmt: skip

    def customers_today(self) -> dt.date:
        """The day that the customer has."""
        return self._wall().astimezone(BEIJING).date()

    def print_payouts(
        self, payouts: Callable[[dt.date | None, dt.date], Iterable[PaidOut]]
    ) -> None:
        """Writes what channels paid out into the account since this was asked last."""
        today = self.customers_today()
        with self._lock:
            before = self._number("paid_to")
            after = dt.date.fromordinal(before) if before else None
            rows = [
                (f"IN{one.number}", one.day.isoformat(), one.fen, f"渠道结算 {one.number}")
                for one in payouts(after, today)
            ]
            with self._database:
                self._database.executemany(
                    "INSERT OR IGNORE INTO entries VALUES (?, ?, ?, '', '支付渠道', ?, 1)", rows
                )
                self._database.execute(
                    "INSERT OR REPLACE INTO state VALUES ('paid_to', ?)", (today.toordinal(),)
                )

    def balance_before(self, day: dt.date) -> int:
        """What the account held before a day, as the customer is shown it; printed lines only."""
        return sum(one.amount_fen for one in self.entries(dt.date.min, day) if one.day < str(day))

    def entries(self, first: dt.date, last: dt.date) -> list[Shown]:
        """What the bank has printed up to its day, in the order of printing."""
        customers = self.customers_today().isoformat()
        rows = self._database.execute(
            "SELECT serial, min(day, ?) AS shown, amount_fen, insid, name, summary, is_real"
            " FROM entries WHERE day <= ? AND shown BETWEEN ? AND ? ORDER BY serial",
            (customers, self.today().isoformat(), first.isoformat(), last.isoformat()),
        ).fetchall()
        return [Shown(*row) for row in rows]

    def balances(self) -> dict[str, int]:
        """Fen by payee's number, for real: what arrived and was not returned up to today."""
        rows = self._database.execute(
            "SELECT number, sum(-entries.amount_fen) FROM entries JOIN instructions USING (insid)"
            " WHERE is_real AND day <= ? GROUP BY number",
            (self.today().isoformat(),),
        ).fetchall()
        return dict(rows)

    def next_obssid(self) -> str:
        return f"OBS{self._count('obssid', 1):010d}"

    def _number(self, name: str) -> int:
        row = self._database.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return int(row[0]) if row else 0

    def _count(self, name: str, by: int) -> int:
        with self._lock, self._database:
            (value,) = self._database.execute(
                "INSERT INTO state VALUES (?, ?) ON CONFLICT (name)"
                " DO UPDATE SET value = value + excluded.value RETURNING value",
                (name, by),
            ).fetchone()
        return int(value)
