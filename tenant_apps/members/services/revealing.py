"""Showing what is masked.  Each look is a line in the member's file (rulebook 12.2)."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Invalid, NotFound
from tenant_apps.audit.services import record
from tenant_apps.members.models import Entry, Member
from tenant_apps.members.services import entries, sealing

SHORTEST_REASON: Final = 4


class RevealReasonNeeded(Invalid):
    code = "reveal_reason_needed"
    sentence = "请写明查看的事由（至少 {least} 个字），该事由会记入党员档案，本人可以看到。"


class NothingToReveal(NotFound):
    code = "nothing_to_reveal"
    sentence = "档案中没有登记这项信息。"


@transaction.atomic
def reveal_identity(*, member: Member, reason: str, actor: Actor, now: dt.datetime) -> str:
    """The identity number in the clear.  Raises RevealReasonNeeded."""
    _record(member, "member.identity_revealed", reason, actor, now)
    return sealing.open_identity(member.identity_sealed)


@transaction.atomic
def reveal_phone(*, member: Member, reason: str, actor: Actor, now: dt.datetime) -> str:
    """The phone in the clear.  Raises RevealReasonNeeded and NothingToReveal."""
    if not member.phone_sealed:
        raise NothingToReveal
    _record(member, "member.phone_revealed", reason, actor, now)
    return sealing.open_phone(member.phone_sealed)


@transaction.atomic
def reveal_address(*, member: Member, reason: str, actor: Actor, now: dt.datetime) -> str:
    """The address in the clear.  Raises RevealReasonNeeded and NothingToReveal."""
    if not member.address_sealed:
        raise NothingToReveal
    _record(member, "member.address_revealed", reason, actor, now)
    return sealing.open_address(member.address_sealed)


@transaction.atomic
def reveal_relative(
    *, entry: Entry, field: str, reason: str, actor: Actor, now: dt.datetime
) -> str:
    """A sealed number of a row in the clear.  Raises RevealReasonNeeded and NothingToReveal."""
    found = entries.open_sealed(entry).get(field)
    if not found:
        raise NothingToReveal
    _record(entry.member, "member.relative_revealed", reason, actor, now)
    return found


REVEALS: Final = {
    "identity": reveal_identity,
    "phone": reveal_phone,
    "address": reveal_address,
}
"""What of a file is masked, and what opens it."""


def _record(member: Member, code: str, reason: str, actor: Actor, now: dt.datetime) -> None:
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise RevealReasonNeeded(least=SHORTEST_REASON)
    record(code, actor=actor, now=now, subject_type="member", subject_id=member.pk, reason=reason)
