"""How Alipay writes moments: Beijing time without a zone."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Final

BEIJING: Final = timezone(timedelta(hours=8))
_FORMAT: Final = "%Y-%m-%d %H:%M:%S"
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?")


def written(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime(_FORMAT)


def moment_of(text: object) -> datetime:
    """Raises ValueError for anything but a moment as this channel writes it."""
    if not isinstance(text, str) or not _MOMENT.fullmatch(text):
        raise ValueError("not a moment")
    return datetime.strptime(text[:19], _FORMAT).replace(tzinfo=BEIJING)


def text_of(value: object, limit: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= limit:
        raise ValueError("not a text of the expected length")
    return value
