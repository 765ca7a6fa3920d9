"""Numbering letters without a gap, and proving them (rulebook 3.1 items 5 to 8)."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any, Final

from kernel import cache
from kernel.actor import Actor
from kernel.clock import day_of
from kernel.crypto import unit_cipher
from kernel.errors import TooMany
from tenant_apps.transfers.models import Handover, LetterCounter
from tenant_apps.transfers.selectors import checking
from tenant_apps.transfers.selectors.validity import last_day

CODE_LENGTH: Final = 12
CHECKS: Final = 30
"""Letters that one address may check in ten minutes: a code cannot be tried out."""


class CheckedTooOften(TooMany):
    code = "transfer_checks_too_many"
    sentence = "查验次数过多，请十分钟后再试。"


def numbered(handover: Handover, *, days: int, now: dt.datetime) -> dict[str, Any]:
    """The columns of a letter for ``handover``, good for ``days``.

    The counter of the year stays locked until the transaction ends, so that numbers have no gap
    even when it fails.  Raises ValidityNotAllowed.
    """
    issued_on = day_of(now)
    valid_until = last_day(issued_on, days)
    year = issued_on.year
    LetterCounter.objects.bulk_create([LetterCounter(year=year)], ignore_conflicts=True)
    counter = LetterCounter.objects.select_for_update().get(year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return {
        "letter_year": year,
        "letter_number": counter.last,
        "letter": f"〔{year}〕第 {counter.last:06d} 号",
        "code": _code(f"{year}-{counter.last}|{handover.pk}"),
        "issued_on": issued_on,
        "valid_until": valid_until,
    }


def check(*, code: str, actor: Actor, today: dt.date) -> checking.Checked | None:
    """What a letter is worth, for anybody who holds it.  Raises CheckedTooOften."""
    if cache.count(f"letter-check:{actor.ip}", seconds=600) > CHECKS:
        raise CheckedTooOften
    return checking.letter(code, today=today)


def _code(text: str) -> str:
    """Made with the unit's key: it cannot be guessed from the number."""
    proof = unit_cipher().index(text, purpose="transfer-letter")
    return base64.b32encode(proof).decode()[:CODE_LENGTH]
