"""Reading identities and sessions.  Everything here is in shared tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet

from kernel.crypto import platform_cipher
from kernel.unit import shared_context
from shared_apps.people.models import (
    Affiliation,
    AffiliationKind,
    Invitation,
    Person,
    PlatformGrant,
    PlatformRole,
    SecondFactor,
    SecurityEvent,
    Session,
)
from tenants import selectors as units

ROLE_LABELS: Final[Mapping[str, str]] = {role.value: role.label for role in PlatformRole}
"""The Chinese names of the roles outside units."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A member (or applicant) that a phone belongs to, before the name is read in the unit."""

    id: UUID
    unit_id: UUID
    unit_name: str
    member_id: UUID
    is_applicant: bool = False


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """An invitation that can still be accepted, as the inviter sees it."""

    id: UUID
    role: str
    scope: str
    name: str
    phone_masked: str
    created_at: dt.datetime
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class OwnDevice:
    """The second factor as its owner sees it."""

    confirmed_at: dt.datetime
    recovery_codes_left: int


@shared_context()
def session_by_digest(digest: bytes, *, audience: str) -> Session | None:
    """The session of a token at one audience, with ``roles`` (on the platform),
    ``is_still_member`` and ``is_still_applicant``, in one query; None as well for a person taken
    out of service.
    """
    standing = Affiliation.objects.filter(
        member_id=OuterRef("member_id"), person=OuterRef("person"), unit_id=OuterRef("unit_id")
    )
    return (
        Session.objects.select_related("person")
        .annotate(
            roles=ArraySubquery(
                PlatformGrant.objects.filter(person=OuterRef("person"))
                .order_by("role")
                .values("role")
            ),
            is_still_member=Exists(standing.filter(kind=AffiliationKind.MEMBER)),
            is_still_applicant=Exists(standing.filter(kind=AffiliationKind.APPLICANT)),
        )
        .filter(digest=digest, audience=audience, ended_at=None, person__is_active=True)
        .first()
    )


@shared_context()
def sessions_of(person_id: UUID) -> list[Session]:
    """A person's sessions that nobody ended, last used first; some may have run out."""
    open_ones = Session.objects.filter(person_id=person_id, ended_at=None)
    return list(open_ones.order_by("-seen_at", "-id"))


@shared_context()
def holds_role(person_id: UUID, role: str) -> bool:
    """Whether a person in service holds this role on the platform now."""
    held = PlatformGrant.objects.filter(person_id=person_id, role=role)
    return held.filter(person__is_active=True).exists()


@shared_context()
def unit_names(unit_ids: set[UUID]) -> Mapping[UUID, str]:
    return dict(units.all_units().filter(pk__in=unit_ids).values_list("id", "name"))


@shared_context()
def choices_of_phone(phone_index: bytes, *, unit_id: UUID | None) -> list[Choice]:
    """The members that a phone belongs to in units that answer, in one unit or in all."""
    if not phone_index:
        return []
    known = Affiliation.objects.filter(phone_index=phone_index).order_by("id")
    if unit_id is not None:
        known = known.filter(unit_id=unit_id)
    serving = {
        unit.id: unit.name
        for unit in units.all_units().filter(pk__in=known.values("unit_id"))
        if unit.is_serving
    }
    return [
        Choice(
            row.id,
            row.unit_id,
            serving[row.unit_id],
            row.member_id,
            is_applicant=row.kind == AffiliationKind.APPLICANT,
        )
        for row in known
        if row.unit_id in serving
    ]


@shared_context()
def person_of_member(member_id: UUID) -> UUID | None:
    """Who signs in as this member or by this member's phone; None where that is not certain,
    because another member of the unit has the same phone.
    """
    row = Affiliation.objects.filter(member_id=member_id).first()
    if row is None or row.phone_index is None:
        return row.person_id if row else None
    same = Affiliation.objects.filter(unit_id=row.unit_id, phone_index=row.phone_index)
    if same.exclude(pk=row.pk).exists():
        return None
    by_phone = Person.objects.filter(phone_index=row.phone_index).values_list("id", flat=True)
    return row.person_id or by_phone.first()


@shared_context()
def activated_count(unit_id: UUID) -> int:
    """Members of a unit who signed in at least once."""
    known = Affiliation.objects.filter(unit_id=unit_id, kind=AffiliationKind.MEMBER)
    return known.filter(activated_at__isnull=False).count()


@shared_context()
def activated_among(member_ids: Sequence[UUID]) -> int:
    """How many of these members signed in at least once."""
    known = Affiliation.objects.filter(member_id__in=member_ids)
    return known.filter(activated_at__isnull=False).count()


@shared_context()
def enrolled_count(person_ids: set[UUID]) -> int:
    """How many of these people have a second factor in use."""
    factors = SecondFactor.objects.filter(confirmed_at__isnull=False)
    return factors.filter(person_id__in=person_ids).count()


@shared_context()
def device_of(person_id: UUID) -> OwnDevice | None:
    factor = SecondFactor.objects.filter(person_id=person_id).first()
    if factor is None or factor.confirmed_at is None:
        return None
    return OwnDevice(factor.confirmed_at, len(factor.recovery_digests))


@shared_context()
def phones_of(person_ids: set[UUID]) -> Mapping[UUID, str]:
    """Masked phones by person."""
    known = Person.objects.filter(pk__in=person_ids)
    return dict(known.values_list("id", "phone_masked"))


@shared_context()
def person_by_account(account: str) -> Person | None:
    """Whoever signs in by this login or phone."""
    by_login = Person.objects.filter(login=account.lower()).exclude(login="").first()
    index = platform_cipher().index(account, purpose="phone")
    return by_login or Person.objects.filter(phone_index=index).first()


@shared_context()
def open_invitations(unit_id: UUID, *, now: dt.datetime) -> list[OpenInvitation]:
    """Invitations to a unit that can still be accepted, newest first."""
    cipher = platform_cipher()
    waiting = Invitation.objects.filter(
        unit_id=unit_id, used_at=None, revoked_at=None, expires_at__gt=now
    )
    return [
        OpenInvitation(
            id=row.id,
            role=row.role,
            scope=row.scope,
            name=cipher.open(row.name_sealed, column="people_invitation.name"),
            phone_masked=row.phone_masked,
            created_at=row.created_at,
            expires_at=row.expires_at,
        )
        for row in waiting.order_by("-created_at", "-id")
    ]


@shared_context()
def units_with_administrator(unit_ids: Collection[UUID]) -> set[UUID]:
    """Those of the units in which somebody has accepted the first administrator's invitation."""
    used = Invitation.objects.filter(role="unit_admin", used_at__isnull=False)
    return set(used.filter(unit_id__in=unit_ids).values_list("unit_id", flat=True))


@shared_context()
def events_about(person_id: UUID) -> QuerySet[SecurityEvent]:
    """What happened at the door for one person, newest first."""
    return SecurityEvent.objects.filter(person_id=person_id).order_by("-at", "-id")
