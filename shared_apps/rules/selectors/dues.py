"""How much a member pays a month: pure arithmetic over a pack (rulebook 4.1 to 4.8).

Amounts are integer fen and rates basis points.  A bracket's rate applies to the whole base, so
one fen over a threshold changes the whole amount; that is the rule and not an error.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from kernel.clock import Month
from kernel.errors import Invalid
from kernel.money import half_up, share, yuan


class UnknownCategory(Invalid):
    code = "dues_category_unknown"
    sentence = "没有「{category}」这种党费交纳类别。"


class BaseMissing(Invalid):
    code = "dues_base_missing"
    sentence = "「{label}」需要填写计算基数（元）。"


class BaseNegative(Invalid):
    code = "dues_base_negative"
    sentence = "计算基数不能是负数。"


class FixedAmountOutOfRange(Invalid):
    code = "dues_fixed_amount_out_of_range"
    sentence = "「{label}」每月应在 {least} 元至 {most} 元之间。"


class BaseNotDeterminable(Invalid):
    code = "dues_base_not_determinable"
    sentence = "上季度没有净收入，规定没有写明这种情形，请由支部研究后确定（减免或按 0.20 元）。"


class UnknownBaseItem(Invalid):
    code = "dues_base_item_unknown"
    sentence = "规则中没有收入或扣除项目「{code}」。"


class Rounding(StrEnum):
    """How a fraction is settled (rulebook 4.8); half goes up, never to even."""

    FEN_HALF_UP = "FEN_HALF_UP"
    JIAO_HALF_UP = "JIAO_HALF_UP"
    YUAN_HALF_UP = "YUAN_HALF_UP"
    YUAN_CEIL = "YUAN_CEIL"


_UNITS: Mapping[str, tuple[int, int]] = {
    Rounding.FEN_HALF_UP: (1, 5_000),
    Rounding.JIAO_HALF_UP: (10, 50_000),
    Rounding.YUAN_HALF_UP: (100, 500_000),
    Rounding.YUAN_CEIL: (100, 999_999),
}
"""Fen of the unit rounded to, and what is added before cutting off, in 1/10,000 fen."""


class ExtraKind(StrEnum):
    """Where money above the dues goes (rulebook 4.4, Art. 11)."""

    LOCAL = "LOCAL"
    """自愿多交: into the same pool as the dues."""
    CENTRAL = "CENTRAL"
    """大额党费: handed up whole, with a receipt of its own."""


class Treatment(StrEnum):
    """What an item of pay does to the base (rulebook 4.2)."""

    INCLUDE = "INCLUDE"
    DEDUCT = "DEDUCT"
    IGNORE = "IGNORE"


class Assessment(NamedTuple):
    """A month's amount and how it came about.

    ``raw_fen`` is rounded but not capped.  ``rate_bp`` is None for fixed amounts;
    ``next_threshold_fen`` is the base above which ``next_rate_bp`` would hold.
    """

    category: str
    base_fen: int | None
    rate_bp: int | None
    raw_fen: int
    amount_fen: int
    is_capped: bool
    article: str
    bracket_label: str
    next_threshold_fen: int | None
    next_rate_bp: int | None


@dataclass(frozen=True, slots=True)
class Bracket:
    """A band of the rate table; ``up_to_fen`` belongs to it, None is without end."""

    above_fen: int
    up_to_fen: int | None
    rate_bp: int
    label: str


@dataclass(frozen=True, slots=True)
class RatedCategory:
    """A category that pays a share of its base."""

    code: str
    label: str
    base_label: str
    article: str
    brackets: tuple[Bracket, ...]
    limits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RateTable:
    """A rate table and the categories that it holds for."""

    categories: tuple[RatedCategory, ...]
    brackets: tuple[Bracket, ...]


@dataclass(frozen=True, slots=True)
class FixedCategory:
    """A category that pays a fixed amount, or one within a range."""

    code: str
    label: str
    article: str
    least_fen: int
    most_fen: int
    default_fen: int


@dataclass(frozen=True, slots=True)
class BaseItem:
    code: str
    label: str
    treatment: Treatment
    article: str


@dataclass(frozen=True, slots=True)
class BaseLine:
    """One item of a built base; ``counted_fen`` is what it added (negative: took away)."""

    item: BaseItem
    given_fen: int
    counted_fen: int


@dataclass(frozen=True, slots=True)
class WageBase:
    """A base with the lines it was built from, kept for the record."""

    base_fen: int
    lines: tuple[BaseLine, ...]


@dataclass(frozen=True, slots=True)
class Provision:
    """A rule in words with its article."""

    text: str
    article: str


@dataclass(frozen=True, slots=True)
class Parameter:
    key: str
    value: int | str | None
    article: str
    note: str


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    number: str


@dataclass(frozen=True, slots=True)
class DuesPack:
    """The dues rules of one version.  Pure: no clock, no database."""

    version: str
    title: str
    effective_from: dt.date
    effective_to: dt.date | None
    checksum: str
    documents: tuple[Document, ...]
    rated: Mapping[str, RatedCategory]
    fixed: Mapping[str, FixedCategory]
    parameters: Mapping[str, Parameter]
    base_items: Mapping[str, BaseItem]
    exemption: Provision
    first_month: Provision
    month_cap_fen: int | None
    large_extra_fen: int
    central_ratio_bp: int
    default_rounding: str

    def assess(
        self,
        category: str,
        base_fen: int | None,
        *,
        rounding: str = Rounding.FEN_HALF_UP,
        fixed_fen: int | None = None,
    ) -> Assessment:
        """The monthly amount of a member of ``category`` with ``base_fen``.

        ``fixed_fen`` chooses within the range of a fixed category.  Rounded once, then capped.
        Raises UnknownCategory, BaseMissing, BaseNegative, FixedAmountOutOfRange.
        """
        table = self.rated.get(category)
        if table is None:
            return self._assess_fixed(category, base_fen, fixed_fen)
        if base_fen is None:
            raise BaseMissing(label=table.label)
        if base_fen < 0:
            raise BaseNegative
        at = bisect_left(table.limits, base_fen)
        band = table.brackets[at]
        unit, lift = _UNITS[rounding]
        raw = (base_fen * band.rate_bp + lift) // (10_000 * unit) * unit
        cap = self.month_cap_fen
        is_capped = cap is not None and raw > cap
        return Assessment(
            category,
            base_fen,
            band.rate_bp,
            raw,
            cap if is_capped and cap is not None else raw,
            is_capped,
            table.article,
            band.label,
            band.up_to_fen,
            None if band.up_to_fen is None else table.brackets[at + 1].rate_bp,
        )

    def _assess_fixed(
        self, category: str, base_fen: int | None, fixed_fen: int | None
    ) -> Assessment:
        rule = self.fixed.get(category)
        if rule is None:
            raise UnknownCategory(category=category)
        amount = rule.default_fen if fixed_fen is None else fixed_fen
        if not rule.least_fen <= amount <= rule.most_fen:
            raise FixedAmountOutOfRange(
                label=rule.label, least=yuan(rule.least_fen), most=yuan(rule.most_fen)
            )
        return Assessment(
            category, base_fen, None, amount, amount, False, rule.article, rule.label, None, None
        )

    @property
    def rated_categories(self) -> tuple[RatedCategory, ...]:
        return tuple(self.rated.values())

    @property
    def fixed_categories(self) -> tuple[FixedCategory, ...]:
        return tuple(self.fixed.values())

    def rate_tables(self) -> list[RateTable]:
        """Categories that share a table, together, in the order of the pack."""
        tables: dict[tuple[Bracket, ...], list[RatedCategory]] = {}
        for category in self.rated.values():
            tables.setdefault(category.brackets, []).append(category)
        return [RateTable(tuple(found), brackets) for brackets, found in tables.items()]

    def items_by_treatment(self) -> list[tuple[str, list[BaseItem]]]:
        """What counts, what is taken away and what is left aside in a base."""
        words = {
            Treatment.INCLUDE: "计入",
            Treatment.DEDUCT: "扣除",
            Treatment.IGNORE: "不计入",
        }
        return [
            (word, [item for item in self.base_items.values() if item.treatment is treatment])
            for treatment, word in words.items()
        ]

    def needs_base(self, category: str) -> bool:
        """Whether the amount depends on a base; raises UnknownCategory."""
        if category in self.rated:
            return True
        if category in self.fixed:
            return False
        raise UnknownCategory(category=category)

    def label_of(self, category: str) -> str:
        """The category in the words of the office."""
        known = self.rated.get(category) or self.fixed.get(category)
        if known is None:
            raise UnknownCategory(category=category)
        return known.label

    def wage_base(self, items: Sequence[tuple[str, int]]) -> WageBase:
        """Builds a base from ``(item code, fen)`` of a pay slip (rulebook 4.2).

        Amounts are given as they stand on the slip, positive; the pack says what each does.
        Raises UnknownBaseItem, BaseNegative.
        """
        lines = []
        for code, given in items:
            item = self.base_items.get(code)
            if item is None:
                raise UnknownBaseItem(code=code)
            sign = {Treatment.INCLUDE: 1, Treatment.DEDUCT: -1, Treatment.IGNORE: 0}
            lines.append(BaseLine(item, given, sign[item.treatment] * given))
        base = sum(line.counted_fen for line in lines)
        if base < 0:
            raise BaseNegative
        return WageBase(base, tuple(lines))

    def classify_extra(self, extra_fen: int) -> ExtraKind:
        """Where a one-time extra goes; the threshold applies to the extra alone (Art. 11)."""
        return ExtraKind.CENTRAL if extra_fen >= self.large_extra_fen else ExtraKind.LOCAL

    def hand_up(self, collected_fen: int) -> int:
        """The share of a year's collected dues that is handed up, half-up (Art. 15)."""
        return half_up(share(collected_fen, self.central_ratio_bp))


def quarter_average(first_fen: int, second_fen: int, third_fen: int) -> int:
    """The base of SELF: the monthly average of last quarter's net income, half-up (Art. 4).

    Raises BaseNotDeterminable when the quarter brought nothing: people decide then.
    """
    total = first_fen + second_fen + third_fen
    if total <= 0:
        raise BaseNotDeterminable
    return (2 * total + 3) // 6


def first_due_month(admitted_on: dt.date) -> Month:
    """A probationary member owes the whole month of the meeting that admitted him (Art. 8)."""
    return Month.of(admitted_on)
