"""How the bank's gateway writes moments and what it signs (payments.md 3.1 a)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Final

BEIJING: Final = timezone(timedelta(hours=8))
CURRENCY: Final = "001"
"""Renminbi, the only currency of dues."""

SEPARATOR: Final = "|"
_MOMENT: Final = re.compile(r"[0-9]{14}")


def stamp_of(moment: datetime) -> str:
    """``20261122093000`` in Beijing time."""
    return moment.astimezone(BEIJING).strftime("%Y%m%d%H%M%S")


def moment_of(text: object) -> datetime:
    """The moment of fourteen digits; raises ValueError for anything else."""
    if not isinstance(text, str) or not _MOMENT.fullmatch(text) or not text.isascii():
        raise ValueError("not a moment")
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)


def plaintext(fields: Mapping[str, str], names: Iterable[str]) -> str:
    """What is signed: values joined by a pipe. Raises ValueError for a value that holds one: it
    could be read as two, and the signature would fit all the same.
    """
    values = [fields[name] for name in names]
    if any(SEPARATOR in value for value in values):
        raise ValueError("a value holds the separator")
    return SEPARATOR.join(values)
