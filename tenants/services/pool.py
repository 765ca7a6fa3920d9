"""The pool of ready schemas: units are given one when they are registered (tenancy.md R15).

A schema in the pool is whole or absent, and a unit either has it or the pool does; nothing in
between is ever committed.  An empty pool costs time only: ``schemas.provision`` then makes the
unit's schema when the unit is opened.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from django.conf import settings
from django.db import connections, transaction
from django.db.models import Exists, OuterRef

from kernel import clock
from kernel.jobs import job
from kernel.models import uuid7
from tenants.models import (
    ReadySchema,
    TemplateStep,
    Transition,
    Unit,
    UnitState,
    schema_name_of,
)
from tenants.services import schemas

_LOCK: Final = 7_203_115
_ROW: Final = (
    "INSERT INTO public.tenants_readyschema (id, schema_name, schema_version, made_at)"
    " VALUES (%s, %s, %s, %s)"
)
TURN: Final = dt.timedelta(seconds=5)
"""How long a refill may keep other work waiting, once a minute; enough for fifty schemas."""
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
    """Brings the pool to ``READY_SCHEMAS``, or as near as a turn does; the next one goes on.

    Two at once do not overfill it.  Schemas behind the template are dropped: making one anew
    costs as little as changing it.  Every schema is a transaction of its own, so a refill may be
    killed at any point.  Raises NoTemplate.
    """
    until = clock.now() + TURN
    with _alone() as is_alone:
        if not is_alone:
            return
        steps = schemas.template_steps()
        while clock.now() < until and _one_dropped(newest=steps[-1].migration):
            pass
        # Nobody else adds any, and those given out meanwhile are replaced by the next turn.
        for _ in range(ReadySchema.objects.using("owner").count(), settings.READY_SCHEMAS):
            if clock.now() >= until:
                break
            _add(steps)


@job(queue="bulk")
def reclaim() -> None:
    """Takes schemas back from units that have been drafts for 90 days without a change."""
    while _one_reclaimed(clock.now() - FORSAKEN):
        pass


@contextmanager
def _alone() -> Iterator[bool]:
    """Whether nobody else refills; the lock lasts for the turn, or as long as the connection."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        (is_alone,) = cursor.fetchone()
    if not is_alone:
        yield False
        return
    try:
        yield True
    except BaseException:
        connections["owner"].close()
        raise
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _one_dropped(*, newest: str) -> bool:
    """Drops a schema that is behind; False when there is none."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        behind = (
            ReadySchema.objects.using("owner")
            .select_for_update(skip_locked=True)
            .exclude(schema_version=newest)
            .first()
        )
        if behind is not None:
            schemas.drop(cursor, behind.schema_name)
            behind.delete()
    return behind is not None


def _add(steps: Sequence[TemplateStep]) -> None:
    """A schema and its row, in one message to the server where that is possible."""
    unit_id = uuid7()
    schema = schema_name_of(unit_id)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        values = [unit_id, schema, steps[-1].migration, clock.now()]
        row = cursor.connection.cursor().mogrify(_ROW, values)
        # A crash of the server may forget the last schemas made, each of them wholly.
        schemas.make(cursor, schema, steps, then=[row, "SET LOCAL synchronous_commit = off"])


def _one_reclaimed(before: dt.datetime) -> bool:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        forsaken = (
            Unit.objects.using("owner")
            .select_for_update(skip_locked=True)
            .filter(state=UnitState.DRAFT, created_at__lt=before)
            .exclude(schema_version="")
            .exclude(Exists(Transition.objects.filter(unit=OuterRef("pk"), at__gte=before)))
            .first()
        )
        if forsaken is None:
            return False
        schemas.drop(cursor, forsaken.schema_name)
        Unit.objects.using("owner").filter(pk=forsaken.pk).update(schema_version="")
    return True
