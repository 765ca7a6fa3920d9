"""Reconciliation: a bill that was compared, a line of it, and a difference that waits."""

from __future__ import annotations

import datetime as dt

SHAPED = {
    "reconciliation.Run.channel": lambda unit: "wechat",
    "reconciliation.Run.state": lambda unit: "classified",
    "reconciliation.Line.verdict": lambda unit: "case",
    "reconciliation.Line.state": lambda unit: "SUCCESS",
    "reconciliation.Case.way": lambda unit: "",
    "reconciliation.Case.due_on": lambda unit: dt.date(2026, 12, 1),
}
