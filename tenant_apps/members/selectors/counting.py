"""How many: per tab of the list, and per organisation for the tree."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet

from kernel.actor import Actor
from tenant_apps.access.selectors.neighbours import Standing
from tenant_apps.members.models import Category, Member
from tenant_apps.members.selectors.columns import columns_for
from tenant_apps.members.selectors.files import INCOMPLETE
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.selectors import Headcount

ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Tab:
    """A named view of the list with its count; ``choice`` belongs to an added column."""

    key: str
    label: str
    count: int
    provider: str = ""
    choice: str = ""


_BASIC: Final[Mapping[str, tuple[str, Q]]] = {
    ALL: ("全部", Q()),
    "full": ("正式党员", Q(category=Category.FULL)),
    "probationary": ("预备党员", Q(category=Category.PROBATIONARY)),
    "incomplete": ("资料待完善", INCOMPLETE),
}


def tabs_of(actor: Actor, members: QuerySet[Member], *, today: dt.date) -> list[Tab]:
    """All tabs with their counts in one statement.  ``members`` is the list without its tab."""
    added = [
        (f"{provider.key}_{provider.tab[0]}", provider.tab[1], provider, provider.tab[0])
        for provider in columns_for(actor)
        if provider.tab is not None
    ]
    wanted = {f"n_{key}": Count("pk", filter=where) for key, (_, where) in _BASIC.items() if where}
    wanted["n_all"] = Count("pk")
    for key, _, provider, choice in added:
        wanted[f"n_{key}"] = Count("pk", filter=provider.matching(choice, today=today))
    counts = members.order_by().aggregate(**wanted)
    tabs = [Tab(key, label, counts[f"n_{key}"]) for key, (label, _) in _BASIC.items()]
    tabs[-1:-1] = [
        Tab(key, label, counts[f"n_{key}"], provider.key, choice)
        for key, label, provider, choice in added
    ]
    return tabs


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
        """Direct and sub-tree counts of active members, whatever the number of paths."""
        with connection.cursor() as cursor:
            cursor.execute(_HEADCOUNTS, [sorted({len(path) for path in paths}), list(paths)])
            return {path: Headcount(*counts) for path, *counts in cursor.fetchall()}

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
