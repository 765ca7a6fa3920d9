"""Signing in to a unit's desk: phone and password, then the second factor."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from kernel.actor import Actor
from kernel.unit import current_unit_id
from shared_apps.people.services import sessions, sign_in, sms_codes
from tenant_apps.access.selectors import holdings_of
from tenant_apps.access.services.reporting import report_state
from tenant_apps.audit.services import record


def with_phone(
    *, phone: str, password: str, device: str, actor: Actor, now: dt.datetime
) -> sessions.Opened:
    """First step of a unit's administrators.  Somebody without a role in this unit gets the
    same answer as for a wrong password.

    Raises NotAPhone, WrongCredentials, TooManyAttempts.
    """
    digits = sms_codes.phone_of(phone)
    person = sign_in.person_by_phone(digits)
    proven = sign_in.prove_password(
        person=person, account=digits, password=password, actor=actor, now=now
    )
    if not holdings_of(proven.id):
        sign_in.refuse(person=proven, actor=actor, now=now)
    return sign_in.admit(
        person=proven,
        audience=sessions.Audience("unit", current_unit_id()),
        device=device,
        actor=actor,
        now=now,
    )


def with_second_factor(
    *, session: sessions.Held, code: str, actor: Actor, now: dt.datetime
) -> sessions.Opened:
    """Second step; the unit's record tells who came in.  Raises as in ``people``."""
    opened = sign_in.with_second_factor(session=session, code=code, actor=actor, now=now)
    record(
        "administrator.signed_in",
        actor=actor,
        now=now,
        subject_type="person",
        subject_id=session.person_id,
    )
    return opened


def with_enrolment(
    *, session: sessions.Held, code: str, actor: Actor, now: dt.datetime
) -> tuple[sessions.Opened, list[str]]:
    """Second step of a first sign-in; tells the platform that one more is secured."""
    opened, codes = sign_in.with_enrolment(session=session, code=code, actor=actor, now=now)
    with transaction.atomic():
        record(
            "administrator.enrolled",
            actor=actor,
            now=now,
            subject_type="person",
            subject_id=session.person_id,
        )
        report_state(now=now)
    return opened, codes
