"""The card of a member: on the phone with a code that lasts minutes, on paper with one for a year.

The code says no name and no number: the file's key and the branch, signed for this unit.  Whoever
checks it sees what the card itself shows, and whether it holds today.
"""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from kernel.actor import Actor
from kernel.crypto import BadLink, sign, unsign
from tenant_apps.audit.services import record
from tenant_apps.members.models import Member

LASTS: Final = dt.timedelta(minutes=3)
"""How long the code on the phone is good; the phone fetches another one before."""
PAPER_LASTS: Final = dt.timedelta(days=366)
_PURPOSE: Final = {"phone": "members.card", "paper": "members.paper_card"}


class Verdict(StrEnum):
    """What a check finds."""

    VALID = "有效"
    OVER = "二维码已过期或不是本单位签发，请本人刷新后重新出示"
    LEFT = "组织关系已不在本单位，此证作废"
    MOVED = "组织关系已转到其他支部，此证作废，请换发新证"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check shows; ``member`` is empty where the code says nothing."""

    verdict: Verdict
    is_paper: bool = False
    member: Member | None = None

    @property
    def is_valid(self) -> bool:
        return self.verdict is Verdict.VALID


def code_for(member: Member, *, now: dt.datetime) -> str:
    """The code that the phone shows."""
    return sign(_told(member), purpose=_PURPOSE["phone"], now=now)


def print_card(*, member: Member, actor: Actor, now: dt.datetime) -> str:
    """The code on paper; that a card was printed is a line in the file."""
    record("member.card_printed", actor=actor, now=now, subject_type="member", subject_id=member.pk)
    return sign(_told(member), purpose=_PURPOSE["paper"], now=now)


def check(*, code: str, now: dt.datetime) -> Checked:
    """Whether a card holds today.  Never raises: what is no code is a verdict."""
    for is_paper, purpose, lasts in (
        (False, _PURPOSE["phone"], LASTS),
        (True, _PURPOSE["paper"], PAPER_LASTS),
    ):
        try:
            told = unsign(code, purpose=purpose, now=now, max_age=lasts)
        except (BadLink, ValueError):
            continue
        return _checked(told, is_paper=is_paper)
    return Checked(Verdict.OVER)


def _checked(told: dict[str, str], *, is_paper: bool) -> Checked:
    key = UUID(bytes=base64.urlsafe_b64decode(told["m"] + "=="))
    member = Member.objects.select_related("org").filter(pk=key).first()
    if member is None or not member.is_active:
        return Checked(Verdict.LEFT, is_paper)
    if is_paper and _short(member.org_id) != told["o"]:
        return Checked(Verdict.MOVED, is_paper)
    return Checked(Verdict.VALID, is_paper, member)


def _told(member: Member) -> dict[str, str]:
    """Short, for a camera to read easily."""
    return {"m": _short(member.pk), "o": _short(member.org_id)}


def _short(key: UUID) -> str:
    return base64.urlsafe_b64encode(key.bytes).rstrip(b"=").decode()
