"""A forgotten password of somebody with a role in a unit: phone, second factor, new password.

Both proofs are asked for, so that neither a stolen phone number nor a stolen device is enough.
Until the phone is proven nobody learns whether it is known; afterwards the session of kind
``reset`` remembers how far its owner came.  It never lets anybody in.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, NoReturn
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Forbidden
from kernel.unit import shared_context
from shared_apps.people.models import Person, Session, SessionKind
from shared_apps.people.services import (
    events,
    passwords,
    second_factor,
    sessions,
    sign_in,
    sms_codes,
)

WAY_OUT: Final = (
    "请先联系本单位管理员核对您的手机号和角色；"
    "没有绑定验证器的，请联系开通本平台的银行，由安全管理员核实身份后办理。"
)


class ResetRefused(Forbidden):
    """One answer for an unknown phone, one without a role here and one without a device."""

    code = "password_reset_refused"
    sentence = f"这个手机号不能在这里重置密码。{WAY_OUT}"


class ResetNotBegun(Conflict):
    code = "password_reset_not_begun"
    sentence = "重置密码已完成或已超时，请从第一步重新开始。"


@shared_context()
def request_code(*, phone: str, unit_id: UUID, actor: Actor, now: dt.datetime) -> None:
    """Sends a code to the phone, whosever it is, good for nothing but this in this unit.

    Raises as ``sms_codes.request``.
    """
    sms_codes.request(
        phone=phone, audience=_audience(unit_id), purpose="重置密码", actor=actor, now=now
    )


@shared_context()
def prove_phone(
    *, phone: str, code: str, unit_id: UUID, actor: Actor, now: dt.datetime
) -> Person | None:
    """Accepts the code; the person of that phone, if they could prove themselves further.

    Raises as ``sms_codes.prove``.
    """
    digits = sms_codes.phone_of(phone)
    audience = _audience(unit_id)
    sms_codes.prove(phone=digits, audience=audience, code=code, actor=actor, now=now)
    person = sign_in.person_by_phone(digits)
    if person is None or not person.is_active or not second_factor.is_enrolled(person):
        return None
    return person


@shared_context()
def refuse(*, person: Person | None, unit_id: UUID, actor: Actor, now: dt.datetime) -> NoReturn:
    """Records the refusal; raises ResetRefused whatever the reason was."""
    person_id = person.id if person else None
    events.record(
        "password_reset.refused", actor=actor, now=now, person_id=person_id, unit_id=unit_id
    )
    raise ResetRefused


@shared_context()
def begin(
    *, person: Person, unit_id: UUID, device: str, actor: Actor, now: dt.datetime
) -> sessions.Opened:
    """The session that waits for the second factor of whoever proved the phone."""
    with transaction.atomic():
        events.record(
            "password_reset.begun", actor=actor, now=now, person_id=person.id, unit_id=unit_id
        )
        return sessions.open_half(
            person=person,
            kind=SessionKind.RESET,
            audience=sessions.Audience("unit", unit_id),
            actor=actor,
            device=device,
            now=now,
        )


@shared_context()
def prove_second_factor(
    *, session: Session, code: str, actor: Actor, now: dt.datetime
) -> sessions.Opened:
    """A code of the device or a recovery code, counted by the lock-out of signing in.

    Raises SecondFactorWrong, NotEnrolled, TooManyAttempts.
    """
    sign_in.prove_second_factor(person=session.person, code=code, actor=actor, now=now)
    return sessions.complete(session=session, second_factor_at=now, now=now)


@shared_context()
def finish(*, session: Session, password: str, actor: Actor, now: dt.datetime) -> int:
    """Sets the new password, once; every session of the person ends, this one too.

    Returns how many others ended.  Raises ResetNotBegun, PasswordTooWeak.
    """
    with transaction.atomic():
        held = (
            Session.objects.select_for_update(of=("self",))
            .select_related("person")
            .filter(pk=session.pk, kind=SessionKind.RESET, second_factor_at__isnull=False)
            .first()
        )
        if held is None or not sessions.is_alive(held, now=now):
            raise ResetNotBegun
        ended = passwords.replace(person=held.person, password=password, now=now) - 1
        events.record(
            "password.reset",
            actor=actor,
            now=now,
            person_id=held.person_id,
            unit_id=held.unit_id,
            ended=ended,
        )
    return ended


def _audience(unit_id: UUID) -> str:
    return f"reset:{unit_id}"
