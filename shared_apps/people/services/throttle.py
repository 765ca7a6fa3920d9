"""Lock-out: so many tries per key and window, then a pause.  Time unlocks, nobody has to.

A try is counted *before* it is checked, so that a hundred guesses sent at once are not a
hundred guesses; a right one gives its try back.  Keys are whatever was typed or whoever asks,
existing or not: the answer tells nothing.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace
from typing import Final

from django.db import transaction

from kernel.crypto import platform_cipher
from kernel.errors import TooMany
from kernel.unit import shared_context
from shared_apps.people.models import Attempts

_QUARTER: Final = dt.timedelta(minutes=15)
_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Limit:
    """``tries`` per key within ``window``; the last of them begins a ``pause``."""

    name: str
    tries: int
    window: dt.timedelta = _QUARTER
    pause: dt.timedelta = _QUARTER


ACCOUNT: Final = Limit("account", 5)
"""Passwords and second factors of one identity, counted together."""
ADDRESS: Final = Limit("address", 60)
"""Wrong proofs from one network address; an office shares one."""
CODE_GAP: Final = Limit("code_gap", 1, dt.timedelta(seconds=60), dt.timedelta(seconds=60))
"""One code a minute to one phone."""
CODE_PHONE: Final = Limit("code_phone", 10, _DAY, _DAY)
"""Codes sent to one phone in a day."""
CODE_ADDRESS: Final = Limit("code_address", 200, _DAY, _DAY)
"""Codes asked for from one network address in a day."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What is known of one key."""

    count: int
    first_at: dt.datetime
    locked_until: dt.datetime | None = None


class TooManyAttempts(TooMany):
    code = "too_many_attempts"
    sentence = "尝试次数过多，为保护账号已暂停操作。请 {minutes} 分钟后再试。"


def after_try(tally: Tally, *, limit: Limit, now: dt.datetime) -> tuple[Tally, bool]:
    """The tally after one more try, and whether that try may be made.

    A pause that is over, like a window that is over, begins a new count.
    """
    if tally.locked_until is not None and now < tally.locked_until:
        return tally, False
    if tally.locked_until is not None or now >= tally.first_at + limit.window:
        tally = Tally(0, now)
    count = tally.count + 1
    locked_until = now + limit.pause if count >= limit.tries else None
    return Tally(count, tally.first_at, locked_until), True


def after_success(tally: Tally, *, limit: Limit) -> Tally:
    """The tally without the try that turned out right."""
    count = max(tally.count - 1, 0)
    return replace(
        tally, count=count, locked_until=None if count < limit.tries else tally.locked_until
    )


@shared_context()
def take(*, limit: Limit, value: str, now: dt.datetime) -> None:
    """Counts a try against ``value``; raises TooManyAttempts when none is left."""
    with transaction.atomic():
        row, _ = Attempts.objects.select_for_update().get_or_create(
            key=_key(limit, value), defaults={"count": 0, "first_at": now}
        )
        tally, is_allowed = after_try(_tally(row), limit=limit, now=now)
        _write(row, tally)
    if not is_allowed and tally.locked_until is not None:
        seconds = math.ceil((tally.locked_until - now).total_seconds())
        raise TooManyAttempts(minutes=math.ceil(seconds / 60), seconds=seconds)


@shared_context()
def give_back(*, limit: Limit, value: str) -> None:
    """Takes back the try just counted: it was right."""
    with transaction.atomic():
        row = Attempts.objects.select_for_update().filter(key=_key(limit, value)).first()
        if row is not None:
            _write(row, after_success(_tally(row), limit=limit))


@shared_context()
def clear(*, limit: Limit, value: str) -> None:
    """Forgets the key: everything asked of it was proven."""
    Attempts.objects.filter(key=_key(limit, value)).delete()


def _key(limit: Limit, value: str) -> bytes:
    return platform_cipher().index(f"{limit.name}:{value}", purpose="attempts")


def _tally(row: Attempts) -> Tally:
    return Tally(row.count, row.first_at, row.locked_until)


def _write(row: Attempts, tally: Tally) -> None:
    row.count, row.first_at, row.locked_until = tally.count, tally.first_at, tally.locked_until
    row.save(update_fields=["count", "first_at", "locked_until"])
