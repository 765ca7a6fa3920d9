"""Standards: the list, one member's history, and how an amount came about."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from kernel.actor import Actor
from kernel.clock import Month
from shared_apps.rules import selectors as rules
from shared_apps.rules.selectors import BaseLine, Bracket, Rounding
from tenant_apps.dues.models import Standard
from tenant_apps.dues.selectors import slips
from tenant_apps.dues.selectors.scope import scopes_of, within
from tenant_apps.dues.selectors.settings import ROUNDINGS


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a monthly amount came about, for the person who pays it.

    ``brackets`` is the rate table of the category, empty where the amount is fixed;
    ``next_threshold_fen`` the base above which ``next_rate_bp`` would hold for the whole base.
    """

    category_label: str
    base_label: str
    base_fen: int | None
    rate_bp: int | None
    raw_fen: int
    amount_fen: int
    is_capped: bool
    cap_fen: int | None
    cap_article: str
    article: str
    brackets: tuple[Bracket, ...]
    bracket_label: str
    next_threshold_fen: int | None
    next_rate_bp: int | None
    effective_month: int
    reason: str
    rounding: str
    lines: tuple[BaseLine, ...]

    @property
    def rounding_label(self) -> str:
        return ROUNDINGS[Rounding(self.rounding)]

    @property
    def groups(self) -> list[tuple[str, list[BaseLine]]]:
        """The pay slip's lines by what became of them."""
        return slips.grouped(self.lines)


def standards_visible_to(actor: Actor, *, year: int, below: str = "") -> QuerySet[Standard]:
    """The year's current standards in the actor's sub-trees, with member and organisation."""
    found: QuerySet[Standard] = Standard.objects.filter(
        within(scopes_of(actor), field="member__org_path", below=below),
        year=year,
        is_current=True,
        member__is_active=True,
    )
    return found.select_related("member", "member__org")


def standards_of_member(member_id: UUID) -> QuerySet[Standard]:
    """A member's standards, the newest first."""
    found: QuerySet[Standard] = Standard.objects.filter(member_id=member_id)
    return found.order_by("-year", "-effective_month", "-id")


def standard_in_force(member_id: UUID, month: Month) -> Standard | None:
    """The standard of a month (see ``bills.STATE_SQL`` for the rule)."""
    rows = list(Standard.objects.filter(member_id=member_id, year=month.year).order_by("-id"))
    by_then = [row for row in rows if row.effective_month <= month.value]
    if by_then:
        return max(by_then, key=lambda row: row.effective_month)
    return min(rows, key=lambda row: row.effective_month, default=None)


def explain(standard: Standard) -> Explanation:
    """Says again, from the pack of the standard's year, how its amount came about."""
    pack = rules.dues_pack(dt.date(standard.year, standard.effective_month % 100, 1))
    found = pack.assess(
        standard.category,
        standard.base_fen,
        rounding=standard.rounding,
        fixed_fen=None if standard.rate_bp is not None else standard.amount_fen,
    )
    table = pack.rated.get(standard.category)
    cap = pack.parameters["month_cap_fen"]
    return Explanation(
        category_label=pack.label_of(standard.category),
        base_label=table.base_label if table else "",
        base_fen=standard.base_fen,
        rate_bp=standard.rate_bp,
        raw_fen=standard.raw_fen,
        amount_fen=standard.amount_fen,
        is_capped=standard.is_capped,
        cap_fen=pack.month_cap_fen,
        cap_article=cap.article,
        article=found.article,
        brackets=table.brackets if table else (),
        bracket_label=found.bracket_label,
        next_threshold_fen=found.next_threshold_fen,
        next_rate_bp=found.next_rate_bp,
        effective_month=standard.effective_month,
        reason=standard.reason,
        rounding=standard.rounding,
        lines=slips.lines_of(standard.items_sealed, pack),
    )
