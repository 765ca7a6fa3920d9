"""Units of other cells added up, for the operators' overview; suppressed as everywhere."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import BigIntegerField, Count, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, Concat, Left

from kernel.clock import Month
from shared_apps.usage.selectors import Span, Together
from shared_apps.usage.selectors.suppression import SUPPRESSED_BELOW, Tally
from tenants.cells.distant import DistantMonth, DistantStanding
from tenants.models import SERVING

_FEW: Final = Q(members__gt=0, members__lt=SUPPRESSED_BELOW)
_FEW_ACTIVATED: Final = Q(activated__gt=0, activated__lt=SUPPRESSED_BELOW)
_FEW_OF: Final = Q(unit__standing__members__gt=0, unit__standing__members__lt=SUPPRESSED_BELOW)


def by_province(span: Span) -> dict[str, Together]:
    """All units of other cells by the six digits of their provinces, dues of the months of
    ``span``.
    """
    place = Concat(Left("unit__region_code", 2), Value("0000"))
    lines = DistantStanding.objects.order_by().annotate(place=place).values("place")
    dues = {row["place"]: row for row in _dues(span, place)}
    return {row["place"]: _together(row, dues.get(row["place"], {})) for row in _lines(lines, span)}


def _lines(lines: QuerySet[Any, Any], span: Span) -> QuerySet[Any, Any]:
    in_span = Q(unit__opened_at__gte=span.begins_at, unit__opened_at__lt=span.ends_at)
    added: QuerySet[Any, Any] = lines.annotate(
        units=Count("pk"),
        serving=Count("pk", filter=Q(unit__state__in=SERVING)),
        opened=Count("pk", filter=in_span),
        all_organizations=_sum("organizations"),
        shown_members=_sum("members", ~_FEW),
        few_members=Count("pk", filter=_FEW),
        hidden_members=_sum("members", _FEW),
        shown_activated=_sum("activated", ~_FEW_ACTIVATED),
        few_activated=Count("pk", filter=_FEW_ACTIVATED),
        hidden_activated=_sum("activated", _FEW_ACTIVATED),
        ever_paid_fen=_sum("paid_fen", ~_FEW),
        few_ever_paid_fen=_sum("paid_fen", _FEW),
        all_storage=_sum("storage_bytes"),
    )
    return added


def _dues(span: Span, place: Any) -> QuerySet[Any, Any]:
    first = Month.of(span.first) if span.is_months else span.month
    months = DistantMonth.objects.filter(month__range=(first.value, span.month.value))
    return (
        months.order_by()
        .annotate(place=place)
        .values("place")
        .annotate(
            shown_due_fen=_sum("due_fen", ~_FEW_OF),
            few_due_fen=_sum("due_fen", _FEW_OF),
            shown_paid_fen=_sum("paid_fen", ~_FEW_OF),
            few_paid_fen=_sum("paid_fen", _FEW_OF),
        )
    )


def _sum(field: str, which: Q | None = None) -> Coalesce:
    added = Sum(field, filter=which, output_field=BigIntegerField())
    return Coalesce(added, 0, output_field=BigIntegerField())


def _together(row: dict[str, Any], dues: dict[str, Any]) -> Together:
    return Together(
        units=row["units"],
        serving=row["serving"],
        opened=row["opened"],
        organizations=row["all_organizations"],
        members=Tally(row["shown_members"], row["few_members"], row["hidden_members"]),
        activated=Tally(row["shown_activated"], row["few_activated"], row["hidden_activated"]),
        due_fen=dues.get("shown_due_fen", 0),
        paid_fen=dues.get("shown_paid_fen", 0),
        few_due_fen=dues.get("few_due_fen", 0),
        few_paid_fen=dues.get("few_paid_fen", 0),
        ever_paid_fen=row["ever_paid_fen"],
        few_ever_paid_fen=row["few_ever_paid_fen"],
        storage_bytes=row["all_storage"],
    )
