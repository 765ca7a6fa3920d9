"""Reading openings and rosters: gates that load and authorise, and lists."""

from __future__ import annotations

from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.permissions import require
from onboarding.models import (
    Batch,
    BatchState,
    Event,
    Opening,
    RegistrationDraft,
    RosterImport,
    RowState,
)
from tenants.models import Unit

NOBODY: Final = UUID(int=0)
"""Stands where an actor without an identity asks for what is its own."""


class UnknownOpening(NotFound):
    code = "opening_unknown"
    sentence = "没有找到这个单位，请从单位列表进入。"


class UnknownRoster(NotFound):
    code = "roster_unknown"
    sentence = "没有找到这份名册，请从单位页面进入。"


def opening_for(actor: Actor, unit_id: UUID, *, to: StrEnum) -> Opening:
    """The opening of a unit; UnknownOpening when there is none, Forbidden without ``to``."""
    require(actor, to)
    found = Opening.objects.select_related("unit").filter(unit_id=unit_id).first()
    if found is None:
        raise UnknownOpening
    require(actor, to, found)
    return found


def roster_for(actor: Actor, import_id: UUID, *, to: StrEnum) -> RosterImport:
    """A roster with its unit; Forbidden without ``to``, UnknownRoster when there is none."""
    require(actor, to)
    found = RosterImport.objects.select_related("unit").filter(pk=import_id).first()
    if found is None:
        raise UnknownRoster
    return found


def rosters_of(unit_id: UUID) -> QuerySet[RosterImport]:
    """Every roster handed in for a unit, the newest first."""
    return RosterImport.objects.filter(unit_id=unit_id)


def events_of(unit_id: UUID) -> QuerySet[Event]:
    """The time line of a unit's opening, the newest first."""
    return Event.objects.filter(unit_id=unit_id)


def drafts_of(actor: Actor) -> QuerySet[RegistrationDraft]:
    """The unfinished registrations of the actor."""
    return RegistrationDraft.objects.filter(officer_id=actor.person_id or NOBODY)


def openings() -> QuerySet[Opening]:
    """All openings with their units, except those of a probe."""
    probes = Unit.objects.filter(is_synthetic=True)  # few: cheaper to leave out than to join
    return Opening.objects.select_related("unit").exclude(unit__in=probes)


class UnknownBatch(NotFound):
    code = "batch_unknown"
    sentence = "没有找到这一批单位，请从批量开通的列表进入。"


def batch_for(actor: Actor, batch_id: UUID, *, to: StrEnum) -> Batch:
    """A sheet of units; Forbidden without ``to``, UnknownBatch when there is none."""
    require(actor, to)
    found = Batch.objects.filter(pk=batch_id).first()
    if found is None:
        raise UnknownBatch
    return found


def batches() -> QuerySet[Batch]:
    """Every sheet that was not given up, the newest first, with its counts of rows."""
    kept = Batch.objects.exclude(state=BatchState.DISCARDED).order_by("-uploaded_at", "-id")
    return kept.annotate(
        row_count=Count("rows"),
        **{
            f"{state.value}_count": Count("rows", filter=Q(rows__state=state)) for state in RowState
        },
    )
