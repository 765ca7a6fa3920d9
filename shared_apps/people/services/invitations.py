"""One-time links that make somebody an administrator of a unit (security 7, rule 7).

256 random bits, of which the database keeps a digest; seven days; bound to the unit and to one
phone, which is proven by a code when the link is used.
"""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.crypto import platform_cipher
from kernel.errors import Conflict, NotFound
from kernel.masks import masked
from kernel.unit import shared_context
from shared_apps.delivery.services import sms
from shared_apps.people.models import Invitation, Person
from shared_apps.people.services import (
    events,
    member_sign_in,
    passwords,
    sessions,
    sms_codes,
    throttle,
)
from tenants import selectors as units

LIFE: Final = dt.timedelta(days=7)
ROLE_LABELS: Final = {
    "unit_admin": "单位管理员",
    "secretary": "书记",
    "treasurer": "党费管理员",
    "cashier": "党费出纳",
}
_NAME: Final = "people_invitation.name"
_PHONE: Final = "people_invitation.phone"


class InvitationUnknown(NotFound):
    code = "invitation_unknown"
    sentence = "没有找到这份邀请。请核对链接是否完整，或请邀请人重新发送。"


class InvitationUsed(Conflict):
    code = "invitation_used"
    sentence = "这份邀请已经使用过。如果是您本人完成的开通，请直接登录。"


class InvitationExpired(Conflict):
    code = "invitation_expired"
    sentence = "这份邀请已过期（有效期 7 天）。请联系邀请人重新发送。"


class InvitationRevoked(Conflict):
    code = "invitation_revoked"
    sentence = "这份邀请已被撤回或被新的邀请取代。请使用最新收到的链接，或联系邀请人。"


@dataclass(frozen=True, slots=True)
class Invited:
    """A new invitation; ``token`` is the last part of its link and cannot be read again."""

    id: UUID
    token: str
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Invitee:
    """What the link says to who opens it."""

    id: UUID
    role: str
    scope: str
    name: str
    phone_masked: str
    expires_at: dt.datetime
    has_password: bool


@dataclass(frozen=True, slots=True)
class Accepted:
    """Who accepted what; the caller makes the grant in the same transaction."""

    person: Person
    role: str
    scope: str
    name: str
    invited_by: UUID | None


@shared_context()
def invite(
    *,
    unit_id: UUID,
    unit_role: str,
    role: str,
    name: str,
    phone: str,
    actor: Actor,
    now: dt.datetime,
    scope: str = "",
) -> Invited:
    """Invites somebody to a role in a unit and tells their phone that a link will come.

    ``unit_role`` is the unit's database role.  An earlier open invitation of the same phone to
    the same role and scope is void from now on.  Raises NotAPhone.
    """
    phone = sms_codes.phone_of(phone)
    token, cipher = secrets.token_urlsafe(32), platform_cipher()
    index = cipher.index(phone, purpose="phone")
    with transaction.atomic():
        Invitation.objects.filter(
            unit_id=unit_id,
            phone_index=index,
            role=role,
            scope=scope,
            used_at=None,
            revoked_at=None,
        ).update(revoked_at=now)
        made = Invitation.objects.create(
            unit_id=unit_id,
            unit_role=unit_role,
            digest=sessions.digest_of(token),
            role=role,
            scope=scope,
            name_sealed=cipher.seal(name, column=_NAME),
            phone_sealed=cipher.seal(phone, column=_PHONE),
            phone_index=index,
            phone_masked=masked(phone),
            invited_by=actor.person_id,
            created_at=now,
            expires_at=now + LIFE,
        )
        events.record(
            "invitation.sent", actor=actor, now=now, unit_id=unit_id, role=role, scope=scope
        )
        sms.send(
            phone=phone,
            template="invitation",
            parameters={
                "unit": units.unit_by_id(unit_id).name,
                "role": ROLE_LABELS.get(role, role),
                "days": str(LIFE.days),
            },
            purpose="invitation",
            actor=actor,
            now=now,
        )
    return Invited(made.id, token, made.expires_at)


@shared_context()
def opened(*, unit_id: UUID, token: str, now: dt.datetime) -> Invitee:
    """What a link says, on the host of the unit that it is for.

    Raises InvitationUnknown (also for another unit's), InvitationUsed, InvitationExpired,
    InvitationRevoked.
    """
    row = _usable(unit_id, token, now)
    person = Person.objects.filter(phone_index=bytes(row.phone_index)).first()
    return Invitee(
        id=row.id,
        role=row.role,
        scope=row.scope,
        name=platform_cipher().open(row.name_sealed, column=_NAME),
        phone_masked=row.phone_masked,
        expires_at=row.expires_at,
        has_password=person is not None and bool(person.password),
    )


@shared_context()
def send_code(*, unit_id: UUID, token: str, actor: Actor, now: dt.datetime) -> None:
    """Sends a code to the invited phone, whoever asks.  Raises as ``opened`` and
    ``sms_codes.request``.
    """
    row = _usable(unit_id, token, now)
    sms_codes.request(
        phone=platform_cipher().open(row.phone_sealed, column=_PHONE),
        audience=f"invitation:{row.id}",
        purpose="开通管理账号",
        actor=actor,
        now=now,
    )


@shared_context()
def prove_phone(*, unit_id: UUID, token: str, code: str, actor: Actor, now: dt.datetime) -> UUID:
    """Accepts the code sent to the invited phone; returns the invitation's id.

    Raises as ``opened`` and ``sms_codes.prove``.
    """
    row = _usable(unit_id, token, now)
    phone = platform_cipher().open(row.phone_sealed, column=_PHONE)
    audience = f"invitation:{row.id}"
    sms_codes.prove(phone=phone, audience=audience, code=code, actor=actor, now=now)
    return row.id


@shared_context()
def accept(*, unit_id: UUID, token: str, password: str, actor: Actor, now: dt.datetime) -> Accepted:
    """Uses the link up: the phone's holder gets a password, or shows the one they have.

    Call it after ``prove_phone``, in the transaction that makes the grant.  Raises as
    ``opened``; PasswordTooWeak, WrongPassword, TooManyAttempts.
    """
    with transaction.atomic():
        row = _usable(unit_id, token, now, is_locking=True)
        cipher = platform_cipher()
        phone = cipher.open(row.phone_sealed, column=_PHONE)
        person = member_sign_in.holder_of(phone=phone, now=now)
        if not person.password:
            passwords.set_first(person=person, password=password, account=phone, now=now)
        row.used_at = now
        row.save(update_fields=["used_at"])
        events.record(
            "invitation.accepted",
            actor=actor,
            now=now,
            person_id=person.id,
            unit_id=unit_id,
            role=row.role,
        )
        name = cipher.open(row.name_sealed, column=_NAME)
    return Accepted(person, row.role, row.scope, name, row.invited_by)


@shared_context()
def require_own_password(
    *, unit_id: UUID, token: str, password: str, actor: Actor, now: dt.datetime
) -> None:
    """Asks an invitee who has an account already for its password; nothing for a new one.

    Raises WrongPassword, TooManyAttempts.  Its count must outlive a refusal: call it outside
    the transaction of ``accept``.
    """
    row = _usable(unit_id, token, now)
    person = Person.objects.filter(phone_index=bytes(row.phone_index)).first()
    if person is None or not person.password:
        return
    throttle.take(limit=throttle.ACCOUNT, value=str(person.id), now=now)
    if not passwords.is_right(person, password):
        events.record("password.refused", actor=actor, now=now, person_id=person.id)
        raise passwords.WrongPassword
    throttle.give_back(limit=throttle.ACCOUNT, value=str(person.id))


@shared_context()
def revoke(*, unit_id: UUID, invitation_id: UUID, actor: Actor, now: dt.datetime) -> Invitation:
    """Takes an open invitation of the unit back; raises InvitationUnknown."""
    with transaction.atomic():
        row = (
            Invitation.objects.select_for_update()
            .filter(pk=invitation_id, unit_id=unit_id, used_at=None, revoked_at=None)
            .first()
        )
        if row is None:
            raise InvitationUnknown
        row.revoked_at = now
        row.save(update_fields=["revoked_at"])
        events.record("invitation.revoked", actor=actor, now=now, unit_id=unit_id, role=row.role)
    return row


def _usable(unit_id: UUID, token: str, now: dt.datetime, *, is_locking: bool = False) -> Invitation:
    rows = Invitation.objects.select_for_update() if is_locking else Invitation.objects.all()
    row = rows.filter(digest=sessions.digest_of(token), unit_id=unit_id).first()
    if row is None:
        raise InvitationUnknown
    if row.used_at is not None:
        raise InvitationUsed
    if row.revoked_at is not None:
        raise InvitationRevoked
    if row.expires_at <= now:
        raise InvitationExpired
    return row
