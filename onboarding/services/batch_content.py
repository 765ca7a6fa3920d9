"""What a row of a sheet of units says, sealed: it names a person and a phone."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, Final

from kernel.crypto import platform_cipher
from onboarding.models import BatchRow
from onboarding.services import batch_sheet
from onboarding.services.batch_sheet import Understood, Written

_COLUMN: Final = "batch.content"
_PERSONAL: Final = (batch_sheet.TITLES["contact_name"], batch_sheet.TITLES["contact_phone"])


def seal(cells: Mapping[str, str]) -> bytes:
    return platform_cipher().seal(json.dumps(dict(cells)), column=_COLUMN)


def written(row: BatchRow) -> Written:
    """The row as it was handed in."""
    content = platform_cipher().open(row.content_sealed, column=_COLUMN)
    return Written(row.number, json.loads(content))


def understood(row: BatchRow, *, today: dt.date) -> Understood:
    """The row read again, by the rules of now."""
    return batch_sheet.read(written(row), today=today)


def told(fault: dict[str, Any]) -> dict[str, Any]:
    """A fault as it is kept in the clear: a person's name or phone without its middle."""
    if fault["column"] not in _PERSONAL:
        return fault
    return {**fault, "value": starred(fault["value"])}


def starred(value: str) -> str:
    """139*****01 for a phone, 宋* for a name: enough to find it again on paper."""
    if len(value) <= 7:
        return value[:1] + "*" * (len(value) - 1)
    return value[:3] + "*" * (len(value) - 5) + value[-2:]
