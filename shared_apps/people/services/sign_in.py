"""Administrators and staff: a password, then a second factor, never one without the other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.crypto import platform_cipher
from kernel.errors import DomainError, Invalid
from kernel.unit import shared_context
from shared_apps.people.models import (
    Affiliation,
    AffiliationKind,
    Person,
    PlatformGrant,
    Session,
    SessionKind,
)
from shared_apps.people.services import events, passwords, second_factor, sessions, throttle


class WrongCredentials(Invalid):
    """One answer for an unknown account, a wrong password and an account without a role here."""

    code = "credentials_wrong"
    sentence = "账号或密码不正确。连续输错 5 次将暂停登录 15 分钟。"


@shared_context()
def with_login(
    *, login: str, password: str, device: str, actor: Actor, now: dt.datetime
) -> sessions.Opened:
    """First step of bank and platform staff, on the console.

    Raises WrongCredentials, TooManyAttempts.
    """
    name = login.strip().lower()
    person = Person.objects.filter(login=name).exclude(login="").first()
    proven = prove_password(person=person, account=name, password=password, actor=actor, now=now)
    if not PlatformGrant.objects.filter(person=proven).exists():
        refuse(person=proven, actor=actor, now=now)
    return admit(
        person=proven,
        audience=sessions.Audience("console"),
        device=device,
        actor=actor,
        now=now,
    )


@shared_context()
def person_by_phone(phone: str) -> Person | None:
    """Whoever signs in by this phone; nobody is an answer like any other."""
    return Person.objects.filter(
        phone_index=platform_cipher().index(phone, purpose="phone")
    ).first()


@shared_context()
def prove_password(
    *, person: Person | None, account: str, password: str, actor: Actor, now: dt.datetime
) -> Person:
    """The person, once the password is theirs.  Every call counts as a try until ``admit``.

    Raises WrongCredentials, TooManyAttempts.
    """
    throttle.take(limit=throttle.ADDRESS, value=actor.ip, now=now)
    throttle.take(limit=throttle.ACCOUNT, value=_key_of(person, account), now=now)
    is_right = passwords.is_right(person, password)
    if person is None or not is_right or not person.is_active:
        refuse(person=person, actor=actor, now=now)
    return person


def refuse(*, person: Person | None, actor: Actor, now: dt.datetime) -> NoReturn:
    """Records the refusal; raises WrongCredentials whatever the reason was."""
    events.record("sign_in.refused", actor=actor, now=now, person_id=person.id if person else None)
    raise WrongCredentials


@shared_context()
def admit(
    *,
    person: Person,
    audience: sessions.Audience,
    device: str,
    actor: Actor,
    now: dt.datetime,
) -> sessions.Opened:
    """Opens the half of a session that the password just proven is worth."""
    throttle.give_back(limit=throttle.ADDRESS, value=actor.ip)
    throttle.give_back(limit=throttle.ACCOUNT, value=str(person.id))
    return begin(person=person, audience=audience, device=device, actor=actor, now=now)


@shared_context()
def begin(
    *,
    person: Person,
    audience: sessions.Audience,
    device: str,
    actor: Actor,
    now: dt.datetime,
) -> sessions.Opened:
    """A session that waits for the second factor, for somebody proven otherwise."""
    return sessions.open_half(
        person=person,
        kind=SessionKind.ADMINISTRATOR,
        audience=audience,
        member_id=_membership(person, audience),
        actor=actor,
        device=device,
        now=now,
    )


@shared_context()
def with_second_factor(
    *, session: Session, code: str, actor: Actor, now: dt.datetime
) -> sessions.Opened:
    """Second step: completes the session under a new token.

    Raises SecondFactorWrong, NotEnrolled, TooManyAttempts.
    """
    person = session.person
    with _counted(person, actor=actor, now=now):
        by_recovery = second_factor.verify(person=person, code=code, now=now)
    throttle.clear(limit=throttle.ACCOUNT, value=str(person.id))
    with transaction.atomic():
        opened = sessions.complete(session=session, second_factor_at=now, now=now)
        events.record(
            "sign_in.succeeded",
            actor=actor,
            now=now,
            person_id=person.id,
            unit_id=session.unit_id,
            by="recovery_code" if by_recovery else "totp",
        )
    return opened


@shared_context()
def with_enrolment(
    *, session: Session, code: str, actor: Actor, now: dt.datetime
) -> tuple[sessions.Opened, list[str]]:
    """Second step of a first sign-in: confirms the new device and completes the session.

    Returns the recovery codes as well.  Raises as ``with_second_factor``, and AlreadyEnrolled:
    the password alone never replaces a device.
    """
    person = session.person
    if second_factor.is_enrolled(person):
        raise second_factor.AlreadyEnrolled
    with _counted(person, actor=actor, now=now), transaction.atomic():
        codes = second_factor.confirm(person=person, code=code, actor=actor, now=now)
        opened = sessions.complete(session=session, second_factor_at=now, now=now)
        events.record(
            "sign_in.succeeded",
            actor=actor,
            now=now,
            person_id=person.id,
            unit_id=session.unit_id,
            by="enrolment",
        )
    throttle.clear(limit=throttle.ACCOUNT, value=str(person.id))
    return opened, codes


@shared_context()
def prove_second_factor(*, person: Person, code: str, actor: Actor, now: dt.datetime) -> bool:
    """``second_factor.verify`` under the lock-out."""
    with _counted(person, actor=actor, now=now):
        return second_factor.verify(person=person, code=code, now=now)


def prove_again(*, code: str, actor: Actor, now: dt.datetime) -> None:
    """Asks somebody who is signed in for the second factor once more, before a grave act.

    Raises SecondFactorWrong (which counts towards the lock-out), NotEnrolled, TooManyAttempts.
    """
    if actor.session_id is None:
        raise second_factor.NotEnrolled
    person = sessions.person_of(session_id=actor.session_id)
    prove_second_factor(person=person, code=code, actor=actor, now=now)


@shared_context()
def replace_device(
    *, person: Person, code: str, actor: Actor, now: dt.datetime
) -> second_factor.Enrolment:
    """``second_factor.replace`` under the lock-out."""
    with _counted(person, actor=actor, now=now):
        return second_factor.replace(person=person, code=code, actor=actor, now=now)


@shared_context()
def confirm_device(*, person: Person, code: str, actor: Actor, now: dt.datetime) -> list[str]:
    """``second_factor.confirm`` under the lock-out."""
    with _counted(person, actor=actor, now=now):
        return second_factor.confirm(person=person, code=code, actor=actor, now=now)


@shared_context()
def renew_recovery_codes(*, person: Person, code: str, actor: Actor, now: dt.datetime) -> list[str]:
    """``second_factor.renew_recovery_codes`` under the lock-out."""
    with _counted(person, actor=actor, now=now):
        return second_factor.renew_recovery_codes(person=person, code=code, actor=actor, now=now)


@contextmanager
def _counted(person: Person, *, actor: Actor, now: dt.datetime) -> Iterator[None]:
    """One try of the account; a refusal is recorded and stays counted."""
    key = str(person.id)
    throttle.take(limit=throttle.ACCOUNT, value=key, now=now)
    try:
        yield
    except DomainError:
        events.record("second_factor.refused", actor=actor, now=now, person_id=person.id)
        raise
    throttle.give_back(limit=throttle.ACCOUNT, value=key)


def _key_of(person: Person | None, account: str) -> str:
    return str(person.id) if person else account


def _membership(person: Person, audience: sessions.Audience) -> UUID | None:
    """The member that an administrator of a unit is there, where that is one and certain."""
    if audience.unit_id is None:
        return None
    found = Affiliation.objects.filter(unit_id=audience.unit_id, person=person)
    found = found.filter(kind=AffiliationKind.MEMBER)
    members = list(found.values_list("member_id", flat=True)[:2])
    return members[0] if len(members) == 1 else None
