"""Which counts of people may leave their unit, and what sums may say about the others.

A count of people from 1 to 4 is not shown outside its unit (architecture 3.10).  Hiding the
number is not enough: whoever sees a sum and all other units finds it by subtraction.  So a sum
over a place is made of *shown* counts only, whatever the hidden ones are; they change nothing in
it.  The sum over all units may include the hidden ones when at least ``CROWD`` of them are in it
and their sum leaves each of them open: not everybody at 1 and not everybody at 4.  Money of
units whose number of members is hidden follows the same rule, because a few people's dues tell
what they earn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

SUPPRESSED_BELOW: Final = 5
CROWD: Final = 5
"""From so many hidden units on, their sum says nothing about one of them."""


def shown(count: int) -> int | None:
    """A count of people as it may leave its unit: None where it is too small to be shown."""
    return None if 0 < count < SUPPRESSED_BELOW else count


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of people over several units: the sum of the shown ones, and the hidden ones."""

    shown: int = 0
    hidden_units: int = 0
    hidden: int = 0

    @classmethod
    def of(cls, counts: Iterable[int]) -> Tally:
        known = list(counts)
        small = [count for count in known if shown(count) is None]
        return cls(sum(known) - sum(small), len(small), sum(small))

    def __add__(self, other: Tally) -> Tally:
        """Both sets of units together."""
        return Tally(
            self.shown + other.shown,
            self.hidden_units + other.hidden_units,
            self.hidden + other.hidden,
        )

    @property
    def over_a_place(self) -> int:
        """What may be said of a region or a branch."""
        return self.shown

    @property
    def is_open(self) -> bool:
        """Whether the hidden sum leaves every hidden count open."""
        lowest, highest = self.hidden_units, self.hidden_units * (SUPPRESSED_BELOW - 1)
        return self.hidden_units >= CROWD and lowest < self.hidden < highest

    @property
    def over_everything(self) -> int:
        """What may be said of all units together."""
        return self.shown + (self.hidden if self.is_open else 0)

    @property
    def left_out(self) -> int:
        """How many units are not in the sum over everything."""
        return 0 if self.is_open else self.hidden_units


def money_over_everything(*, shown_fen: int, hidden_fen: int, hidden_units: int) -> int:
    """Fen of all units; those of hidden units only when they are a crowd."""
    return shown_fen + (hidden_fen if hidden_units >= CROWD else 0)
