"""The platform's own hosts in each cell: ``console``, ``m``, ``pay``, ``status``.

The control cell has them as they are, another cell with its name behind: ``console-east``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from django.conf import settings

FACES: Final = ("console", "m", "pay", "status")
_OF_A_CELL: Final = re.compile(rf"({'|'.join(FACES)})-.+")


def is_control() -> bool:
    """Whether this is the control cell: the one that has nobody to ask."""
    return not settings.CONTROL_URL


def labels_of(cell: str, *, control: str) -> Iterator[str]:
    """The labels of a cell's own hosts."""
    for face in FACES:
        yield face if cell == control else f"{face}-{cell}"


def is_reserved(label: str) -> bool:
    """Whether the label is the platform's: of this cell, of another, or of one to come."""
    return label in settings.RESERVED_LABELS or _OF_A_CELL.fullmatch(label) is not None


def label_of(host: str) -> str:
    """What stands in front of the base domain; blank for any other host."""
    label, _, rest = host.partition(".")
    return label if rest == settings.BASE_DOMAIN else ""
