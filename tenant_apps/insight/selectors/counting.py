"""Counting the cells of any number of tables: one pass over the frozen lines per origin.

All cells of an origin become sets of the dimensions that they speak of.  PostgreSQL counts a few
sets that hold the others in the same pass, the others are added up from these (``rolling``), and a
cell is the sum of the groups that its conditions name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any, Final
from uuid import UUID

from django.db import connection

from tenant_apps.insight.models import Line
from tenant_apps.insight.selectors.axes import Measure, Origin, Table, Where
from tenant_apps.insight.selectors.dims import DIMENSIONS
from tenant_apps.insight.selectors.rolling import Counts, Groups, Names, covering, rolled_up

_LINES: Final = Line._meta.db_table
_NOTHING: Final[Counts] = (0, 0, Decimal(0))
_PLACE: Final = {Measure.PEOPLE: 0, Measure.TIMES: 1, Measure.AMOUNT: 2}

_HERE: Final = f"""{_LINES} l WHERE l.snapshot_id = %(now)s AND l.source = '{{source}}'
    AND l.org_path LIKE %(path)s"""
_BEFORE: Final = f"""{_LINES} l WHERE l.snapshot_id = %(before)s AND l.source = 'PEOPLE'
    AND l.org_path LIKE %(path_before)s"""
# A transfer in the books of the period is an increase or a decrease already.
_UNLESS: Final = f"""AND NOT EXISTS (
        SELECT FROM {_LINES} c WHERE c.snapshot_id = %(now)s AND c.source = 'CHANGE'
          AND c.org_path LIKE %(path)s AND c.code IN ('{{kind}}', '{{whole}}')
          AND c.member_id = l.member_id)"""
_CAME: Final = f"""{_LINES} l JOIN {_LINES} o
    ON o.snapshot_id = %(before)s AND o.source = 'PEOPLE' AND o.member_id = l.member_id
    AND o.org_path NOT LIKE %(path_before)s
WHERE l.snapshot_id = %(now)s AND l.source = 'PEOPLE' AND l.org_path LIKE %(path)s
    {_UNLESS.format(kind="TRANSFERRED_IN", whole="WHOLE_IN")}"""
_WENT: Final = f"""{_LINES} l JOIN {_LINES} o
    ON o.snapshot_id = %(now)s AND o.source = 'PEOPLE' AND o.member_id = l.member_id
    AND o.org_path NOT LIKE %(path)s
WHERE l.snapshot_id = %(before)s AND l.source = 'PEOPLE' AND l.org_path LIKE %(path_before)s
    {_UNLESS.format(kind="TRANSFERRED_OUT", whole="WHOLE_OUT")}"""
_ORIGINS: Final[Mapping[Origin, str]] = {
    Origin.BEFORE: _BEFORE,
    Origin.CAME_FROM_INSIDE: _CAME,
    Origin.WENT_INSIDE: _WENT,
    **{
        origin: _HERE.format(source=origin)
        for origin in (Origin.PEOPLE, Origin.CHANGE, Origin.APPRAISAL, Origin.TRAINING,
                       Origin.REWARD, Origin.HONOUR)
    },
}  # fmt: skip
NEEDS_BEFORE: Final = (Origin.BEFORE, Origin.CAME_FROM_INSIDE, Origin.WENT_INSIDE)
"""Origins that there are only where there is a snapshot before."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Which sub-tree of which snapshot is counted.  ``path_before`` is where the organisation
    was in the snapshot ``before``; None where there is no such snapshot, or it was not there.
    """

    now: UUID
    path: str
    before: UUID | None = None
    path_before: str | None = None

    def parameters(self) -> dict[str, Any]:
        gone = self.path_before is None
        return {
            "now": self.now,
            "path": f"{self.path}%",
            "before": self.before,
            "path_before": "-" if gone else f"{self.path_before}%",
        }


@dataclass(frozen=True, slots=True)
class Cube:
    """The counted groups of one origin: by dimensions, then by their values."""

    groups: Mapping[Names, Groups]

    def number(self, where: Where, measure: Measure) -> int | Decimal:
        """What the conditions name, added up."""
        counted = self.groups[_dimensions(where)]
        place = _PLACE[measure]
        values = product(*(values for _, values in where))
        found = (counted.get(one, _NOTHING)[place] for one in values)
        return sum(found, Decimal(0) if measure is Measure.AMOUNT else 0)


def count(tables: Iterable[Table], ground: Ground) -> dict[Origin, Cube]:
    """Every group that a cell of ``tables`` needs, in one statement per origin."""
    wanted: dict[Origin, set[Names]] = {}
    for table in tables:
        for row in table.rows:
            if row.is_computed:
                continue
            for column in table.columns:
                if not row.arises_in(column.key):
                    continue
                sets = wanted.setdefault(table.origin_of(row, column), set())
                sets.add(_dimensions(table.where_of(row, column)))
    return {origin: _counted(origin, sets, ground) for origin, sets in wanted.items()}


def _dimensions(where: Where) -> Names:
    return tuple(name for name, _ in where)


def _counted(origin: Origin, wanted: Collection[Names], ground: Ground) -> Cube:
    if origin in NEEDS_BEFORE and ground.before is None:
        return Cube({names: {} for names in wanted})
    sets = covering(wanted)
    names = sorted({name for one in sets for name in one})
    with connection.cursor() as cursor:
        cursor.execute(_statement(origin, sets, names), ground.parameters())
        rows = cursor.fetchall()
    groups: dict[Names, dict[tuple[Any, ...], Counts]] = {one: {} for one in sets}
    by_bits = {_bits(names, one): one for one in sets}
    for bits, people, times, amount, *values in rows:
        dimensions = by_bits[bits]
        chosen = tuple(values[names.index(name)] for name in dimensions)
        groups[dimensions][chosen] = (people, times or 0, amount or Decimal(0))
    return Cube(rolled_up(groups, wanted))


def _statement(origin: Origin, sets: Sequence[Names], names: Sequence[str]) -> str:
    columns = "".join(f", {DIMENSIONS[name]} AS {name}" for name in names)
    grouping = ", ".join(f"({', '.join(one)})" for one in sets)
    bits = f"GROUPING({', '.join(names)})" if names else "0"
    chosen = "".join(f", {name}" for name in names)
    sums = "sum(times), sum(amount)" if origin is Origin.TRAINING else "0, NULL"
    return f"""
        SELECT {bits}, count(*), {sums}{chosen}
        FROM (SELECT l.times, l.amount{columns} FROM {_ORIGINS[origin]}) AS people
        GROUP BY GROUPING SETS ({grouping})
    """


def _bits(names: Sequence[str], chosen: Sequence[str]) -> int:
    """GROUPING(): a bit for each name, the last the lowest, set where it is not grouped by."""
    return sum(1 << place for place, name in enumerate(reversed(names)) if name not in chosen)


def origin_sql(origin: Origin) -> str:
    """The lines of an origin as a FROM and WHERE, for whoever lists them; takes a Ground's
    parameters.
    """
    return _ORIGINS[origin]
