"""From the console into the unit, and every step there.

The console's session never reaches the unit's host: a pass that is good for a minute, once, in
the same browser, is exchanged there for a session of its own.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F

from kernel.actor import Actor
from kernel.crypto import BadLink, sign, unsign
from kernel.errors import Forbidden
from kernel.unit import shared_context
from shared_apps.people.services import sessions
from shared_apps.support import selectors
from shared_apps.support.models import Access, Pass, State
from shared_apps.support.services import accesses

PASS_LIFE: Final = dt.timedelta(seconds=60)
_PURPOSE: Final = "support-pass"
_DEVICE_LENGTH: Final = 200


class PassRefused(Forbidden):
    code = "support_pass_refused"
    sentence = (
        "进入链接已失效：只能使用一次，60 秒内有效，须在同一浏览器中打开。请回控制台重新进入。"
    )


@dataclass(frozen=True, slots=True)
class Visit:
    """A visitor in the unit: the access as it stands and what it allows."""

    access: Access
    permissions: frozenset[str]

    @property
    def is_reading(self) -> bool:
        return not self.access.changes


@shared_context()
def make_pass(*, access_id: UUID, device: str, actor: Actor, now: dt.datetime) -> str:
    """The token of a new pass; earlier ones are worth nothing.  Raises NotYours, NotPossibleNow,
    NoNesting, AccessUnknown.
    """
    access = accesses.usable(access_id=access_id, actor=actor, now=now)
    if actor.session_id is None:
        raise PassRefused
    with transaction.atomic():
        Pass.objects.filter(access=access, used_at=None).update(used_at=now)
        secret = secrets.token_urlsafe(32)
        Pass.objects.create(
            access=access,
            digest=sessions.digest_of(secret),
            console_session_id=actor.session_id,
            device=device[:_DEVICE_LENGTH],
            made_at=now,
        )
    return sign({"s": secret, "u": str(access.unit_id)}, purpose=_PURPOSE, now=now)


@shared_context()
def read_pass(*, token: str, unit_id: UUID, device: str, now: dt.datetime) -> Pass:
    """The pass of a token, unused and of this unit and browser.  Raises PassRefused."""
    try:
        told = unsign(token, purpose=_PURPOSE, now=now, max_age=PASS_LIFE)
    except BadLink as broken:
        raise PassRefused from broken
    rows = Pass.objects.select_related("access__unit")
    found = rows.filter(digest=sessions.digest_of(str(told["s"])), used_at=None).first()
    is_good = (
        found is not None
        and told["u"] == str(unit_id) == str(found.access.unit_id)
        and found.device == device[:_DEVICE_LENGTH]
        and dt.timedelta(0) <= now - found.made_at <= PASS_LIFE
    )
    if found is None or not is_good:
        raise PassRefused
    return found


@shared_context()
def enter(
    *, token: str, unit_id: UUID, device: str, actor: Actor, now: dt.datetime
) -> tuple[Access, sessions.Opened]:
    """Uses the pass up and opens the session in the unit; one of before is ended.

    Raises PassRefused, NotHandedOver, NotPossibleNow.
    """
    held = read_pass(token=token, unit_id=unit_id, device=device, now=now)
    with transaction.atomic():
        if not Pass.objects.filter(pk=held.pk, used_at=None).update(used_at=now):
            raise PassRefused
        access = accesses.in_force(access_id=held.access_id, unit_id=unit_id, now=now)
        opened = sessions.hand_over(
            session_id=held.console_session_id,
            unit_id=unit_id,
            actor=actor,
            device=device,
            now=now,
        )
        if opened.session.person_id != access.operator_id:
            raise PassRefused
        if access.session_id is not None:
            sessions.end_one(session_id=access.session_id, now=now)
        access.state, access.session_id = State.ACTIVE, opened.session.id
        is_first = access.entered_at is None
        access.entered_at = access.entered_at or now
        access.save()
        visitor = Actor(
            kind="support",
            name=access.operator_name,
            person_id=access.operator_id,
            support_id=access.id,
            ip=actor.ip,
            request_id=actor.request_id,
        )
        accesses.tell(access, "support.entered", actor=visitor, now=now, is_first=is_first)
    return access, opened


@shared_context()
def visit(*, session: sessions.Held, unit_id: UUID, device: str, now: dt.datetime) -> Visit | None:
    """What a support session is worth at this moment: None once the access is over, in another
    browser, or after a later entry took its place.
    """
    if session.kind != sessions.Kind.SUPPORT or session.device != device[:_DEVICE_LENGTH]:
        return None
    found = Access.objects.filter(session_id=session.id, unit_id=unit_id).first()
    if found is None:
        return None
    access = accesses.looked_at(access_id=found.id, now=now)
    if access.state != State.ACTIVE or access.operator_id != session.person_id:
        return None
    return Visit(access, selectors.permissions_of(access))


@shared_context()
def count(*, access_id: UUID, pages: int = 0, writes: int = 0, refusals: int = 0) -> None:
    """Adds to the shared record, which knows how many and never what."""
    Access.objects.filter(pk=access_id).update(
        pages=F("pages") + pages, writes=F("writes") + writes, refusals=F("refusals") + refusals
    )
