"""The month's dues of the accepted members (rulebook 4.1, 4.8).

The arithmetic belongs to the rules; it is handed in as ``assess(category, base_fen)``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from . import codes
from .understanding import MemberRow

Assess = Callable[[str, int | None], int]


def monthly_dues_fen(members: Iterable[MemberRow], assess: Assess) -> int:
    """Fen per month over all members whose standard is known; a wage without a base counts 0."""
    alike = Counter((member.dues_category, member.dues_base_fen) for member in members)
    return sum(
        assess(category, base) * count
        for (category, base), count in alike.items()
        if base is not None or category in codes.FIXED_RATE
    )
