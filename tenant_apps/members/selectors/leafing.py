"""A page of a list in its order, in a unit where a list can be too long to be sorted.

A short list is found once, as it is counted.  Of a long one an index that has the order is read
until the page is full, which is soon, because a long list has many of all members.  But order and
list may have to do with each other, which the planner does not know: names with a 王 in them stand
near the end of an order by pinyin, and the retired at one end of an order by age.  So only a
stretch of the index is read, some times what is to be expected; a page that is not full then, and
a late page of a list with an index of its own, is found by looking for everybody and sorting.
Days of birth and of joining have much to do with each other, so each stands second in the other's
index, which tells where in an order the first of the list is met: there the stretch begins.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import OrderBy

from tenant_apps.members.models import Member
from tenant_apps.members.selectors.lists import SEALED, SORTS

MOST_STEPS: Final = 20_000
"""Rows that may be expected to be met along an index before a page is full."""
MOST_SORTED: Final = 50_000
"""Rows that are sorted sooner than more steps than that are taken."""
LEAST_STRETCH: Final = 8_000
"""Rows of an index that are read before order and list are believed to be against each other."""
_SECOND: Final = {"joined_on": "birth_on", "birth_on": "joined_on"}
_MOST_UNKNOWN: Final = 1_000
_AWRY: Final = 3
"""So many times the expected rows are read before that."""


def found_in_order(members: QuerySet[Member], key: str, most: int) -> tuple[int, list[str]]:
    """How many there are up to ``most`` and one more, and where there are not more, their ids in
    the order of ``sorted_by``: looked for once, and no index read for the order.
    """
    order = _order(key)
    names = _names(order)
    rows = members.order_by().values_list(*names)[: most + 1]
    try:
        found, values = rows.query.sql_with_params()
    except EmptyResultSet:
        return 0, []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), CASE WHEN count(*) <= %s THEN array_agg(id::text ORDER BY"
            f" {_sql(order)}) END FROM ({found}) AS found ({', '.join(names)})",
            [most, *values],
        )
        count, ids = cursor.fetchone()
    return count, ids or []


def in_order(ids: Sequence[str]) -> list[Member]:
    """These members, found before, one after the other."""
    rows = Member.objects.filter(pk__in=ids).select_related("org").defer(*SEALED)
    by_id = {str(member.pk): member for member in rows}
    return [by_id[pk] for pk in ids if pk in by_id]


@dataclass(frozen=True, slots=True)
class Beside:
    """What a list asks of the column that stands second in the index of its order, and whether
    it takes those too of whom that is not known.
    """

    column: str
    asked: Q
    takes_unknown: bool = False


def leafed(
    members: QuerySet[Member],
    key: str,
    start: int,
    stop: int,
    *,
    along: Q,
    beside: Beside | None = None,
) -> list[Member]:
    """A slice of a long list in the order of ``sorted_by``.

    ``along`` is what the list asks of the column that leads the order: where it begins and ends.
    """
    plan, everybody = _plan(members), _plan(Member.objects.all())
    found = plan["Plan Rows"]
    steps = int(stop * everybody["Plan Rows"] / max(found, 1))
    if steps > MOST_STEPS and found <= MOST_SORTED and not _reads_all(plan):
        return _sorted_out(members, key, start, stop)
    stretch = max(LEAST_STRETCH, _AWRY * steps)
    if beside is not None:
        along = _from_first(key, along, beside)
    rows = list(_along_index(members.filter(along), key, along, stretch)[start:stop])
    return rows if len(rows) == stop - start else _sorted_out(members, key, start, stop)


def led_by(key: str) -> str:
    """The column that leads an order."""
    return _column(_order(key)[0])


def beside_it(column: str) -> str:
    """The column that stands second in the index of one that leads an order."""
    return _SECOND.get(column, "")


def _from_first(key: str, along: Q, beside: Beside) -> Q:
    """``along`` from where the first is met that the second column lets through.

    Where many pass of whom it is not known, the order begins anywhere, and nothing is left out.
    """
    order = _order(key)[0]
    name, way = _column(order), "-" if order.descending else ""
    ordered = Member.objects.filter(along, **{f"{name}__isnull": False})
    days = ordered.order_by(f"{way}{name}").values_list(name, flat=True)
    known = list(days.filter(beside.asked)[:1])
    strange: list[Any] = []
    if beside.takes_unknown:
        unknown = days.order_by().filter(**{f"{beside.column}__isnull": True})
        strange = list(unknown[: _MOST_UNKNOWN + 1])
    if len(strange) > _MOST_UNKNOWN:
        return along
    if not strange:
        along &= beside.asked
    if firsts := [*known, *strange]:
        begins = max(firsts) if way else min(firsts)
        along &= Q(**{f"{name}__{'lte' if way else 'gte'}": begins})
    return along


def _plan(members: QuerySet[Member]) -> dict[str, Any]:
    """How the planner would look for all of them, and how many it expects."""
    told = json.loads(members.order_by().values("pk").explain(format="json"))
    plan: dict[str, Any] = told[0]["Plan"]
    return plan


def _reads_all(plan: Mapping[str, Any]) -> bool:
    """Whether the table, or an index from one end to the other, is read to find them."""
    if plan["Node Type"] == "Seq Scan" or "Join" in plan["Node Type"]:
        return True
    return any(_reads_all(part) for part in plan.get("Plans", ()))


def _along_index(members: QuerySet[Member], key: str, along: Q, stretch: int) -> QuerySet[Member]:
    """The list along the index that has the order, as far as the stretch goes.

    An index holds the empty days at one end for both directions, the list shows them last: only
    rows with a day are read.
    """
    first, *others = _order(key)
    name, way = _column(first), "-" if first.descending else ""
    if name == "org_path":  # the organisations in their order, and the members of each
        return members.order_by(f"{way}org__path", "name_pinyin", "id")
    if first.nulls_last:
        along &= Q(**{f"{name}__isnull": False})
    ordered = Member.objects.filter(along).order_by(f"{way}{name}").values_list(name, flat=True)
    for edge in ordered[stretch : stretch + 1]:
        along &= Q(**{f"{name}__{'gte' if way else 'lte'}": edge})
    behind = [f"{'-' if one.descending else ''}{_column(one)}" for one in others]
    return members.filter(along).order_by(f"{way}{name}", *behind)


def _sorted_out(members: QuerySet[Member], key: str, start: int, stop: int) -> list[Member]:
    """The slice of all of them sorted.  ``OFFSET 0`` keeps the planner from reading an index for
    the order after all.
    """
    order = _order(key)
    names = _names(order)
    found, values = members.order_by().values_list(*names).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id::text FROM ({found} OFFSET 0) AS found ({', '.join(names)})"
            f" ORDER BY {_sql(order)} LIMIT %s OFFSET %s",
            [*values, stop - start, start],
        )
        ids = [pk for (pk,) in cursor.fetchall()]
    return in_order(ids)


def _order(key: str) -> Sequence[OrderBy]:
    return SORTS.get(key, SORTS["name"])


def _names(order: Sequence[OrderBy]) -> list[str]:
    return ["id", *dict.fromkeys(_column(one) for one in order if _column(one) != "id")]


def _sql(order: Sequence[OrderBy]) -> str:
    return ", ".join(
        f"{_column(one)} {'DESC' if one.descending else 'ASC'}"
        f"{' NULLS LAST' if one.nulls_last else ''}"
        for one in order
    )


def _column(order: OrderBy) -> str:
    expression: Any = order.expression
    return str(expression.name)
