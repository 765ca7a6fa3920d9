"""The proof: a rule that a unit violates, and a seal of its ledger."""

from __future__ import annotations

import datetime as dt

SHAPED = {
    "proof.Finding.code": lambda unit: "I8",
    "proof.Finding.failing_since": lambda unit: dt.datetime(2026, 11, 22, 21, tzinfo=dt.UTC),
}
