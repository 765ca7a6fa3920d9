"""Handing an office over (移交, rulebook 4.7): drawn up by who leaves, taken over by who comes,
watched by a third.

No right changes hereby: the successor holds the role before taking over, and the one who left
keeps it until whoever manages roles takes it away.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction
from django.db.models import Max

from kernel.actor import Actor
from kernel.errors import Conflict, Forbidden, Invalid
from tenant_apps.audit.services import record
from tenant_apps.organizations.selectors import KnownOrganization
from tenant_apps.treasury.models import HandoverList, HandoverRole, HandoverState
from tenant_apps.treasury.selectors.handovers import figures_of
from tenant_apps.treasury.services.bookkeeping import person_of
from tenant_apps.treasury.services.folding import hold_books

LONGEST: Final = 500


class HandoverInvalid(Invalid):
    code = "treasury_handover_invalid"
    sentence = "{problem}"


class NotTheirOffice(Forbidden):
    code = "treasury_handover_role"
    sentence = "只有{role}本人才能移交或接交这个岗位，且须负责清单所列的组织。"


class ThreePeople(Forbidden):
    code = "treasury_handover_three_people"
    sentence = "移交人、接交人、监交人须是三个不同的人。"


class HandoverMoved(Conflict):
    code = "treasury_handover_moved"
    sentence = "这张移交清单现在是「{state}」，不能这样操作。请刷新页面查看最新状态。"


class AlreadyDrawn(Conflict):
    code = "treasury_handover_open"
    sentence = "这个岗位已有一张没有办完的移交清单（{number}号），请先办完或作废。"


@transaction.atomic
def draw(
    *, role: str, place: KnownOrganization | None, note: str, actor: Actor, now: dt.datetime
) -> HandoverList:
    """Freezes what is there; signed by who leaves.  ``place`` None is the whole unit.

    Raises HandoverInvalid, NotTheirOffice, AlreadyDrawn.
    """
    if role not in HandoverRole.values:
        raise HandoverInvalid(problem="请选择移交的岗位。")
    if len(note.strip()) > LONGEST:
        raise HandoverInvalid(problem=f"说明不超过 {LONGEST} 字。")
    path = place.path if place else ""
    _in_office(actor, role, path)
    hold_books()
    open_one = HandoverList.objects.filter(role=role, org_path=path, state__in=_OPEN).first()
    if open_one is not None:
        raise AlreadyDrawn(number=open_one.number)
    last = HandoverList.objects.aggregate(last=Max("number"))["last"] or 0
    made: HandoverList = HandoverList.objects.create(
        number=last + 1,
        role=role,
        state=HandoverState.DRAWN,
        org_id=place.id if place else None,
        org_path=path,
        figures=figures_of(actor, path, now),
        note=note.strip(),
        handed_by=person_of(actor),
        handed_by_name=actor.name,
        handed_at=now,
    )
    _tell("treasury.handover_drawn", made, actor, now)
    return made


@transaction.atomic
def receive(*, handover: HandoverList, actor: Actor, now: dt.datetime) -> HandoverList:
    """Who comes checked everything and takes over.

    Raises HandoverMoved, NotTheirOffice, ThreePeople.
    """
    held = _held(handover, HandoverState.DRAWN)
    _in_office(actor, held.role, held.org_path)
    if person_of(actor) == held.handed_by:
        raise ThreePeople
    held.received_by, held.received_by_name = person_of(actor), actor.name
    held.received_at, held.state = now, HandoverState.RECEIVED
    held.save()
    _tell("treasury.handover_received", held, actor, now)
    return held


@transaction.atomic
def watch(*, handover: HandoverList, actor: Actor, now: dt.datetime) -> HandoverList:
    """A third person watched it: the handover is complete.  Raises HandoverMoved, ThreePeople."""
    held = _held(handover, HandoverState.RECEIVED)
    if person_of(actor) in {held.handed_by, held.received_by}:
        raise ThreePeople
    held.watched_by, held.watched_by_name = person_of(actor), actor.name
    held.watched_at, held.state = now, HandoverState.DONE
    held.save()
    _tell("treasury.handover_done", held, actor, now)
    return held


@transaction.atomic
def withdraw(*, handover: HandoverList, actor: Actor, now: dt.datetime) -> HandoverList:
    """Drops a list that is not complete; its number stays used.

    Raises HandoverMoved, NotTheirOffice for anybody but the one who drew it up.
    """
    held = _held(handover, HandoverState.DRAWN, HandoverState.RECEIVED)
    if person_of(actor) != held.handed_by:
        raise NotTheirOffice(role=HandoverRole(held.role).label)
    held.state = HandoverState.WITHDRAWN
    held.save(update_fields=["state"])
    _tell("treasury.handover_withdrawn", held, actor, now)
    return held


_OPEN: Final = (HandoverState.DRAWN, HandoverState.RECEIVED)


def _in_office(actor: Actor, role: str, path: str) -> None:
    """Raises NotTheirOffice for whoever does not hold the role there."""
    if not any(path.startswith(scope) for scope in actor.scopes(role)):
        raise NotTheirOffice(role=HandoverRole(role).label)


def _held(handover: HandoverList, *states: HandoverState) -> HandoverList:
    rows = HandoverList.objects.select_for_update(of=("self",))
    held: HandoverList = rows.get(pk=handover.pk)
    if held.state not in states:
        raise HandoverMoved(state=HandoverState(held.state).label)
    return held


def _tell(code: str, held: HandoverList, actor: Actor, now: dt.datetime) -> None:
    record(
        code, actor=actor, now=now, subject_type="handover_list", subject_id=held.pk,
        number=held.number, role=held.role,
    )  # fmt: skip
