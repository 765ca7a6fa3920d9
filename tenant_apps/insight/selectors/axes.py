"""How a table of the statistics is written down: rows, columns, and what adds up to what.

A cell is a source with conditions.  A condition names a dimension (``dims``) and the values that
count, so that the same declaration is counted by PostgreSQL in one pass, opens the list of
people, and is checked by whoever reads it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Where = tuple[tuple[str, tuple[Any, ...]], ...]
"""Conditions that must all hold: a dimension and the values of it that count."""


class Origin(StrEnum):
    """Where a cell's people come from: a source of the snapshot, or of the one before it."""

    PEOPLE = "PEOPLE"
    CHANGE = "CHANGE"
    APPRAISAL = "APPRAISAL"
    TRAINING = "TRAINING"
    REWARD = "REWARD"
    HONOUR = "HONOUR"
    """Organisations that were commended."""
    BEFORE = "BEFORE"
    """The members of the snapshot before."""
    CAME_FROM_INSIDE = "CAME_FROM_INSIDE"
    """Members now whom the snapshot before had elsewhere in the unit."""
    WENT_INSIDE = "WENT_INSIDE"
    """Members before whom the snapshot now has elsewhere in the unit."""


class Measure(StrEnum):
    """What is added up: people (or cases), times, or the amount."""

    PEOPLE = "people"
    TIMES = "times"
    AMOUNT = "amount"


@dataclass(frozen=True, slots=True)
class Item:
    """A row or a column.  Those with the same ``part`` add up to the axis' total.

    ``origin`` and ``measure`` overrule the table's.  A row with ``plus`` or ``minus`` is not
    counted but computed from other rows.  ``group`` is the heading above several columns.
    A row with ``only`` has numbers in these columns; in the others its question does not arise:
    an empty field, never a zero.
    """

    key: str
    label: str
    where: Where = ()
    part: str = ""
    group: str = ""
    indent: int = 0
    origin: Origin | None = None
    measure: Measure | None = None
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    is_strong: bool = False

    @property
    def is_computed(self) -> bool:
        return bool(self.plus or self.minus)

    def arises_in(self, column: str) -> bool:
        """Whether the row asks anything in this column."""
        return not self.only or column in self.only


@dataclass(frozen=True, slots=True)
class Sum:
    """On an axis (``rows`` or ``columns``) the items of ``part`` make the item ``total``."""

    axis: str
    part: str
    total: str = "all"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of rulebook 7.2.  ``basis`` says what its columns rest on, in words that stand
    under the printed table.
    """

    number: int
    title: str
    rows: tuple[Item, ...]
    columns: tuple[Item, ...]
    origin: Origin = Origin.PEOPLE
    where: Where = ()
    sums: tuple[Sum, ...] = ()
    basis: str = ""
    unit: str = "人"
    row_heading: str = "项目"
    _rows: Mapping[str, Item] = field(init=False, repr=False, compare=False)
    _columns: Mapping[str, Item] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_rows", _by_key(self.rows))
        object.__setattr__(self, "_columns", _by_key(self.columns))

    def row(self, key: str) -> Item | None:
        return self._rows.get(key)

    def column(self, key: str) -> Item | None:
        return self._columns.get(key)

    @property
    def total_row(self) -> Item:
        """The row that counts everybody: of a comparison the last, of the others the total."""
        return self._rows.get("now") or self._rows["all"]

    def origin_of(self, row: Item, column: Item) -> Origin:
        """The column's where it has one, then the row's, then the table's."""
        return column.origin or row.origin or self.origin

    def where_of(self, row: Item, column: Item) -> Where:
        """The conditions of a cell; two on the same dimension meet in what both allow."""
        return meet(self.where, row.where, column.where)

    def measure_of(self, row: Item, column: Item) -> Measure:
        return column.measure or row.measure or Measure.PEOPLE


def meet(*wheres: Where) -> Where:
    """All conditions of all, one per dimension, by the dimensions' names."""
    found: dict[str, tuple[Any, ...]] = {}
    for dimension, values in (condition for where in wheres for condition in where):
        had = found.get(dimension)
        found[dimension] = values if had is None else tuple(v for v in had if v in values)
    return tuple(sorted(found.items()))


def is_(dimension: str, *values: Any) -> Where:
    """One condition."""
    return ((dimension, values),)


def _by_key(items: Sequence[Item]) -> dict[str, Item]:
    found = {item.key: item for item in items}
    if len(found) != len(items):
        raise ValueError("two items of a table have the same key")
    return found
