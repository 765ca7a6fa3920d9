"""Who is behind a number: the frozen lines of a cell, with names for those one may see today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection

from kernel.actor import Actor
from kernel.errors import NotFound
from tenant_apps.insight.selectors.axes import Item, Measure, Origin, Table, Where
from tenant_apps.insight.selectors.counting import NEEDS_BEFORE, Ground, origin_sql
from tenant_apps.insight.selectors.dims import DIMENSIONS
from tenant_apps.insight.selectors.snapshots import place_names
from tenant_apps.insight.selectors.standing import DECREASES, INCREASES
from tenant_apps.members.selectors import grounds
from tenant_apps.members.selectors import statistics as members

_AT_TURNS: Final = {"CONVERTED": "转正", "EXTENDED": "延长预备期"}
_LABELS: Final = {**dict(INCREASES), **dict(DECREASES), **_AT_TURNS}


class NoSuchCell(NotFound):
    code = "statistics_cell_unknown"
    sentence = "这一格没有可以打开的名单。"


@dataclass(frozen=True, slots=True)
class Person:
    """One line.  ``name`` is empty for somebody outside the actor's sub-trees today; an
    organisation that was commended has its own.
    """

    member_id: UUID
    name: str
    identity_masked: str
    is_member_now: bool
    org_name: str
    is_probationary: bool
    gender: int
    age: int | None
    joined_on: dt.date | None
    party_years: int | None
    what: str
    is_organization: bool = False


@dataclass(frozen=True, slots=True)
class CellOf:
    """A cell of a table, found by its keys."""

    table: Table
    row: Item
    column: Item

    @property
    def label(self) -> str:
        parts = [self.row.label, self.column.group, self.column.label]
        return " · ".join(part for part in parts if part)

    @property
    def is_of_organizations(self) -> bool:
        """Whether it counts organisations, and nobody."""
        return self.origin is Origin.HONOUR

    @property
    def origin(self) -> Origin:
        return self.table.origin_of(self.row, self.column)

    @property
    def where(self) -> Where:
        return self.table.where_of(self.row, self.column)


def cell_of(table: Table, row_key: str, column_key: str) -> CellOf:
    """The cell of these keys, empty ones standing for the table's total.

    Raises NoSuchCell for a row or column that is not there, or has nobody to be listed.
    """
    row = table.row(row_key) if row_key else table.total_row
    column = table.column(column_key or table.columns[0].key)
    if row is None or column is None or row.is_computed or not row.arises_in(column.key):
        raise NoSuchCell
    if table.measure_of(row, column) is Measure.AMOUNT:
        raise NoSuchCell
    return CellOf(table, row, column)


def people_in(
    actor: Actor, cell: CellOf, ground: Ground, *, first: int = 0, most: int
) -> tuple[list[Person], int]:
    """The people of a cell from number ``first`` on, at most ``most``, and how many they are.

    Raises NoSuchCell where there was no snapshot before.
    """
    lines, values = _lines_of(cell, ground)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) {lines}", values)
        total: int = cursor.fetchone()[0]
        cursor.execute(
            f"SELECT {_COLUMNS} {lines} ORDER BY {_ORDER} LIMIT %(most)s OFFSET %(first)s",
            {**values, "most": most, "first": first},
        )
        rows = cursor.fetchall()
    return _named(actor, cell, rows, ground), total


def people_after(
    actor: Actor, cell: CellOf, ground: Ground, *, last: Place | None, most: int
) -> tuple[list[Person], Place | None]:
    """The next ``most`` people after the place ``last`` (from the first on without one), and
    where they end: a long list is read piece by piece, none twice, whatever its length.
    """
    lines, values = _lines_of(cell, ground)
    onward = f" AND ({_ORDER}) > (%(last_path)s, %(last_member)s, %(last_line)s)" if last else ""
    values |= dict(zip(("last_path", "last_member", "last_line"), last or (), strict=False))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS} {lines}{onward} ORDER BY {_ORDER} LIMIT %(most)s",
            {**values, "most": most},
        )
        rows = cursor.fetchall()
    ends = (rows[-1][-2], rows[-1][0], rows[-1][-1]) if rows else None
    return _named(actor, cell, rows, ground), ends


Place = tuple[str, UUID, UUID]
"""Where a line stands in the order of a list: path, person, line."""
_ORDER: Final = "l.org_path, l.member_id, l.id"
_COLUMNS: Final = (
    "l.member_id, l.org_id, l.is_probationary, l.gender, l.age, l.joined_on, l.party_years,"
    " l.code, l.detail, l.org_path, l.id"
)


def _lines_of(cell: CellOf, ground: Ground) -> tuple[str, dict[str, Any]]:
    """FROM and WHERE of a cell, with their values."""
    if cell.origin in NEEDS_BEFORE and ground.before is None:
        raise NoSuchCell
    conditions = "".join(f" AND {DIMENSIONS[name]} = ANY(%({name})s)" for name, _ in cell.where)
    chosen = {name: list(values) for name, values in cell.where}
    return f"FROM {origin_sql(cell.origin)}{conditions}", {**ground.parameters(), **chosen}


def _named(actor: Actor, cell: CellOf, rows: Sequence[Any], ground: Ground) -> list[Person]:
    of = ground.before if cell.origin in (Origin.BEFORE, Origin.WENT_INSIDE) else ground.now
    places = place_names(of or ground.now, list({row[1] for row in rows}))
    if cell.is_of_organizations:
        shown = {org_id: (name, "", False) for org_id, name in places.items()}
    else:
        shown = members.shown_to(actor, [row[0] for row in rows])
    found = []
    for member_id, org_id, probationary, gender, age, joined, years, code, detail, *_ in rows:
        name, identity, is_active = shown.get(member_id, ("", "", False))
        said = (_LABELS.get(code, _said(code)), grounds.label_of(detail) or _said(detail))
        found.append(
            Person(
                member_id=member_id,
                name=name,
                identity_masked=identity,
                is_member_now=is_active,
                org_name=places.get(org_id, ""),
                is_probationary=probationary,
                gender=gender,
                age=age,
                joined_on=joined,
                party_years=years,
                what=" ".join(word for word in said if word),
                is_organization=cell.is_of_organizations,
            )
        )
    return found


def _said(word: str) -> str:
    """A code that is itself a word of the office; keys of tables are not shown."""
    return "" if word.isascii() else word
