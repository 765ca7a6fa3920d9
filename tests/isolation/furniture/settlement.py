"""Settlement: the unit's account in force, and a transfer to it that was credited."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import uuid4

from kernel.models import uuid7
from shared_apps.settlement.models import Batch


def _batch(unit: Any) -> Batch:
    """The bank's own, which names no unit."""
    return Batch.objects.create(
        number=f"JS{uuid4().hex[:10]}",
        pay_on=dt.date(2026, 11, 23),
        state="done",
        count=1,
        amount_fen=1,
        made_by=uuid7(),
        made_by_name="经办",
        made_at=dt.datetime(2026, 11, 23, tzinfo=dt.UTC),
        checked_by=uuid7(),
        checked_by_name="复核",
    )


SHAPED = {
    "settlement.Account.bank": lambda unit: "CCB",
    "settlement.Account.cnaps": lambda unit: "105301000123",
    "settlement.Account.last_four": lambda unit: "4417",
    "settlement.Account.state": lambda unit: "confirmed",
    "settlement.Policy.mode": lambda unit: "m3",
    "settlement.Policy.cycle": lambda unit: "M",
    "settlement.Payout.channel": lambda unit: "wechat",
    "settlement.Instruction.batch": _batch,
    "settlement.Instruction.insid": lambda unit: uuid4().hex[:12],
    "settlement.Instruction.cycle": lambda unit: "M",
    "settlement.Instruction.bank_code": lambda unit: "B001",
    "settlement.Instruction.state": lambda unit: "settled",
}
