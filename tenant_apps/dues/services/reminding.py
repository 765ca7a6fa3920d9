"""Reminding members by text message of dues that are due and not paid (function K11)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid
from kernel.money import yuan
from kernel.permissions import require
from shared_apps.delivery.services import sms
from shared_apps.delivery.services.templates import text_of
from tenant_apps.audit.services import record
from tenant_apps.dues.models import Bill
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.reminders import (
    MOST_AT_ONCE,
    REASONS,
    Owing,
    Standing,
    owing_of,
)
from tenant_apps.members.services import sealing

_TEMPLATE = "dues_owed"


class TooManyToRemind(Invalid):
    code = "dues_reminder_too_many"
    sentence = "一次最多提醒 {limit} 人，请缩小范围后再试。"


class NobodyToRemind(Conflict):
    code = "dues_reminder_nobody"
    sentence = "所选党员现在都不需要提醒，或收不到短信。"


@dataclass(frozen=True, slots=True)
class Reminder:
    """Who is told (``told``) and of how many fen; who is not, by reason in the page's order."""

    told: Sequence[Owing]
    left_out: Mapping[Standing, Sequence[Owing]]

    @property
    def fen(self) -> int:
        return sum(one.fen for one in self.told)

    @property
    def counts(self) -> dict[str, int]:
        """How many are left out by reason."""
        return {standing.value: len(rows) for standing, rows in self.left_out.items()}


def preview(*, members: Sequence[Any], now: dt.datetime) -> Reminder:
    """What reminding these members would do.  Raises TooManyToRemind."""
    return _sorted_out(members, now, is_held=False)


@transaction.atomic
def remind(*, members: Sequence[Any], actor: Actor, now: dt.datetime) -> Reminder:
    """Sends each who owes something one message about all of it.

    Left out are those who owe nothing, pay at this moment, were reminded within three days, or
    have no phone.  Raises TooManyToRemind, NobodyToRemind, and Forbidden for a member outside
    the actor's sub-trees.
    """
    for member in members:
        require(actor, DuesPermission.REMIND, member)
    found = _sorted_out(members, now, is_held=True)
    if not found.told:
        raise NobodyToRemind
    sms.send_all(
        messages=[
            (sealing.open_phone(one.member.phone_sealed), _words(one)) for one in found.told
        ],
        template=_TEMPLATE, purpose="dues", actor=actor, now=now,
    )  # fmt: skip
    bills = [bill_id for one in found.told for bill_id in one.bill_ids]
    Bill.objects.filter(pk__in=bills).update(reminded_at=now)
    record(
        "dues.reminded",
        actor=actor, now=now, subject_type="unit", subject_id=actor.unit_id,
        messages=len(found.told), fen=found.fen, left_out=found.counts,
    )  # fmt: skip
    return found


def _sorted_out(members: Sequence[Any], now: dt.datetime, *, is_held: bool) -> Reminder:
    if len(members) > MOST_AT_ONCE:
        raise TooManyToRemind(limit=MOST_AT_ONCE)
    rows = owing_of(members, now=now, is_held=is_held)
    by_reason = {reason: [one for one in rows if one.standing is reason] for reason in REASONS}
    return Reminder(
        told=[one for one in rows if one.standing is Standing.TELL],
        left_out={reason: left for reason, left in by_reason.items() if left},
    )


def _words(one: Owing) -> dict[str, str]:
    return {"name": one.member.name, "months": one.words, "yuan": yuan(one.fen)}


def sample(one: Owing) -> str:
    """The message to one of them, word by word."""
    return text_of(_TEMPLATE, _words(one))
