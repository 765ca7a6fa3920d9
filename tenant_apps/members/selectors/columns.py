"""Columns and filters that apps above this one add to the list.

Members know nothing of dues (the apps are stacked), yet the list shows what a member owes this
month.  So such an app registers a ``ColumnProvider`` for each column in its ``AppConfig.ready``::

    selectors.register_column(BillState())      # key "bill", heading 「11 月党费」

The list asks each provider once per page for all rows shown (``cells``), the filter bar offers
its ``choices`` (``?bill=unpaid``), and a provider with a ``tab`` puts one of the choices among
the tabs with its count.  The export asks in batches of 1,000.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from django.db.models import Q

from kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a column for one member.

    With ``status`` (a key of the design system: paid, unpaid, overdue, exempt …) it is shown as a
    badge with ``text`` in place of the key's own words; ``note`` is the second line.
    """

    text: str
    status: str = ""
    note: str = ""


class ColumnProvider(Protocol):
    """One column.  ``key`` is the name of its filter in addresses, lower case, no spaces."""

    @property
    def key(self) -> str: ...

    @property
    def label(self) -> str:
        """What the column chooser and the filter call it: 「本月党费」."""

    @property
    def is_numeric(self) -> bool:
        """Figures are set to the right."""

    @property
    def choices(self) -> Sequence[tuple[str, str]]:
        """Values of the filter and their words; empty for a column without a filter."""

    @property
    def tab(self) -> tuple[str, str] | None:
        """A choice to be shown as a tab, and the tab's words: ("unpaid", "本月未交党费")."""

    def heading(self, *, today: dt.date) -> str:
        """The table head: 「11 月党费」."""

    def is_visible_to(self, actor: Actor) -> bool:
        """Whether the actor may see the column and filter by it."""

    def cells(self, member_ids: Sequence[UUID], *, today: dt.date) -> Mapping[UUID, Cell]:
        """The column for a page of rows in one or two statements; rows may be left out."""

    def matching(self, choice: str, *, today: dt.date) -> Q:
        """Members of which ``choice`` is true, as a filter (a sub-query, never a list of ids)."""


_columns: list[ColumnProvider] = []


def register_column(provider: ColumnProvider) -> None:
    """Adds a column to the list; called once, in ``AppConfig.ready``."""
    _columns.append(provider)


def columns_for(actor: Actor) -> list[ColumnProvider]:
    """The added columns that the actor may see, in the order of registration."""
    return [provider for provider in _columns if provider.is_visible_to(actor)]
