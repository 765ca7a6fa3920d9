"""Letting the platform's support in: the unit decides, and its own record tells everything.

Every page that support looks at is written down before it is shown, in the unit's record, with
the access by which it was shown; so is what was refused.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.actor import Actor
from kernel.errors import Invalid
from kernel.permissions import require
from kernel.unit import Purpose, current_unit, current_unit_id, entered, unit_context
from shared_apps.people.services import sessions, sign_in, texting
from shared_apps.support import selectors
from shared_apps.support.selectors import Access
from shared_apps.support.services import accesses, refusals, visits
from shared_apps.support.services.listeners import Told
from tenant_apps.access.permissions import AccessPermission
from tenant_apps.access.selectors import administrator_ids
from tenant_apps.access.selectors import support as reading
from tenant_apps.audit.services import record
from tenants import selectors as units

SUBJECT = "support_access"
_TEXTED = {"support.asked": "support_asked", "support.entered": "support_entered"}


class ScopeUnknown(Invalid):
    code = "support_scope_unknown"
    sentence = "没有找到所选的组织，请重新选择。"


def accept(
    *,
    access_id: UUID,
    hours: int,
    areas: Sequence[str],
    changes: Sequence[str],
    scope: str = "",
    code: str,
    actor: Actor,
    now: dt.datetime,
) -> Access:
    """Lets the operator in, against a code of the second factor.

    ``scope`` is the path of the organisation that may be looked at with all below it, "" for the
    whole unit; where the operator named an organisation, that one or a part of it.
    Raises ScopeUnknown, SecondFactorWrong, TooManyAttempts and as ``accesses.accept``.
    """
    require(actor, AccessPermission.SUPPORT_DECIDE)
    _check_scope(selectors.one_of(current_unit_id(), access_id), scope, actor=actor)
    sign_in.prove_again(code=code, actor=actor, now=now)
    return accesses.accept(
        access_id=access_id,
        unit_id=current_unit_id(),
        hours=hours,
        areas=areas,
        changes=changes,
        scope=scope,
        actor=actor,
        now=now,
    )


def refuse(*, access_id: UUID, reason: str, actor: Actor, now: dt.datetime) -> Access:
    """Raises as ``accesses.refuse``."""
    require(actor, AccessPermission.SUPPORT_DECIDE)
    return accesses.refuse(
        access_id=access_id, unit_id=current_unit_id(), reason=reason, actor=actor, now=now
    )


def end(*, access_id: UUID, actor: Actor, now: dt.datetime) -> Access:
    """Ends it at once: the next request of the operator finds no session."""
    require(actor, AccessPermission.SUPPORT_DECIDE)
    return accesses.end_by_unit(
        access_id=access_id, unit_id=current_unit_id(), actor=actor, now=now
    )


def enter(
    *, token: str, device: str, actor: Actor, now: dt.datetime
) -> tuple[Access, sessions.Opened]:
    """Raises as ``visits.enter``."""
    return visits.enter(token=token, unit_id=current_unit_id(), device=device, actor=actor, now=now)


def leave(*, actor: Actor, now: dt.datetime) -> None:
    """The operator ends the access from within."""
    if actor.support_id is not None:
        accesses.end_by_operator(access_id=actor.support_id, actor=actor, now=now)


def note_look(
    *, what: str, method: str, path: str, objects: Mapping[str, Any], actor: Actor, now: dt.datetime
) -> None:
    """Writes down what is about to be shown or done, and counts it in the shared record."""
    if actor.support_id is None:
        return
    with entered(copy(current_unit()), for_=Purpose.KEPT_OPEN), transaction.atomic():
        record(
            f"support.{what}",
            actor=actor,
            now=now,
            subject_type=SUBJECT,
            subject_id=actor.support_id,
            method=method,
            path=path,
            objects={name: str(value) for name, value in objects.items()},
        )
        visits.count(
            access_id=actor.support_id,
            pages=int(what == "looked"),
            writes=int(what == "changed"),
            refusals=int(what == "denied"),
        )


def note_told(told: Told) -> None:
    """The unit's record of what became of an access, whoever did it (``support.listeners``), and
    a text message to its administrators when somebody asks and when somebody first comes in.
    """
    unit = units.unit_by_id(told.unit_id)
    if not unit.is_serving and unit.state != "suspended":
        return
    with unit_context(told.unit_id, for_=Purpose.SETTLING):
        record(
            told.code,
            actor=told.actor,
            now=told.now,
            subject_type=SUBJECT,
            subject_id=told.access_id,
            **told.data,
        )
        if told.code in _TEXTED and told.data.get("is_first", True):
            _text_administrators(told, unit.name)


def _text_administrators(told: Told, unit_name: str) -> None:
    """Says that and until when; neither who nor why, which is to be read after signing in."""
    access = selectors.one_of(told.unit_id, told.access_id)
    until = access.deadline_at.astimezone(clock.BEIJING)
    texting.text(
        person_ids=administrator_ids(of_all=True),
        template=_TEXTED[told.code],
        parameters={
            "unit": unit_name,
            "until": f" {until.month} 月 {until.day} 日 {until:%H:%M} ",
        },
        purpose="support",
        actor=told.actor,
        now=told.now,
    )


def _check_scope(access: Access, scope: str, *, actor: Actor) -> None:
    if not scope:
        return
    if not reading.is_place(scope):
        raise ScopeUnknown
    meant = reading.place_meant(access, actor)
    if meant is not None and not scope.startswith(meant.path):
        raise refusals.MoreThanAsked
