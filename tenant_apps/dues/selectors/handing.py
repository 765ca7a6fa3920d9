"""What dues leave to the next treasurer: the receipts' numbers, and refunds that are under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Max, Min, Q, Sum
from django.db.models.functions import ExtractYear

from kernel.actor import Actor
from kernel.clock import BEIJING
from tenant_apps.dues.models import Resolution, ResolutionKind
from tenant_apps.dues.selectors.receipts import receipts_visible_to
from tenant_apps.dues.selectors.refunds import UNDER_WAY

_NOT_BACK: Final = (ResolutionKind.PLACED, ResolutionKind.CLAIMED)
MOST_VOID: Final = 200
"""How many void numbers are named."""


@dataclass(frozen=True, slots=True)
class UsedNumbers:
    """The numbers of a year's receipts, from the first to the last; fen of those in force."""

    year: int
    first: str
    last: str
    count: int
    void_count: int
    void: tuple[str, ...]
    fen: int


def used_numbers(actor: Actor, *, below: str = "") -> list[UsedNumbers]:
    """By year of issue, the newest first; in the actor's sub-trees."""
    receipts = receipts_visible_to(actor, below=below).order_by().select_related(None)
    void = Q(voided_at__isnull=False)
    rows = receipts.values(year=ExtractYear("issued_at", tzinfo=BEIJING)).annotate(
        first=Min("serial"),
        last=Max("serial"),
        count=Count("pk"),
        void_count=Count("pk", filter=void),
        fen=Sum("amount_fen", filter=~void, default=0),
    )
    named = receipts.filter(void).order_by("serial").values_list("issued_at", "serial")[:MOST_VOID]
    return [
        UsedNumbers(
            **row,
            void=tuple(
                serial for at, serial in named if at.astimezone(BEIJING).year == row["year"]
            ),
        )
        for row in rows.order_by("-year")
    ]


def refunds_under_way() -> tuple[int, int]:
    """How many refunds somebody asked for that are not carried out, and their fen."""
    found = Resolution.objects.exclude(kind__in=_NOT_BACK).filter(state__in=UNDER_WAY)
    sums = found.aggregate(n=Count("pk"), fen=Sum("amount_fen", default=0))
    return sums["n"], sums["fen"]
