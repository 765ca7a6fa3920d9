"""The life of a support access: asked, answered, used, ended.

asked → accepted | refused | withdrawn | expired;  accepted → active | ended;  active → ended.
Every step locks the row and first brings it to the moment (``brought_up``).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel import clock
from kernel.actor import Actor
from kernel.jobs import job
from kernel.unit import shared_context
from shared_apps.people import selectors as people
from shared_apps.people.services import sessions
from shared_apps.support import selectors
from shared_apps.support.models import NEEDS, OPEN, Access, Area, Change, Ending, State
from shared_apps.support.services import listeners
from shared_apps.support.services.refusals import (
    AlreadyOpen,
    AskedTooOften,
    ChangeWithoutArea,
    HoursOutOfBounds,
    MoreThanAsked,
    NoNesting,
    NothingAsked,
    NotPossibleNow,
    NotYours,
    OwnRequest,
    ReasonTooShort,
    RefusalUnexplained,
    UnitNotOpen,
)
from tenants import selectors as units
from tenants.models import SERVING, Unit

SHORTEST_REASON: Final = 10
FEWEST_HOURS: Final = 3
MOST_HOURS: Final = 168
ANSWER_WITHIN: Final = dt.timedelta(hours=72)
ASKS_A_DAY: Final = 3
"""Of one operator to one unit: each of them texts every administrator of the unit."""


@shared_context()
def ask(  # noqa: PLR0913 - one request says all that it wants
    *,
    unit: Unit,
    office: str,
    reason: str,
    areas: Sequence[str],
    changes: Sequence[str] = (),
    place: str = "",
    hours: int,
    actor: Actor,
    now: dt.datetime,
) -> Access:
    """Asks the unit, for all of it or for the organisation called ``place``.

    Raises NoNesting, UnitNotOpen, AlreadyOpen, AskedTooOften, ReasonTooShort, NothingAsked,
    HoursOutOfBounds, ChangeWithoutArea.
    """
    _refuse_nesting(actor)
    why = " ".join(reason.split())
    if len(why) < SHORTEST_REASON:
        raise ReasonTooShort
    if not FEWEST_HOURS <= hours <= MOST_HOURS:
        raise HoursOutOfBounds(fewest=FEWEST_HOURS, most=MOST_HOURS)
    _check_scope(areas, changes)
    if unit.state not in SERVING or actor.person_id is None:
        raise UnitNotOpen
    with transaction.atomic():
        for earlier in selectors.of_unit(unit.id).filter(
            operator_id=actor.person_id, state__in=OPEN
        ):
            if _locked(earlier.id, now=now).is_open:
                raise AlreadyOpen
        _refuse_many(unit, actor.person_id, now)
        access = _stored(
            Access(
                unit=unit,
                operator_id=actor.person_id,
                operator_name=actor.name,
                office=office.strip(),
                reason=why,
                asked_areas=list(areas),
                asked_changes=list(changes),
                asked_hours=hours,
                asked_place=" ".join(place.split()),
                areas=list(areas),
                changes=list(changes),
                hours=hours,
                asked_at=now,
                deadline_at=now + ANSWER_WITHIN,
                clock_at=now,
            )
        )
        tell(access, "support.asked", actor=actor, now=now, reason=why, hours=hours)
    return access


@shared_context()
def withdraw(*, access_id: UUID, actor: Actor, now: dt.datetime) -> Access:
    """Takes back what was not answered yet.  Raises NotYours, NotPossibleNow."""
    with transaction.atomic():
        access = _locked(access_id, now=now)
        _only_owner(access, actor)
        _require(access, State.ASKED)
        access.state, access.ended_at = State.WITHDRAWN, now
        return _save(access, "support.withdrawn", actor=actor, now=now)


@shared_context()
def accept(
    *,
    access_id: UUID,
    unit_id: UUID,
    hours: int,
    areas: Sequence[str],
    changes: Sequence[str] = (),
    scope: str = "",
    actor: Actor,
    now: dt.datetime,
) -> Access:
    """Lets the operator in, for what was asked or for less; the hours run from now.

    ``scope`` is the path of an organisation of the unit, "" for all of it.  Whether there is one
    and whether the actor may and proved it is the caller's to check.  Raises OwnRequest, NoNesting,
    NotPossibleNow, MoreThanAsked, NothingAsked, HoursOutOfBounds, ChangeWithoutArea.
    """
    with transaction.atomic():
        access = _to_answer(access_id, unit_id=unit_id, actor=actor, now=now)
        if not 1 <= hours <= access.asked_hours:
            raise HoursOutOfBounds(fewest=1, most=access.asked_hours)
        is_less = set(areas) <= set(access.asked_areas)
        is_whole_unit = access.asked_place and not scope
        if not is_less or is_whole_unit or not set(changes) <= set(access.asked_changes):
            raise MoreThanAsked
        _check_scope(areas, changes)
        access.state, access.decided_at = State.ACCEPTED, now
        access.decided_by_id, access.decided_by_name = actor.person_id, actor.name
        access.areas, access.changes, access.hours = list(areas), list(changes), hours
        access.scope = scope
        access.deadline_at = now + dt.timedelta(hours=hours)
        return _save(
            access,
            "support.accepted",
            actor=actor,
            now=now,
            hours=hours,
            areas=list(areas),
            changes=list(changes),
            scope=scope,
        )


@shared_context()
def refuse(
    *, access_id: UUID, unit_id: UUID, reason: str, actor: Actor, now: dt.datetime
) -> Access:
    """Says no and why.  Raises OwnRequest, NoNesting, NotPossibleNow,
    RefusalUnexplained.
    """
    why = " ".join(reason.split())
    if len(why) < 2:
        raise RefusalUnexplained
    with transaction.atomic():
        access = _to_answer(access_id, unit_id=unit_id, actor=actor, now=now)
        access.state, access.decided_at, access.answer = State.REFUSED, now, why
        access.decided_by_id, access.decided_by_name = actor.person_id, actor.name
        return _save(access, "support.refused", actor=actor, now=now, reason=why)


@shared_context()
def end_by_operator(*, access_id: UUID, actor: Actor, now: dt.datetime) -> Access:
    """Raises NotYours, NotPossibleNow."""
    with transaction.atomic():
        access = _locked(access_id, now=now)
        _only_owner(access, actor)
        return _end_now(access, Ending.OPERATOR, actor=actor, now=now)


@shared_context()
def end_by_unit(*, access_id: UUID, unit_id: UUID, actor: Actor, now: dt.datetime) -> Access:
    """The unit's administrator ends it at once.  Raises NoNesting, NotPossibleNow."""
    _refuse_nesting(actor)
    with transaction.atomic():
        access = _locked(access_id, now=now, unit_id=unit_id)
        return _end_now(access, Ending.UNIT, actor=actor, now=now)


@shared_context()
def follow(*, unit_id: UUID, old: str, new: str) -> int:
    """Rewrites the prefix of scopes when a sub-tree moves; returns how many accesses followed."""
    moved = list(Access.objects.select_for_update().filter(unit_id=unit_id, scope__startswith=old))
    for access in moved:
        access.scope = new + access.scope[len(old) :]
    Access.objects.bulk_update(moved, ["scope"])
    return len(moved)


@job()
def sweep(*, now: dt.datetime | None = None) -> None:
    """Every minute: lapses requests, ends accesses, notes the clock.  Safe to run twice."""
    moment = now or clock.now()
    for access_id in Access.objects.filter(state__in=OPEN).values_list("id", flat=True):
        with transaction.atomic():
            _locked(access_id, now=moment)


def usable(*, access_id: UUID, actor: Actor, now: dt.datetime) -> Access:
    """The operator's own access, in force now.  Raises NotYours, NotPossibleNow, NoNesting."""
    _refuse_nesting(actor)
    access = looked_at(access_id=access_id, now=now)
    _only_owner(access, actor)
    if not access.is_in_force:
        raise NotPossibleNow(state=access.get_state_display())
    return access


def in_force(*, access_id: UUID, unit_id: UUID, now: dt.datetime) -> Access:
    """The access, locked, if it is in force in the unit; call it in a transaction.

    Raises AccessUnknown, NotPossibleNow.
    """
    access = _locked(access_id, now=now, unit_id=unit_id)
    if not access.is_in_force:
        raise NotPossibleNow(state=access.get_state_display())
    return access


def looked_at(*, access_id: UUID, now: dt.datetime) -> Access:
    """The access as it stands now; what time did to it is written down at once."""
    with transaction.atomic():
        return _locked(access_id, now=now)


def brought_up(access: Access, *, now: dt.datetime) -> Access:
    """Applies to a locked row whatever time and others did to it since it was last looked at."""
    if not access.is_open:
        return access
    if now < access.clock_at:
        access.deadline_at -= access.clock_at - now
    access.clock_at = now
    access.save(update_fields=["clock_at", "deadline_at"])
    nobody = Actor.system("support", unit_id=access.unit_id)
    if access.state == State.ASKED:
        if now >= access.deadline_at or access.unit.state not in SERVING:
            access.state, access.ended_at = State.EXPIRED, now
            _save(access, "support.expired", actor=nobody, now=now)
    elif ending := _overtaken(access, now):
        _end(access, ending, actor=nobody, now=now)
    return access


def tell(access: Access, code: str, *, actor: Actor, now: dt.datetime, **data: object) -> None:
    """Lets the unit's own record know, and its pages look again."""
    selectors.forget_present(access.unit_id)
    listeners.tell(listeners.Told(access.unit_id, access.id, code, actor, now, data))


def _overtaken(access: Access, now: dt.datetime) -> Ending | None:
    """What ends the access without anybody's word."""
    if now >= access.deadline_at:
        return Ending.TIME
    left = units.transitions_of(access.unit_id).filter(at__gte=access.decided_at)
    if access.unit.state not in SERVING or left.exclude(to__in=SERVING).exists():
        return Ending.STATE
    return None if people.holds_role(access.operator_id, "operator") else Ending.ROLE


def _end_now(access: Access, ending: Ending, *, actor: Actor, now: dt.datetime) -> Access:
    if not access.is_in_force:
        raise NotPossibleNow(state=access.get_state_display())
    return _end(access, ending, actor=actor, now=now)


def _end(access: Access, ending: Ending, *, actor: Actor, now: dt.datetime) -> Access:
    access.state, access.ending, access.ended_at = State.ENDED, ending, now
    access.ended_by_name = actor.name if actor.kind != "job" else ""
    if access.session_id is not None:
        sessions.end_one(session_id=access.session_id, now=now)
    return _save(
        access,
        "support.ended",
        actor=actor,
        now=now,
        ending=str(ending),
        pages=access.pages,
        writes=access.writes,
    )


def _to_answer(access_id: UUID, *, unit_id: UUID, actor: Actor, now: dt.datetime) -> Access:
    _refuse_nesting(actor)
    access = _locked(access_id, now=now, unit_id=unit_id)
    if actor.person_id == access.operator_id:
        raise OwnRequest
    _require(access, State.ASKED)
    return access


def _check_scope(areas: Sequence[str], changes: Sequence[str]) -> None:
    if not areas or not set(areas) <= set(Area.values) or not set(changes) <= set(Change.values):
        raise NothingAsked
    for change in changes:
        area = NEEDS[Change(change)]
        if area not in areas:
            raise ChangeWithoutArea(change=Change(change).label, area=area.label)


def _refuse_many(unit: Unit, operator_id: UUID, now: dt.datetime) -> None:
    asked = selectors.of_unit(unit.id).filter(
        operator_id=operator_id, asked_at__gt=now - dt.timedelta(days=1)
    )
    if asked.count() >= ASKS_A_DAY:
        raise AskedTooOften(most=ASKS_A_DAY)


def _refuse_nesting(actor: Actor) -> None:
    if actor.support_id is not None:
        raise NoNesting


def _only_owner(access: Access, actor: Actor) -> None:
    if actor.person_id != access.operator_id:
        raise NotYours


def _require(access: Access, state: State) -> None:
    if access.state != state:
        raise NotPossibleNow(state=access.get_state_display())


def _locked(access_id: UUID, *, now: dt.datetime, unit_id: UUID | None = None) -> Access:
    """The row for this transaction alone, brought up to now.  Raises AccessUnknown."""
    rows = Access.objects.select_for_update(of=("self",)).select_related("unit")
    found = rows.filter(pk=access_id).first()
    if found is None or unit_id not in {None, found.unit_id}:
        raise selectors.AccessUnknown
    return brought_up(found, now=now)


def _stored(access: Access) -> Access:
    try:
        with transaction.atomic():
            access.save(force_insert=True)
    except IntegrityError as taken:
        raise AlreadyOpen from taken
    return access


def _save(access: Access, code: str, *, actor: Actor, now: dt.datetime, **data: object) -> Access:
    access.save()
    tell(access, code, actor=actor, now=now, **data)
    return access
