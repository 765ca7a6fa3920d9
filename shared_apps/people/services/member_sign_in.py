"""Members: phone, code, and where a phone is known more than once, as whom."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.crypto import platform_cipher
from kernel.errors import NotFound
from kernel.unit import shared_context
from shared_apps.people import selectors
from shared_apps.people.models import (
    Affiliation,
    AffiliationKind,
    Person,
    Session,
    SessionKind,
)
from shared_apps.people.selectors import Choice
from shared_apps.people.services import events, sessions, sms_codes


class NotOnRoster(NotFound):
    code = "phone_not_on_roster"
    sentence = "手机号不在本单位名册中，请联系所在党支部核对。"


class NotOneOfYours(NotFound):
    code = "choice_unknown"
    sentence = "没有找到您选择的单位，请返回重新选择。"


@dataclass(frozen=True, slots=True)
class Proven:
    """Who holds the phone: a session that waits for a choice among ``choices``."""

    opened: sessions.Opened
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A member's session; ``is_first`` when this sign-in activated the account.

    Of an applicant ``member_id`` is the case.
    """

    opened: sessions.Opened
    unit_id: UUID
    member_id: UUID
    is_first: bool
    is_applicant: bool


def request_code(
    *, phone: str, audience: sessions.Audience, actor: Actor, now: dt.datetime
) -> None:
    """Sends the code; says nothing about the phone.  Raises as ``sms_codes.request``."""
    sms_codes.request(phone=phone, audience=audience.name, purpose="登录", actor=actor, now=now)


@shared_context()
def prove(
    *,
    phone: str,
    code: str,
    audience: sessions.Audience,
    device: str,
    actor: Actor,
    now: dt.datetime,
) -> Proven:
    """Accepts the code and finds where the phone is known (on a unit's host: there only).

    Raises as ``sms_codes.prove``; NotOnRoster, which only the phone's holder gets to read.
    """
    digits = sms_codes.phone_of(phone)
    sms_codes.prove(phone=digits, audience=audience.name, code=code, actor=actor, now=now)
    index = platform_cipher().index(digits, purpose="phone")
    choices = selectors.choices_of_phone(index, unit_id=audience.unit_id)
    if not choices:
        events.record("member_sign_in.not_on_roster", actor=actor, now=now)
        raise NotOnRoster
    with transaction.atomic():
        opened = sessions.open_half(
            person=holder_of(phone=digits, now=now),
            kind=SessionKind.MEMBER,
            audience=audience,
            actor=actor,
            device=device,
            now=now,
        )
    return Proven(opened, choices)


@shared_context()
def choose(*, session: Session, choice_id: UUID, actor: Actor, now: dt.datetime) -> SignedIn:
    """Signs in as one of the members that the phone belongs to; activates at the first time.

    Raises NotOneOfYours for anybody else's.
    """
    allowed = {
        choice.id
        for choice in selectors.choices_of_phone(
            bytes(session.person.phone_index or b""), unit_id=session.unit_id
        )
    }
    if choice_id not in allowed:
        raise NotOneOfYours
    with transaction.atomic():
        affiliation = Affiliation.objects.select_for_update().get(pk=choice_id)
        is_first = affiliation.activated_at is None
        affiliation.person = session.person
        affiliation.activated_at = affiliation.activated_at or now
        affiliation.save(update_fields=["person", "activated_at"])
        opened = sessions.complete(
            session=session,
            unit_id=affiliation.unit_id,
            member_id=affiliation.member_id,
            now=now,
        )
        events.record(
            "member_sign_in.succeeded",
            actor=actor,
            now=now,
            person_id=session.person_id,
            unit_id=affiliation.unit_id,
            is_first=is_first,
        )
    is_applicant = affiliation.kind == AffiliationKind.APPLICANT
    return SignedIn(opened, affiliation.unit_id, affiliation.member_id, is_first, is_applicant)


@shared_context()
def holder_of(*, phone: str, now: dt.datetime) -> Person:
    """The one identity that belongs to a phone, made when there is none yet."""
    cipher = platform_cipher()
    person, _ = Person.objects.get_or_create(
        phone_index=cipher.index(phone, purpose="phone"),
        defaults={
            "phone_sealed": cipher.seal(phone, column="people_person.phone"),
            "phone_masked": f"{phone[:3]}****{phone[-4:]}",
            "created_at": now,
        },
    )
    return person
