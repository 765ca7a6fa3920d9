"""What the channels' bills say of themselves, by account and day (of the unit in force)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from shared_apps.reconciliation.models import BillKind, Run, RunState


@dataclass(frozen=True, slots=True)
class BilledDay:
    """A trade bill that was read and whose own sums agree; fen received and given back."""

    channel: str
    mchid: str
    day: dt.date
    in_fen: int
    out_fen: int


def billed_by_day(first: dt.date, last: dt.date) -> list[BilledDay]:
    """The trade bills of the days that could be compared, both days included."""
    runs = Run.objects.filter(
        kind=BillKind.TRADE,
        day__range=(first, last),
        state__in=[RunState.TIED_OUT, RunState.CLASSIFIED, RunState.CLOSED],
    )
    rows = runs.order_by("channel", "mchid", "day")
    return [
        BilledDay(*row) for row in rows.values_list("channel", "mchid", "day", "in_fen", "out_fen")
    ]
