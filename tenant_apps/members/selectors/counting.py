"""How many: per tab of the list, and per organisation for the tree."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet

from kernel import cache
from kernel.actor import Actor
from tenant_apps.access.selectors.neighbours import Standing
from tenant_apps.members.models import Category, Member
from tenant_apps.members.selectors.columns import columns_for
from tenant_apps.members.selectors.files import INCOMPLETE
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.selectors import Headcount

ALL: Final = "all"


EXACT_UP_TO: Final = 200_000
"""Members of a unit up to which every count is exact."""
MOST_COUNTED: Final = 10_000
"""Beyond that size a list is counted, and leafed through, up to here: 「10,000+」."""
_KEPT_SECONDS: Final = 600
_TREE_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Tab:
    """A named view of the list with its count, of which there may be more (``is_more``);
    ``choice`` belongs to an added column.
    """

    key: str
    label: str
    count: int
    provider: str = ""
    choice: str = ""
    is_more: bool = False


_BASIC: Final[Mapping[str, tuple[str, Q]]] = {
    ALL: ("全部", Q()),
    "full": ("正式党员", Q(category=Category.FULL)),
    "probationary": ("预备党员", Q(category=Category.PROBATIONARY)),
    "incomplete": ("资料待完善", INCOMPLETE),
}


def is_large() -> bool:
    """Whether the unit has so many members that counting all of a list would take too long."""
    known = cache.get("members.is_large")
    if known is None:
        known = Member.objects.order_by()[: EXACT_UP_TO + 1].count() > EXACT_UP_TO
        if known:
            cache.put("members.is_large", known, seconds=_KEPT_SECONDS)
    return bool(known)


def tabs_of(
    actor: Actor, members: QuerySet[Member], *, today: dt.date, is_capped: bool = False
) -> list[Tab]:
    """All tabs with their counts in one statement.  ``members`` is the list without its tab.

    ``is_capped`` counts each up to MOST_COUNTED and says where there are more.
    """
    added = [
        (f"{provider.key}_{provider.tab[0]}", provider.tab[1], provider, provider.tab[0])
        for provider in columns_for(actor)
        if provider.tab is not None
    ]
    wanted = {key: where for key, (_, where) in _BASIC.items()}
    for key, _, provider, choice in added:
        wanted[key] = provider.matching(choice, today=today)
    counts = _capped(members, wanted) if is_capped else _exact(members, wanted)
    tabs = [_tab(key, label, counts) for key, (label, _) in _BASIC.items()]
    tabs[-1:-1] = [
        _tab(key, label, counts, provider.key, choice) for key, label, provider, choice in added
    ]
    return tabs


def _tab(
    key: str, label: str, counts: Mapping[str, int], provider: str = "", choice: str = ""
) -> Tab:
    """A count beyond MOST_COUNTED is one that was stopped there."""
    count = counts[key]
    if count < 0:
        return Tab(key, label, MOST_COUNTED, provider, choice, is_more=True)
    return Tab(key, label, count, provider, choice)


def _exact(members: QuerySet[Member], wanted: Mapping[str, Q]) -> dict[str, int]:
    tallies = {f"n_{key}": Count("pk", filter=where or None) for key, where in wanted.items()}
    found = members.order_by().aggregate(**tallies)
    return {key: found[f"n_{key}"] for key in wanted}


def _capped(members: QuerySet[Member], wanted: Mapping[str, Q]) -> dict[str, int]:
    """Each count stops by itself as soon as it is beyond the cap; -1 stands for that."""
    parts, params = [], []
    for place, where in enumerate(wanted.values()):
        rows = members.filter(where).order_by().values("pk")[: MOST_COUNTED + 1]
        sql, values = rows.query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) AS part{place})")
        params += values
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        counted = cursor.fetchone()
    return {
        key: -1 if count > MOST_COUNTED else count
        for key, count in zip(wanted, counted, strict=True)
    }


def tab_filter(actor: Actor, key: str, *, today: dt.date) -> Q:
    """What a tab narrows the list to; an unknown one is the whole list."""
    if key in _BASIC:
        return _BASIC[key][1]
    for provider in columns_for(actor):
        if provider.tab is not None and key == f"{provider.key}_{provider.tab[0]}":
            return provider.matching(provider.tab[0], today=today)
    return Q()


class Residents(organizations.Residents):
    """Members belong to the tree."""

    def headcounts(self, paths: Sequence[str]) -> Mapping[str, Headcount]:
        """Direct and sub-tree counts of active members, whatever the number of paths.

        Of a large unit they are up to a minute old.
        """
        digest = hashlib.sha256("\n".join(sorted(paths)).encode()).hexdigest()
        key = f"members.headcounts.{digest}"
        known: Mapping[str, Headcount] | None = cache.get(key)
        if known is not None:
            return known
        with connection.cursor() as cursor:
            cursor.execute(_HEADCOUNTS, [sorted({len(path) for path in paths}), list(paths)])
            counts = {path: Headcount(*counts) for path, *counts in cursor.fetchall()}
        if max((count.within for count in counts.values()), default=0) > EXACT_UP_TO:
            cache.put(key, counts, seconds=_TREE_SECONDS)
        return counts

    def occupied(self, paths: Sequence[str]) -> set[str]:
        """Paths to which a member belongs, active or not."""
        found = Member.objects.filter(org_path__in=paths).values_list("org_path", flat=True)
        return set(found.distinct())


_TABLE: Final = Member._meta.db_table
_HEADCOUNTS: Final = f"""
WITH per_place AS (
    SELECT org_path, count(*) AS everybody, count(*) FILTER (WHERE category = 'FULL') AS full_ones
    FROM {_TABLE} WHERE is_active GROUP BY org_path
)
SELECT left(org_path, width) AS path,
       coalesce(sum(everybody) FILTER (WHERE length(org_path) = width), 0)::int,
       sum(everybody)::int,
       coalesce(sum(full_ones) FILTER (WHERE length(org_path) = width), 0)::int
FROM per_place, unnest(%s::int[]) AS width
WHERE length(org_path) >= width AND left(org_path, width) = ANY(%s)
GROUP BY 1
"""


def standings_of(member_ids: Sequence[UUID]) -> Mapping[UUID, Standing]:
    """Fills ``access.selectors.neighbours.Members``: the active ones among these."""
    rows = Member.objects.filter(pk__in=member_ids, is_active=True)
    return {
        pk: Standing(name=name, org_path=path)
        for pk, name, path in rows.values_list("id", "name", "org_path")
    }
