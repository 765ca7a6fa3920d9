"""How the rules stand over all units: what operators see."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Min, Q, QuerySet

from kernel.errors import NotFound
from shared_apps.proof.models import Finding
from shared_apps.proof.selectors.catalogue import RULES, Rule

LATE: Final = dt.timedelta(hours=36)
"""A unit that was not asked for so long was missed by a night."""


class RuleUnknown(NotFound):
    code = "proof_rule_unknown"
    sentence = "没有这项核验规则，请刷新页面。"


@dataclass(frozen=True, slots=True)
class Standing:
    """One rule over all units; ``since`` is the oldest failure that still stands."""

    rule: Rule
    units: int
    failing: int
    since: dt.datetime | None
    checked_at: dt.datetime | None

    @property
    def holds(self) -> bool:
        return self.failing == 0


def standings() -> list[Standing]:
    """Every rule of the catalogue in its order; those that nobody asked have no units."""
    rows = (
        Finding.objects.order_by()
        .values("code")
        .annotate(
            units=Count("pk"),
            failing=Count("pk", filter=Q(violations__gt=0)),
            since=Min("failing_since"),
            checked_at=Min("checked_at"),
        )
    )
    found = {
        row["code"]: (row["units"], row["failing"], row["since"], row["checked_at"]) for row in rows
    }
    nobody = (0, 0, None, None)
    return [Standing(rule, *found.get(code, nobody)) for code, rule in RULES.items()]


def rule(code: str) -> Rule:
    """Raises RuleUnknown."""
    if code not in RULES:
        raise RuleUnknown
    return RULES[code]


def failing(code: str) -> QuerySet[Finding]:
    """The units in which a rule does not hold, the oldest failure first."""
    found = Finding.objects.filter(code=rule(code).code, violations__gt=0)
    return found.order_by("failing_since", "unit_id")


def late_units(now: dt.datetime) -> int:
    """How many units were not asked in the last night."""
    missed = Finding.objects.filter(checked_at__lt=now - LATE)
    return missed.order_by().values("unit_id").distinct().count()
