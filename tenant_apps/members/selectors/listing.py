"""The state of a list as its address says it: place, filters, tab, order, chosen rows.

The page, the export, its job and the API all read the same thing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self
from uuid import UUID

from django.db.models import Q, QuerySet

from kernel.actor import Actor
from tenant_apps.members.models import Member
from tenant_apps.members.selectors.columns import ColumnProvider, columns_for
from tenant_apps.members.selectors.counting import (
    ALL,
    BASIC_TABS,
    MOST_COUNTED,
    MOST_LOOKED_UP,
    Tab,
    is_large,
    tab_filter,
    tabs_of,
)
from tenant_apps.members.selectors.filters import Filters, asked_of, takes_unknown
from tenant_apps.members.selectors.leafing import Beside, beside_it, in_order, leafed, led_by
from tenant_apps.members.selectors.lists import in_scope, members_visible_to, sorted_by
from tenant_apps.organizations.selectors import scopes_of


@dataclass(frozen=True, slots=True)
class Listing:
    """Which members, in which order.  ``chosen`` narrows to rows picked by hand."""

    org_path: str = ""
    include_sub: bool = True
    filters: Filters = field(default_factory=Filters)
    tab: str = ALL
    sort: str = "name"
    chosen: tuple[str, ...] = ()

    def everybody(self, actor: Actor, *, today: dt.date) -> QuerySet[Member]:
        """The list before its tab: what the tabs count."""
        return members_visible_to(
            actor,
            org_path=self.org_path,
            include_sub=self.include_sub,
            filters=self.filters,
            today=today,
        )

    def rows(self, actor: Actor, *, today: dt.date) -> QuerySet[Member]:
        """The list in its order."""
        members = self.everybody(actor, today=today)
        members = members.filter(tab_filter(actor, self.tab, today=today))
        if self.chosen:
            members = members.filter(pk__in=[UUID(pk) for pk in self.chosen])
        return sorted_by(members, self.sort)

    def tabs(self, actor: Actor, *, today: dt.date) -> list[Tab]:
        """The tabs with their counts; in a large unit only this list's own, up to a point."""
        members = self.everybody(actor, today=today)
        if not is_large():
            return tabs_of(actor, members, today=today)
        is_looked_up = any(self.filters.added.values()) or self.tab not in BASIC_TABS
        most = MOST_LOOKED_UP if is_looked_up else MOST_COUNTED
        return tabs_of(actor, members, today=today, only=self.tab, sort=self.sort, most=most)

    def slice(
        self, actor: Actor, *, today: dt.date, start: int, stop: int, tab: Tab
    ) -> Sequence[Member]:
        """The rows from ``start`` to ``stop``; ``tab`` says how many there are.

        In a large unit counting has found a short list already.
        """
        if is_large() and not tab.is_more:
            return in_order(tab.found[start:stop])
        rows = self.rows(actor, today=today)
        if not tab.is_more:
            return list(rows[start:stop])
        along, beside = self._along(actor, today), self._beside(today)
        return leafed(rows, self.sort, start, stop, along=along, beside=beside)

    def _along(self, actor: Actor, today: dt.date) -> Q:
        """What the list asks of the column that leads its order."""
        column = led_by(self.sort)
        if column == "org_path":
            scopes = [self.org_path] if self.org_path else scopes_of(actor)
            return in_scope(scopes, field="org__path")
        return asked_of(column, self.filters, today=today)

    def _beside(self, today: dt.date) -> Beside | None:
        """What it asks of the column that stands second in the index of its order."""
        column = beside_it(led_by(self.sort))
        asked = asked_of(column, self.filters, today=today) if column else Q()
        return Beside(column, asked, takes_unknown(column, self.filters)) if asked else None

    def packed(self) -> dict[str, Any]:
        """For a row of the database; ``unpacked`` reads it."""
        plain = asdict(self)
        for name in ("joined_from", "joined_to"):
            day = plain["filters"][name]
            plain["filters"][name] = day.isoformat() if day else None
        return plain

    @classmethod
    def unpacked(cls, plain: dict[str, Any]) -> Self:
        filters = dict(plain["filters"])
        for name in ("joined_from", "joined_to"):
            day = filters[name]
            filters[name] = dt.date.fromisoformat(day) if day else None
        return cls(**{**plain, "filters": Filters(**filters), "chosen": tuple(plain["chosen"])})


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list.  ``number`` names it in the page; a ``is_roomy`` one is hidden from the
    start but on a wide screen.
    """

    number: int
    key: str
    label: str
    is_hidden: bool = False
    is_roomy: bool = False
    sort: str = ""
    provider: ColumnProvider | None = None

    @property
    def is_numeric(self) -> bool:
        """Figures are set to the right."""
        return self.provider is not None and self.provider.is_numeric


BASIC: Final = (
    Column(1, "org", "所在党组织", sort="org"),
    Column(2, "category", "类别与职务"),
    Column(3, "joined", "入党日期", sort="joined"),
    Column(4, "phone", "手机号码", is_hidden=True),
    Column(5, "education", "学历", is_hidden=True),
    Column(6, "age", "性别与年龄", is_hidden=True, sort="age"),
    Column(7, "ethnicity", "民族", is_hidden=True),
    Column(8, "completeness", "资料完整度", is_hidden=True, is_roomy=True),
)
"""Columns that can be hidden; the name with the masked identity number always stands first."""


def columns_of(actor: Actor, *, today: dt.date) -> list[Column]:
    """All columns that the actor can choose from, added ones last."""
    added = [
        Column(len(BASIC) + place, provider.key, provider.heading(today=today), provider=provider)
        for place, provider in enumerate(columns_for(actor), start=1)
    ]
    return [*BASIC, *added]


def shown_columns(columns: Sequence[Column]) -> list[Column]:
    """Without the hidden ones."""
    return [column for column in columns if not column.is_hidden]
