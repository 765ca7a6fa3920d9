"""Numbers of people as pages may show them (rulebook 12.2).

``510***********1234`` of an identity number, ``138****1234`` of a phone.
"""

from __future__ import annotations

from typing import Final

_FRONT: Final = 3
_BEHIND: Final = 4


def masked(number: str) -> str:
    """Keeps three characters in front and four behind; what is short is hidden whole."""
    hidden = len(number) - _FRONT - _BEHIND
    if hidden <= 0:
        return "*" * len(number)
    return number[:_FRONT] + "*" * hidden + number[-_BEHIND:]
