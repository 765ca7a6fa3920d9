"""The demo's organisation with a long history: what it came from, and what came out of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final

from kernel import clock
from kernel.actor import Actor
from kernel.errors import DomainError
from tenant_apps.members import selectors as members
from tenant_apps.members.services import moving
from tenant_apps.organizations import selectors
from tenant_apps.organizations.services import founding, merging, retyping, revising, splitting
from tenant_apps.organizations.services.sheets import Sheet, sheet_of
from tenant_apps.organizations.services.turns import Decision

_MOVED: Final = 8
"""Full members that each of its branches gets from a large one."""


class Chronicle:
    """Decisions about organisations, one after the other, each with its document."""

    def __init__(self, root: Any, job: Actor, now: dt.datetime) -> None:
        self.root, self.job, self.now = root, job, now
        self.today = clock.day_of(now)
        self._number = 0

    @property
    def who(self) -> dict[str, Any]:
        return {"actor": self.job, "now": self.now}

    def found(
        self, name: str, days: int, kind: str = "BRANCH", *, below: Any = None, **fields: Any
    ) -> Any:
        """An organisation founded so many days ago below the root, or ``below`` another one."""
        decision = self.decided(days, "设立")
        sheet = Sheet(f"中共{name}", name, kind, founded_on=decision.on, **fields)
        return founding.create(
            parent=below or self.root, sheet=sheet, document=decision.document, **self.who
        )

    def decided(self, days: int, reason: str) -> Decision:
        on = self.today - dt.timedelta(days=days)
        self._number += 1
        return Decision(on=on, reason=reason, document=f"徐党组〔{on.year}〕{self._number} 号")

    def attempt(self, act: Callable[[], object]) -> None:
        """A roster with another shape may not allow it; the demo goes on without."""
        try:
            act()
        except DomainError:
            return


def trace(told: Chronicle) -> None:
    """Two branches become one, which is renamed, raised to a general branch, gains another and
    lets go of a part; then people belong to it.
    """
    depot = told.found("机务整备党支部", 5_400)
    merger = told.decided(4_100, "检修与整备合并管理")
    repair = told.found("机车检修党支部", 6_100)
    merging.merge(source=repair, target=depot, decision=merger, **told.who)
    depot = _renamed(told, depot, "车辆段党支部", 3_700)
    raised = told.decided(2_900, "党员人数增加，升格为党总支")
    retyping.retype(
        organization=depot, kind="GENERAL_BRANCH", branch="车辆段检修党支部", decision=raised,
        **told.who,
    )  # fmt: skip
    depot.refresh_from_db()
    depot = _renamed(told, depot, "车辆段党总支", 2_900)
    first = selectors.that_hold_members(selectors.organizations_visible_to(told.job)).get(
        parent_id=depot.pk
    )
    second = told.found("车辆段运用党支部", 2_500, below=depot)
    signals = told.found("信号通信党支部", 2_100, below=depot)
    part = told.decided(1_150, "信号通信业务单独设立")
    sheet = Sheet(
        "中共通号车间总支部委员会", "通号车间党总支", "GENERAL_BRANCH", founded_on=part.on
    )
    splitting.split(
        source=depot, sheet=sheet, members=(), children=[signals.pk], decision=part, **told.who
    )
    station = told.found("东站综合党支部", 3_300)
    reform = told.decided(560, "机构改革，东站并入车辆段管理")
    merging.merge(source=station, target=first, decision=reform, **told.who)
    _settle(told, (first, second, signals))


def _renamed(told: Chronicle, org: Any, name: str, days: int) -> Any:
    decision = told.decided(days, "更名")
    sheet = replace(sheet_of(org), name=f"中共{name}", short_name=name, contact_phone=None)
    return revising.revise(
        organization=org, sheet=sheet, on=decision.on, document=decision.document, **told.who
    )


def _settle(told: Chronicle, branches: tuple[Any, ...]) -> None:
    """Full members of the largest branches go over to the new ones."""
    held = selectors.that_hold_members(selectors.organizations_visible_to(told.job))
    counts = selectors.headcounts([branch.path for branch in held])
    largest = sorted(held, key=lambda branch: (-counts[branch.path].full, branch.path))
    for branch, source in zip(branches, largest, strict=False):
        found = members.members_visible_to(told.job, org_path=source.path)
        branch.refresh_from_db()  # its place in the tree is another since
        going = found.filter(category="FULL", org_id=source.pk).order_by("id")[:_MOVED]
        told.attempt(partial(moving.move, members=list(going), org=branch, **told.who))
