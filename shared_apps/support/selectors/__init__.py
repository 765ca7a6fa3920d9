"""Reading requests and accesses.  Everything here is in shared tables."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from kernel import cache
from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.permissions import require
from kernel.unit import shared_context
from shared_apps.support.models import OPEN, REACHES, Access, Area, Change, State
from tenants import selectors as units
from tenants.models import Unit

__all__ = [
    "REACHES", "Access", "AccessUnknown", "Area", "Change", "Present", "access_for",
    "all_visible_to", "area_labels", "change_labels", "forget_present", "last_office",
    "listed_of", "of_unit", "one_of", "permissions_of", "present_in", "unit_for",
]  # fmt: skip
_log = logging.getLogger(__name__)
_KEPT_SECONDS: Final = 60


class AccessUnknown(NotFound):
    code = "support_access_unknown"
    sentence = "没有找到这次支持访问。"


@dataclass(frozen=True, slots=True)
class Present:
    """An access that a unit's administrators are told about on every page."""

    id: UUID
    operator_name: str
    office: str
    is_waiting: bool
    deadline_at: dt.datetime


def all_visible_to(actor: Actor, *, to: str) -> QuerySet[Access]:
    """Every request with its unit, newest first; raises Forbidden."""
    require(actor, to)
    return Access.objects.select_related("unit")


def access_for(actor: Actor, access_id: UUID, *, to: str) -> Access:
    """Raises Forbidden, AccessUnknown."""
    found = all_visible_to(actor, to=to).filter(pk=access_id).first()
    if found is None:
        raise AccessUnknown
    return found


def unit_for(actor: Actor, unit_id: UUID, *, to: str) -> Unit:
    """The unit to ask; raises Forbidden, UnknownUnit."""
    require(actor, to)
    unit = units.all_units().filter(pk=unit_id).first()
    if unit is None:
        raise units.UnknownUnit
    return unit


def of_unit(unit_id: UUID) -> QuerySet[Access]:
    """A unit's requests and accesses, newest first."""
    return Access.objects.filter(unit_id=unit_id)


@shared_context()
def listed_of(unit_id: UUID) -> list[Access]:
    """The latest of them, for the unit itself."""
    return list(of_unit(unit_id)[:100])


@shared_context()
def one_of(unit_id: UUID, access_id: UUID) -> Access:
    """One of the unit's own; raises AccessUnknown for another unit's."""
    found = of_unit(unit_id).select_related("unit").filter(pk=access_id).first()
    if found is None:
        raise AccessUnknown
    return found


def last_office(person_id: UUID | None) -> str:
    """The office that the operator named last time."""
    if person_id is None:
        return ""
    found = Access.objects.filter(operator_id=person_id).values_list("office", flat=True).first()
    return found or ""


@shared_context()
def present_in(unit_id: UUID, *, now: dt.datetime) -> list[Present]:
    """What waits for an answer or is in force; from the cache, which every change empties.

    A cache that is away takes no page with it.
    """
    try:
        kept = cache.get_shared(_key(unit_id))
    except Exception as problem:  # noqa: BLE001 - whatever a cache may raise
        _log.warning("no cache to read open accesses from: %s", type(problem).__name__)
        kept = None
    if kept is None:
        kept = [
            Present(
                row.id,
                row.operator_name,
                row.office,
                row.state == State.ASKED,
                row.deadline_at,
            )
            for row in of_unit(unit_id).filter(state__in=OPEN)
        ]
        _keep(unit_id, kept)
    found: list[Present] = [one for one in kept if one.deadline_at > now]
    return found


@shared_context()
def forget_present(unit_id: UUID) -> None:
    """Empties the cache of a unit whose accesses changed."""
    try:
        cache.drop(_key(unit_id))
    except Exception as problem:  # noqa: BLE001 - whatever a cache may raise
        _log.warning("no cache to forget open accesses in: %s", type(problem).__name__)


def permissions_of(access: Access) -> frozenset[str]:
    """What the access allows in the unit and not one permission more."""
    found = {"support:visit", "onboarding:home_enter", *access.changes}
    for area in access.areas:
        found |= REACHES[Area(area)].permissions
    return frozenset(found)


def area_labels(areas: list[str]) -> list[str]:
    return [Area(area).label for area in areas]


def change_labels(changes: list[str]) -> list[str]:
    return [Change(change).label for change in changes]


def _keep(unit_id: UUID, found: list[Present]) -> None:
    try:
        cache.put(_key(unit_id), found, seconds=_KEPT_SECONDS)
    except Exception as problem:  # noqa: BLE001 - whatever a cache may raise
        _log.warning("no cache to keep open accesses in: %s", type(problem).__name__)


def _key(unit_id: UUID) -> str:
    return f"support:{unit_id}"
