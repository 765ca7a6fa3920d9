"""How and how often units are settled."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from shared_apps.rules.selectors import working_days
from shared_apps.settlement.models import Cycle, Mode, Policy
from shared_apps.settlement.selectors import periods


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms in force: ``cycle`` is None where the pool does not settle; ``minimum_fen`` is the
    least amount that is sent, less is carried over.
    """

    mode: Mode
    cycle: Cycle | None
    minimum_fen: int
    effective_on: dt.date

    @property
    def is_pooled(self) -> bool:
        return self.mode == Mode.POOL


DEFAULT: Final = Terms(Mode.POOL, Cycle.MONTH, 0, dt.date.min)
"""Of a unit that never chose."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A mode in plain words: where the money is on its way, and what it allows."""

    mode: Mode
    way: str
    allows: str


EXPLAINED: Final = (
    Explained(
        Mode.POOL,
        "微信、支付宝和手机银行把党费结算到本行为各单位设立的归集户，本行再按单位选择的周期划到单位党费专户。",
        "可以按日、按月、按季结算；专户可以开在工、农、中、建、交、邮储任何一家。每笔划款由经办、复核两人办理。",
    ),
    Explained(
        Mode.SUB,
        "单位是服务商名下的子商户，渠道把党费直接结算到单位党费专户，平台只做记录。",
        "由渠道按它的周期（一般为次日）结算，不能选择按月、按季；专户须开在中国银行。",
    ),
    Explained(
        Mode.OWN,
        "单位自己在渠道开立商户号，渠道把党费直接结算到单位党费专户，平台只做记录。",
        "由渠道按它的周期（一般为次日）结算，不能选择按月、按季；专户须开在中国银行。",
    ),
)


def terms_on(unit_id: UUID, day: dt.date) -> Terms:
    """The terms of a unit on a day."""
    row = (
        Policy.objects.filter(unit_id=unit_id, effective_on__lte=day)
        .order_by("-effective_on")
        .first()
    )
    return _terms(row) if row else DEFAULT


def terms_after(unit_id: UUID, day: dt.date) -> Terms | None:
    """Terms that were chosen and are not in force yet."""
    row = Policy.objects.filter(unit_id=unit_id, effective_on__gt=day).first()
    return _terms(row) if row else None


def next_send_on(terms: Terms, day: dt.date) -> dt.date | None:
    """The next working day on which the unit's money is sent; None where the pool does not."""
    if terms.cycle is None:
        return None
    closed = periods.Period(day, periods.last_closed(day, terms.cycle))
    calendar = working_days.calendar()
    pending = periods.send_day(closed, calendar)
    if pending >= day:
        return pending
    return periods.send_day(periods.period_of(day, terms.cycle), calendar)


def _terms(row: Policy) -> Terms:
    cycle = Cycle(row.cycle) if row.cycle else None
    return Terms(Mode(row.mode), cycle, row.minimum_fen, row.effective_on)
