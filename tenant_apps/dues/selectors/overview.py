"""A month by organisation: where one is in the tree, and the places below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import Left

from kernel.actor import Actor
from kernel.clock import Month
from tenant_apps.dues.models import Bill, BillState
from tenant_apps.dues.selectors.bills import MonthTotals, history, month_totals, places_below
from tenant_apps.dues.selectors.scope import scopes_of, within
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.selectors import OrganizationNotFound


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the overview.  ``is_own`` is the organisation itself without those below."""

    name: str
    path: str
    is_own: bool
    totals: MonthTotals


@dataclass(frozen=True, slots=True)
class Step:
    """An organisation on the way down from the outermost one."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Overview:
    month: Month
    path: str
    name: str
    trail: tuple[Step, ...]
    totals: MonthTotals
    places: tuple[Place, ...]
    course: tuple[tuple[Month, MonthTotals], ...]


def overview(actor: Actor, month: Month, path: str = "") -> Overview:
    """The month in the sub-tree ``path``, or in the outermost one that the actor sees.

    Raises OrganizationNotFound for a path outside the actor's sub-trees.
    """
    roots = list(organizations.roots_visible_to(actor))
    if not path and len(roots) == 1:
        path = roots[0].path
    trail = _trail(actor, path) if path else ()
    if path:
        found = places_below(actor, month, path)
        names = _names(actor, [place.path for place in found])
        places = tuple(
            Place(names.get(p.path, p.path), p.path, p.path == path, p.totals) for p in found
        )
    else:
        places = tuple(
            Place(
                root.short_name or root.name,
                root.path,
                False,
                month_totals(actor, month, below=root.path),
            )
            for root in roots
        )
    return Overview(
        month=month,
        path=path,
        name=trail[-1].name if trail else "全部组织",
        trail=trail,
        totals=month_totals(actor, month, below=path),
        places=places,
        course=_course(actor, month, path),
    )


def standings(actor: Actor, month: Month, *, width: int) -> list[tuple[str, str, int]]:
    """How many bills of the month wait (due) and are paid (done), and how many of the month before
    wait still (overdue), by the first ``width`` characters of the path; one statement.
    """
    now, last = Q(month=month.value), Q(month=(month - 1).value)
    sums = {
        "due": Count("pk", filter=now & Q(state=BillState.UNPAID)),
        "done": Count("pk", filter=now & Q(state=BillState.PAID)),
        "overdue": Count("pk", filter=last & Q(state=BillState.UNPAID)),
    }
    bills = Bill.objects.filter(within(scopes_of(actor)), now | last).order_by()
    rows: Any = bills.values(place=Left("org_path", width)).annotate(**sums)
    return [(row["place"], key, row[key]) for row in rows for key in sums]


def _trail(actor: Actor, path: str) -> tuple[Step, ...]:
    here = organizations.organizations_visible_to(actor).filter(path=path).first()
    if here is None:
        raise OrganizationNotFound
    return tuple(
        Step(found.short_name or found.name, found.path)
        for found in organizations.ancestors_of(actor, here)
    )


def _names(actor: Actor, paths: Sequence[str]) -> dict[str, str]:
    found = organizations.organizations_visible_to(actor).filter(path__in=paths)
    return {org.path: org.short_name or org.name for org in found}


def _course(actor: Actor, month: Month, path: str) -> tuple[tuple[Month, MonthTotals], ...]:
    """The six months that end with ``month``."""
    months = [month - back for back in range(5, -1, -1)]
    known = history(actor, [m.value for m in months], below=path)
    return tuple((m, known.get(m.value, MonthTotals())) for m in months)
