"""Filled tables: what the declaration says, with the numbers of one sub-tree of one snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tenant_apps.insight.selectors.axes import Item, Measure, Origin, Table
from tenant_apps.insight.selectors.counting import NEEDS_BEFORE, Cube, Ground, count

Number = int | Decimal | None
"""None where nothing is kept, or the question does not arise."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One number.  ``opens`` says whether there is a list of people behind it."""

    value: Number
    opens: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its numbers: row key -> column key -> cell.

    ``derived`` are rows that no snapshot holds and the others give.
    """

    table: Table
    cells: Mapping[str, Mapping[str, Cell]]
    derived: tuple[str, ...] = field(default=())

    def value(self, row: str, column: str) -> Number:
        return self.cells[row][column].value

    def lines(self) -> list[tuple[Item, list[tuple[Item, Cell]]]]:
        """Rows with their cells, in the order of the table."""
        return [
            (row, [(column, self.cells[row.key][column.key]) for column in self.table.columns])
            for row in self.table.rows
        ]


def fill(tables: Sequence[Table], ground: Ground) -> dict[int, Sheet]:
    """The sheets of the tables by number, each origin counted once for all of them."""
    cubes = count(tables, ground)
    return {table.number: _filled(table, cubes, ground) for table in tables}


def _filled(table: Table, cubes: Mapping[Origin, Cube], ground: Ground) -> Sheet:
    cells: dict[str, dict[str, Cell]] = {}
    for row in table.rows:
        if not row.is_computed:
            cells[row.key] = {
                column.key: _cell(table, row, column, cubes, ground) for column in table.columns
            }
    for row in _in_order(table.rows, cells):
        cells[row.key] = {column.key: _computed(row, column, cells) for column in table.columns}
    sheet = Sheet(table, cells)
    return _with_year_before(sheet, cells) if table.row("before") and not ground.before else sheet


def _cell(
    table: Table, row: Item, column: Item, cubes: Mapping[Origin, Cube], ground: Ground
) -> Cell:
    origin = table.origin_of(row, column)
    if not row.arises_in(column.key) or (origin in NEEDS_BEFORE and ground.before is None):
        return Cell(None)
    measure = table.measure_of(row, column)
    value = cubes[origin].number(table.where_of(row, column), measure)
    return Cell(value, opens=bool(value) and measure is not Measure.AMOUNT)


def _in_order(rows: Iterable[Item], known: Mapping[str, object]) -> list[Item]:
    """Computed rows, those first that others are computed from."""
    left, done, ordered = [row for row in rows if row.is_computed], set(known), list[Item]()
    while left:
        ready = [row for row in left if {*row.plus, *row.minus} <= done]
        if not ready:
            raise ValueError("rows of a table are computed from each other")
        ordered += ready
        done |= {row.key for row in ready}
        left = [row for row in left if row not in ready]
    return ordered


def _computed(row: Item, column: Item, cells: Mapping[str, Mapping[str, Cell]]) -> Cell:
    """Sums leave out what is not kept; a difference of it is not known either."""
    plus = [cells[key][column.key].value for key in row.plus]
    minus = [cells[key][column.key].value for key in row.minus]
    if row.minus and None in (*plus, *minus):
        return Cell(None)
    return Cell(_sum(plus) - _sum(minus))


def _sum(values: Iterable[Number]) -> int | Decimal:
    total: int | Decimal = 0
    for value in values:
        total += value or 0
    return total


def _with_year_before(sheet: Sheet, cells: dict[str, dict[str, Cell]]) -> Sheet:
    """Without a snapshot of the year before: what this year's changes leave (rulebook 7.1)."""
    for column in sheet.table.columns:
        now, grown, shrunk = (_sum([sheet.value(key, column.key)]) for key in
                              ("now", "grown", "shrunk"))  # fmt: skip
        cells["before"][column.key] = Cell(now - grown + shrunk)
        cells["change"][column.key] = Cell(grown - shrunk)
    return Sheet(sheet.table, cells, derived=("before",))
