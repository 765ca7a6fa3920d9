"""Reconciliation: a bill that was compared, a line of it, and a difference that waits."""

from __future__ import annotations

import datetime as dt

SHAPED = {
    "reconciliation.Run.channel": lambda unit: "wechat",
    "reconciliation.Run.state": lambda unit: "classified",
    "reconciliation.Line.verdict": lambda unit: "case",
    "reconciliation.Line.state": lambda unit: "SUCCESS",
    "reconciliation.Statement.first_on": lambda unit: dt.date(2026, 11, 1),
    "reconciliation.Statement.last_on": lambda unit: dt.date(2026, 11, 30),
    "reconciliation.Entry.amount_fen": lambda unit: 1,
    "reconciliation.Entry.booked_on": lambda unit: dt.date(2026, 11, 20),
    "reconciliation.Entry.state": lambda unit: "open",
    "reconciliation.Entry.transfer_id": lambda unit: None,
    "reconciliation.Entry.reason": lambda unit: "",
    "reconciliation.Entry.due_on": lambda unit: dt.date(2026, 12, 1),
    "reconciliation.Case.way": lambda unit: "",
    "reconciliation.Case.due_on": lambda unit: dt.date(2026, 12, 1),
}
