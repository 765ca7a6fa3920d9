"""A forgotten password of somebody who holds a role in this unit."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from kernel.actor import Actor
from kernel.unit import current_unit_id
from shared_apps.people.services import password_reset, sessions
from tenant_apps.access.selectors import holdings_of
from tenant_apps.audit.services import record


def request_code(*, phone: str, actor: Actor, now: dt.datetime) -> None:
    """Sends a code to whatever phone it is.  Raises as ``sms_codes.request``."""
    password_reset.request_code(phone=phone, unit_id=current_unit_id(), actor=actor, now=now)


def prove_phone(
    *, phone: str, code: str, device: str, actor: Actor, now: dt.datetime
) -> sessions.Opened:
    """Accepts the code and begins, for somebody with a role here and a second factor.

    Raises as ``sms_codes.prove``; ResetRefused, which only the phone's holder gets to read.
    """
    unit_id = current_unit_id()
    person = password_reset.prove_phone(
        phone=phone, code=code, unit_id=unit_id, actor=actor, now=now
    )
    if person is None or not holdings_of(person.id):
        password_reset.refuse(person=person, unit_id=unit_id, actor=actor, now=now)
    return password_reset.begin(person=person, unit_id=unit_id, device=device, actor=actor, now=now)


def prove_second_factor(
    *, session: sessions.Held, code: str, actor: Actor, now: dt.datetime
) -> sessions.Opened:
    """A code of the device or a recovery code.  Raises as in ``people``."""
    return password_reset.prove_second_factor(session=session, code=code, actor=actor, now=now)


def finish(*, session: sessions.Held, password: str, actor: Actor, now: dt.datetime) -> None:
    """Sets the new password; the person is signed out everywhere and the unit's record tells.

    Raises ResetRefused for somebody whose role was taken away meanwhile, ResetNotBegun,
    PasswordTooWeak.
    """
    if not holdings_of(session.person_id):
        unit_id = current_unit_id()
        password_reset.refuse(person=session.person, unit_id=unit_id, actor=actor, now=now)
    with transaction.atomic():
        ended = password_reset.finish(session=session, password=password, actor=actor, now=now)
        record(
            "administrator.password_reset",
            actor=actor,
            now=now,
            subject_type="person",
            subject_id=session.person_id,
            ended=ended,
        )
