"""Whether the schemas are what the template says; those that are not go into quarantine.

Hashes are computed in the database, a few hundred schemas per query; only a schema whose hash
differs, or whose role holds something outside it (``rights``), is read thing by thing.  Schemas
that wait for a wave are left for afterwards: they differ from the newest template by design.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from kernel import clock
from kernel.actor import Actor
from kernel.errors import Conflict
from kernel.jobs import job
from tenants.ledger import UnknownFinding
from tenants.models import TemplateStep, Unit
from tenants.rollout import DriftCause, DriftFinding
from tenants.services import rights, shape, waves
from tenants.services.template import TEMPLATE_SCHEMA

_CHUNK: Final = 200
SHOWN: Final = 200
"""No more differences of one schema are kept: a schema that lost everything reads the same."""


class AlreadyResolved(Conflict):
    code = "drift_resolved"
    sentence = "这个单位已经解除隔离。"


class Checked(NamedTuple):
    """Schemas compared, those found different, and units that wait for a wave."""

    compared: int
    different: int
    behind: int


@job(queue="bulk")
def check_nightly() -> None:
    """The run by the clock (``config.schedule``)."""
    check(now=clock.now())


def check(*, now: dt.datetime, unit_ids: Sequence[UUID] | None = None) -> Checked:
    """Compares all schemas at the newest step, or those of ``unit_ids``; opens and closes findings.

    A finding of this check closes by itself when the schema is as it should be again; one that
    a wave left is closed by a person.
    """
    # A backend remembers every relation it has looked at: many are looked at on one that ends.
    using = "owner" if unit_ids is None else DEFAULT_DB_ALIAS
    expected = shape.expected_of_units(shape.facts_of(TEMPLATE_SCHEMA, using=using))
    wanted, foreign = shape.hash_of(expected), rights.foreign_grants(using=using)
    compared = different = 0
    for chunk in _chunks(unit_ids):
        found = shape.hashes_of(list(chunk.values()), using=using)
        wrong = {
            unit_id: name
            for unit_id, name in chunk.items()
            if found.get(name) != wanted or name in foreign
        }
        for unit_id, name in wrong.items():
            facts = shape.facts_of(name, using=using)
            differences = shape.differences(expected=expected, found=facts)
            _open(unit_id, name, foreign.get(name, []) + differences, now)
        _close(chunk.keys() - wrong.keys(), now)
        compared, different = compared + len(chunk), different + len(wrong)
        if unit_ids is None:
            connections["owner"].close()
    return Checked(compared, different, waves.behind().count() if unit_ids is None else 0)


def recheck(*, finding_id: UUID, now: dt.datetime) -> DriftFinding:
    """Looks at one unit again; the finding that comes back says whether it is resolved."""
    finding = _finding(finding_id)
    check(now=now, unit_ids=[finding.unit_id])
    return _finding(finding_id)


def release(*, finding_id: UUID, reason: str, actor: Actor, now: dt.datetime) -> None:
    """Ends the quarantine by hand: the next wave takes the unit again.

    Raises UnknownFinding, AlreadyResolved, ReasonMissing.
    """
    if len(reason.strip()) < waves.SHORTEST_REASON:
        raise waves.ReasonMissing
    with transaction.atomic():
        finding = DriftFinding.objects.select_for_update().filter(pk=finding_id).first()
        if finding is None:
            raise UnknownFinding
        if finding.resolved_at is not None:
            raise AlreadyResolved
        finding.resolved_at, finding.resolved_by = now, actor.name
        finding.resolution = reason
        finding.save(update_fields=["resolved_at", "resolved_by", "resolution"])


def _chunks(unit_ids: Sequence[UUID] | None) -> Iterator[dict[UUID, str]]:
    """Schema names of units at the newest step, a few hundred at a time."""
    newest = TemplateStep.objects.order_by("-position").values("migration")[:1]
    units = Unit.objects.filter(schema_version=newest).order_by("id")
    if unit_ids is not None:
        units = units.filter(pk__in=unit_ids)
    last: UUID | None = None
    while True:
        rest = units if last is None else units.filter(pk__gt=last)
        chunk = dict(rest.values_list("id", "schema_name")[:_CHUNK])
        if not chunk:
            return
        yield chunk
        last = max(chunk)


def _open(unit_id: UUID, schema: str, differences: list[dict[str, str]], now: dt.datetime) -> None:
    kept = differences[:SHOWN]
    finding, is_new = waves.quarantined().get_or_create(
        unit_id=unit_id,
        resolved_at=None,
        defaults={
            "schema_name": schema,
            "cause": DriftCause.SHAPE,
            "differences": kept,
            "found_at": now,
            "checked_at": now,
        },
    )
    if not is_new:
        finding.checked_at = now
        if finding.cause == DriftCause.SHAPE:
            finding.differences = kept
        finding.save(update_fields=["checked_at", "differences"])


def _close(unit_ids: set[UUID], now: dt.datetime) -> None:
    waves.quarantined().filter(unit_id__in=unit_ids, cause=DriftCause.SHAPE).update(
        checked_at=now, resolved_at=now, resolved_by="自动核对", resolution="结构已与模板一致"
    )


def _finding(finding_id: UUID) -> DriftFinding:
    finding = DriftFinding.objects.filter(pk=finding_id).first()
    if finding is None:
        raise UnknownFinding
    return finding
