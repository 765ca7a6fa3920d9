"""How many: per tab of the list, and per organisation for the tree."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet

from kernel import cache
from kernel.actor import Actor
from tenant_apps.access.selectors.neighbours import Standing
from tenant_apps.members.models import INCOMPLETE, Category, Member
from tenant_apps.members.selectors.columns import columns_for
from tenant_apps.members.selectors.leafing import found_in_order
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.selectors import Headcount

ALL: Final = "all"


EXACT_UP_TO: Final = 200_000
"""Members of a unit up to which every count is exact."""
MOST_COUNTED: Final = 10_000
"""Beyond that size a list is counted up to here: 「10,000+」."""
MOST_LOOKED_UP: Final = 1_000
"""The same where an added column narrows it, for which each row is looked up in another table."""
MOST_LEAFED: Final = 2_000
"""And leafed through up to here."""
_KEPT_SECONDS: Final = 600
_TREE_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Tab:
    """A named view of the list with its count; None where it was not counted, and where there
    are more than were counted ``is_more``.  ``choice`` belongs to an added column.  ``found`` are
    the ids in their order, where the unit is large and the list short.
    """

    key: str
    label: str
    count: int | None
    provider: str = ""
    choice: str = ""
    is_more: bool = False
    found: Sequence[str] = ()


BASIC_TABS: Final[Mapping[str, tuple[str, Q]]] = {
    ALL: ("全部", Q()),
    "full": ("正式党员", Q(category=Category.FULL)),
    "probationary": ("预备党员", Q(category=Category.PROBATIONARY)),
    "away": ("流动党员", Q(away_since__isnull=False)),
    "incomplete": ("资料待完善", INCOMPLETE),
}
"""The tabs that every list has; those of added columns stand before the last."""


def is_large() -> bool:
    """Whether the unit has so many members that counting all of a list would take too long."""
    known = cache.get("members.is_large")
    if known is None:
        known = Member.objects.order_by()[: EXACT_UP_TO + 1].count() > EXACT_UP_TO
        if known:
            cache.put("members.is_large", known, seconds=_KEPT_SECONDS)
    return bool(known)


def tabs_of(
    actor: Actor,
    members: QuerySet[Member],
    *,
    today: dt.date,
    only: str | None = None,
    sort: str = "name",
    most: int = MOST_COUNTED,
) -> list[Tab]:
    """All tabs with their counts in one statement.  ``members`` is the list without its tab.

    ``only`` names the one that is counted in a large unit, up to ``most``, and found in the order
    of ``sort``.
    """
    added = [
        (f"{provider.key}_{provider.tab[0]}", provider.tab[1], provider, provider.tab[0])
        for provider in columns_for(actor)
        if provider.tab is not None
    ]
    wanted = {key: where for key, (_, where) in BASIC_TABS.items()}
    for key, _, provider, choice in added:
        wanted[key] = provider.matching(choice, today=today)
    counts = _exact(members, wanted) if only is None else {}
    tabs = [Tab(key, label, counts.get(key)) for key, (label, _) in BASIC_TABS.items()]
    tabs[-1:-1] = [
        Tab(key, label, counts.get(key), provider.key, choice)
        for key, label, provider, choice in added
    ]
    if only is None:
        return tabs
    shown = only if only in wanted else ALL
    count, found = found_in_order(members.filter(wanted[shown]), sort, most)
    counted: dict[str, Any] = {
        "count": min(count, most),
        "is_more": count > most,
        "found": found,
    }
    return [replace(tab, **counted) if tab.key == shown else tab for tab in tabs]


def _exact(members: QuerySet[Member], wanted: Mapping[str, Q]) -> dict[str, int]:
    tallies = {f"n_{key}": Count("pk", filter=where or None) for key, where in wanted.items()}
    found = members.order_by().aggregate(**tallies)
    return {key: found[f"n_{key}"] for key in wanted}


def tab_filter(actor: Actor, key: str, *, today: dt.date) -> Q:
    """What a tab narrows the list to; an unknown one is the whole list."""
    if key in BASIC_TABS:
        return BASIC_TABS[key][1]
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
