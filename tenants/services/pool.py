"""The pool of ready schemas: units are given one when they are registered (tenancy.md R15).

A schema in the pool is whole or absent, and a unit either has it or the pool does; nothing in
between is ever committed.  An empty pool costs time only: ``schemas.provision`` then makes the
unit's schema when the unit is opened.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.conf import settings
from django.db import connections, transaction

from kernel import clock
from kernel.jobs import job
from kernel.models import uuid7
from tenants.models import ReadySchema, TemplateStep, Unit, UnitState, schema_name_of
from tenants.services import schemas

_LOCK: Final = 7_203_115
TURN: Final = dt.timedelta(seconds=40)
"""A refill ends after this long even if the pool is not full; the next one goes on."""
FORSAKEN: Final = dt.timedelta(days=90)
"""A draft of that age gives its schema up; one is made again should it be opened after all."""


def claim() -> ReadySchema | None:
    """Takes a schema of the newest template out of the pool, in the caller's transaction.

    The unit registered in the same transaction must carry its ``id`` and ``schema_name``.  Of
    several callers at once each gets another one; None when the pool has none.
    """
    newest = TemplateStep.objects.order_by("-position").values("migration")[:1]
    ready = (
        ReadySchema.objects.select_for_update(skip_locked=True)
        .filter(schema_version=newest)
        .order_by("id")
        .first()
    )
    if ready is not None:
        ReadySchema.objects.filter(pk=ready.pk).delete()
    return ready


@job(queue="bulk")
def refill() -> None:
    """Brings the pool to ``READY_SCHEMAS``; two at once do not overfill it.

    Schemas behind the template are dropped: making one anew costs as little as changing it.
    Every schema is a transaction of its own, so a refill may be killed at any point.
    """
    until = clock.now() + TURN
    while clock.now() < until and _one_step():
        pass


@job(queue="bulk")
def reclaim() -> None:
    """Takes schemas back from drafts that nobody has opened for 90 days."""
    while _one_reclaimed(clock.now() - FORSAKEN):
        pass


def _one_step() -> bool:
    """Drops or makes one schema; False when nothing is left to do, or somebody else does it."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        # A crash of the server may forget the last schemas made, each of them wholly.
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return False
        ready = ReadySchema.objects.using("owner")
        behind = (
            ready.select_for_update(skip_locked=True)
            .exclude(schema_version=schemas.newest_version())
            .first()
        )
        if behind is not None:
            schemas.drop(cursor, behind.schema_name)
            behind.delete()
            return True
        missing = settings.READY_SCHEMAS - ready.count()
        if missing > 0:
            _add(cursor, schemas.template_steps())
    return missing > 1


def _add(cursor: Any, steps: list[TemplateStep]) -> None:
    unit_id = uuid7()
    schema = schema_name_of(unit_id)
    schemas.make(cursor, schema, steps)
    ReadySchema.objects.using("owner").create(
        id=unit_id,
        schema_name=schema,
        schema_version=steps[-1].migration,
        made_at=clock.now(),
    )


def _one_reclaimed(before: dt.datetime) -> bool:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        forsaken = (
            Unit.objects.using("owner")
            .select_for_update(skip_locked=True)
            .filter(state=UnitState.DRAFT, created_at__lt=before)
            .exclude(schema_version="")
            .first()
        )
        if forsaken is None:
            return False
        schemas.drop(cursor, forsaken.schema_name)
        Unit.objects.using("owner").filter(pk=forsaken.pk).update(schema_version="")
    return True
