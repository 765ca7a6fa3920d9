"""Server sessions (security 7, rules 5 and 8): opened, proven, renewed, ended.

The browser holds a random token, the database its digest.  A session is bound to its audience
(face and unit); every step that proves more changes the token.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeAlias
from uuid import UUID

from django.db.models import QuerySet

from kernel.actor import Actor
from kernel.errors import Forbidden, NotFound
from kernel.unit import shared_context
from shared_apps.people import selectors
from shared_apps.people.models import Person, Session, SessionKind
from shared_apps.people.services import devices, events

Held: TypeAlias = Session
Kind: TypeAlias = SessionKind
"""A session and its kind as other apps may name them; they never touch the table."""
HALF_DONE: Final = dt.timedelta(minutes=10)
"""How long a sign-in may stop half-way."""
ADMINISTRATOR_IDLE: Final = dt.timedelta(minutes=30)
ADMINISTRATOR_LIFE: Final = dt.timedelta(hours=12)
MEMBER_LIFE: Final = dt.timedelta(days=30)
_SEEN_EVERY: Final = dt.timedelta(minutes=1)
_DEVICE_LENGTH: Final = 200
_DESK: Final = (SessionKind.ADMINISTRATOR, SessionKind.SUPPORT)


@dataclass(frozen=True, slots=True)
class Audience:
    """Where a session is good: a face of the product and, on a unit's host, that unit."""

    face: str
    unit_id: UUID | None = None

    @property
    def name(self) -> str:
        return f"{self.face}:{self.unit_id}" if self.unit_id else self.face


@dataclass(frozen=True, slots=True)
class Opened:
    """A session and the token to hand to the browser, which nobody can read again."""

    session: Session
    token: str
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class OwnSession:
    """A session as its owner sees it."""

    id: UUID
    place: str
    device: str
    ip: str
    opened_at: dt.datetime
    seen_at: dt.datetime
    is_this: bool


class NotHandedOver(Forbidden):
    code = "session_not_handed_over"
    sentence = "登录已失效，或更换了浏览器。请在控制台重新登录后再进入。"


class NoSuchSession(NotFound):
    code = "session_unknown"
    sentence = "没有找到这个登录，可能已经退出。"


def digest_of(token: str) -> bytes:
    """What is stored of a token; 256 random bits need no salt."""
    return sha256(token.encode()).digest()


def is_complete(session: Session) -> bool:
    """Whether everything asked for was proven; never so for one that resets a password."""
    if session.kind == SessionKind.RESET:
        return False
    if session.kind in _DESK:
        return session.second_factor_at is not None
    return session.member_id is not None


def ends_at(session: Session) -> dt.datetime:
    """The moment at which the session ends if nothing more is done with it."""
    if not is_complete(session):
        return session.created_at + HALF_DONE
    if session.kind == SessionKind.MEMBER:
        return session.created_at + MEMBER_LIFE
    return min(session.seen_at + ADMINISTRATOR_IDLE, session.created_at + ADMINISTRATOR_LIFE)


def is_alive(session: Session, *, now: dt.datetime) -> bool:
    return session.ended_at is None and now < ends_at(session)


@shared_context()
def own(*, actor: Actor, now: dt.datetime) -> list[OwnSession]:
    """Where the actor is signed in, this browser first."""
    if actor.person_id is None:
        return []
    alive = [
        held
        for held in selectors.sessions_of(actor.person_id)
        if is_complete(held) and is_alive(held, now=now)
    ]
    names = selectors.unit_names({held.unit_id for held in alive if held.unit_id})
    found = [
        OwnSession(
            id=held.id,
            place=names.get(held.unit_id, "") if held.unit_id else "控制台",
            device=devices.words_for(held.device),
            ip=held.ip,
            opened_at=held.created_at,
            seen_at=held.seen_at,
            is_this=held.id == actor.session_id,
        )
        for held in alive
    ]
    return sorted(found, key=lambda session: not session.is_this)


@shared_context()
def open_half(
    *,
    person: Person,
    kind: SessionKind,
    audience: Audience,
    member_id: UUID | None = None,
    actor: Actor,
    device: str = "",
    now: dt.datetime,
) -> Opened:
    """Begins a session that gives no right yet; the token is always new."""
    token = secrets.token_urlsafe(32)
    session = Session.objects.create(
        digest=digest_of(token),
        kind=kind,
        person=person,
        audience=audience.name,
        unit_id=audience.unit_id,
        member_id=member_id,
        created_at=now,
        seen_at=now,
        ip=actor.ip,
        device=device[:_DEVICE_LENGTH],
    )
    return Opened(session, token, _cookie_ends_at(session))


@shared_context()
def complete(
    *,
    session: Session,
    second_factor_at: dt.datetime | None = None,
    unit_id: UUID | None = None,
    member_id: UUID | None = None,
    now: dt.datetime,
) -> Opened:
    """Notes what was proven and changes the token; the life of the session begins here."""
    session.second_factor_at = second_factor_at or session.second_factor_at
    session.unit_id = unit_id or session.unit_id
    session.member_id = member_id or session.member_id
    session.created_at = now
    return _retoken(session, now)


@shared_context()
def hand_over(
    *, session_id: UUID, unit_id: UUID, actor: Actor, device: str, now: dt.datetime
) -> Opened:
    """Opens a support session in a unit for whoever is signed in on the console by that session.

    The console's own token never leaves the console.  Raises NotHandedOver for a session that
    has ended, is not one of the console, lacks the second factor, or is of another browser.
    """
    held = Session.objects.select_related("person").filter(
        pk=session_id, kind=SessionKind.ADMINISTRATOR, audience="console", person__is_active=True
    )
    console = held.first()
    is_good = (
        console is not None
        and is_complete(console)
        and is_alive(console, now=now)
        and console.device == device[:_DEVICE_LENGTH]
    )
    if console is None or not is_good:
        raise NotHandedOver
    opened = open_half(
        person=console.person,
        kind=SessionKind.SUPPORT,
        audience=Audience("unit", unit_id),
        actor=actor,
        device=device,
        now=now,
    )
    return complete(session=opened.session, second_factor_at=console.second_factor_at, now=now)


@shared_context()
def renew(*, session: Session, now: dt.datetime) -> Opened:
    """Changes the token of a session that goes on, after its person's secrets changed."""
    return _retoken(session, now)


@shared_context()
def note_seen(*, session: Session, now: dt.datetime) -> None:
    """Keeps an administrator's session awake; at most one write a minute."""
    if now - session.seen_at >= _SEEN_EVERY:
        Session.objects.filter(pk=session.pk).update(seen_at=now)
        session.seen_at = now


@shared_context()
def end(*, session_id: UUID, actor: Actor, now: dt.datetime) -> None:
    """Ends one of the actor's own sessions; raises NoSuchSession for anybody else's."""
    if actor.person_id is None:
        raise NoSuchSession
    mine = Session.objects.filter(pk=session_id, person_id=actor.person_id, ended_at=None)
    if not mine.update(ended_at=now):
        raise NoSuchSession
    events.record("session.ended", actor=actor, now=now, person_id=actor.person_id)


@shared_context()
def drop(*, session: Session, now: dt.datetime) -> None:
    """Ends a session that a new sign-in in the same browser takes the place of."""
    Session.objects.filter(pk=session.pk, ended_at=None).update(ended_at=now)


@shared_context()
def person_of(*, session_id: UUID) -> Person:
    """Whose session it is; raises NoSuchSession once it has ended."""
    held = Session.objects.select_related("person").filter(pk=session_id, ended_at=None).first()
    if held is None:
        raise NoSuchSession
    return held.person


@shared_context()
def end_one(*, session_id: UUID, now: dt.datetime) -> None:
    """Ends a support session whose access is over."""
    held = Session.objects.filter(pk=session_id, kind=SessionKind.SUPPORT, ended_at=None)
    held.update(ended_at=now)


@shared_context()
def end_all(
    *, person_id: UUID, now: dt.datetime, unit_id: UUID | None = None, but: UUID | None = None
) -> int:
    """Ends every session of a person, or those in which they administer one unit, but the one
    in use; returns how many.
    """
    theirs: QuerySet[Session] = Session.objects.filter(person_id=person_id, ended_at=None)
    if unit_id is not None:
        theirs = theirs.filter(unit_id=unit_id, kind=SessionKind.ADMINISTRATOR)
    if but is not None:
        theirs = theirs.exclude(pk=but)
    return theirs.update(ended_at=now)


def _retoken(session: Session, now: dt.datetime) -> Opened:
    token = secrets.token_urlsafe(32)
    session.digest = digest_of(token)
    session.seen_at = now
    session.save(
        update_fields=[
            "digest",
            "seen_at",
            "created_at",
            "second_factor_at",
            "unit_id",
            "member_id",
        ]
    )
    return Opened(session, token, _cookie_ends_at(session))


def _cookie_ends_at(session: Session) -> dt.datetime:
    if is_complete(session) and session.kind in _DESK:
        return session.created_at + ADMINISTRATOR_LIFE
    return ends_at(session)
