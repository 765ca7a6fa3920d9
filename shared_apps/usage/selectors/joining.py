"""Queries with a row per unit, for joining in another app's SQL; never shown as they are."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import BigIntegerField, Count, QuerySet, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from shared_apps.usage.models import Drift, Outbox


def unfolded_payments() -> QuerySet[Outbox, Any]:
    """Fen of payments that units reported and no figure contains yet."""
    paid = Cast(KT("numbers__paid_fen"), BigIntegerField())
    reports = Outbox.objects.filter(kind="payments").order_by()
    return reports.values("unit_id").annotate(fen=Sum(paid))


def drifts_of_units(*, since: dt.datetime) -> QuerySet[Drift, Any]:
    """How many figures recounts corrected since then."""
    return Drift.objects.filter(at__gte=since).order_by().values("unit_id").annotate(n=Count("id"))
