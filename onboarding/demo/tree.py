"""The demo's tree with a history: places and contacts, branches founded, merged and moved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from kernel import clock
from kernel.actor import Actor
from kernel.errors import DomainError
from kernel.unit import unit_context
from tenant_apps.members.services import grouping
from tenant_apps.organizations import selectors
from tenant_apps.organizations.services import founding, merging, moving, retyping, revising
from tenant_apps.organizations.services.sheets import Sheet, sheet_of
from tenant_apps.organizations.services.turns import Decision
from tenants.models import Unit

_FOUNDED: Final = dt.date(2008, 7, 1)
_COMPLETED: Final = 30
_DIVIDED: Final = 4
_GROUPS: Final = ("第一党小组", "第二党小组", "第三党小组")
_CONTACTS: Final = (("方晓岚", "13800002101"), ("邵文博", "13800002102"), ("龚雪", "13800002103"))
_REGIONS: Final = (
    "徐州市云龙区和平路 12 号",
    "徐州市鼓楼区中山北路 7 号",
    "徐州市泉山区湖北路 30 号",
)


def give_history(*, unit: Unit, now: dt.datetime) -> None:
    """Lets twelve years of decisions be seen in the unit's tree, once."""
    job = Actor.system("demo", unit_id=unit.id)
    with unit_context(unit.id):
        root = selectors.roots_visible_to(job).first()
        if root is None or root.founded_on == _FOUNDED:
            return
        for place, org in enumerate(selectors.listed(job)[:_COMPLETED]):
            _complete(org, place, job, now)
        _Years(root, job, now).pass_by()


def form_groups(*, unit: Unit, now: dt.datetime) -> None:
    """Divides the largest branches into Party groups with a leader each, once."""
    job = Actor.system("demo", unit_id=unit.id)
    with unit_context(unit.id):
        branches = list(selectors.that_hold_members(selectors.organizations_visible_to(job)))
        counts = selectors.headcounts([branch.path for branch in branches])
        branches.sort(key=lambda branch: -counts[branch.path].direct)
        for branch in branches[:_DIVIDED]:
            if not selectors.groups_of(branch.pk):
                _divide(branch, job, now)


def _divide(branch: Any, job: Actor, now: dt.datetime) -> None:
    everybody = selectors.people(branch.pk)
    for place, name in enumerate(_GROUPS):
        sheet = Sheet(name, name, "GROUP")
        group = founding.create(parent=branch, sheet=sheet, actor=job, now=now)
        chosen = everybody[place :: len(_GROUPS)]
        if not chosen:
            continue
        ids = [one.id for one in chosen]
        grouping.assign(branch=branch, group_id=group.pk, members=ids, actor=job, now=now)
        leader = next((one.id for one in chosen if one.is_full), None)
        grouping.name_leader(group=group, member_id=leader, actor=job, now=now)


def _complete(org: Any, place: int, job: Actor, now: dt.datetime) -> None:
    """A day of founding, a place, somebody to call."""
    contact, phone = _CONTACTS[place % len(_CONTACTS)]
    kept = sheet_of(org)
    values = {name: getattr(kept, name) for name in Sheet.__dataclass_fields__}
    values |= {
        "founded_on": org.founded_on if place and org.founded_on else _FOUNDED,
        "region": _REGIONS[place % len(_REGIONS)],
        "contact": contact,
        "contact_phone": phone,
        "unit_situation": "SAME" if place else "LEGAL",
    }
    revising.revise(organization=org, sheet=Sheet(**values), actor=job, now=now)


class _Years:
    """One decision after the other, each with its document."""

    def __init__(self, root: Any, job: Actor, now: dt.datetime) -> None:
        self._root, self._job, self._now = root, job, now
        self._today = clock.day_of(now)
        self._number = 0

    def pass_by(self) -> None:
        """Two branches of former works, one of which goes into the other, and a temporary one."""
        north = self._found("北区车间党支部", 4_000)
        south = self._found("南区车间党支部", 3_600)
        merger, joining = self._decided(2_400, "车间合并"), self._decided(1_500, "与物业公司联建")
        self._try(lambda: merging.merge(source=north, target=south, decision=merger, **self._who))
        self._try(
            lambda: retyping.retype(
                organization=south, kind="JOINT_BRANCH", decision=joining, **self._who
            )
        )
        self._hang_below_a_general_branch(south)
        for name in ("云湖物业服务公司", "彭城机电安装公司"):
            revising.add_workplace(organization=south, name=name, nature="国有企业", **self._who)
        self._found(
            "防汛突击队临时党支部", 40, kind="TEMP_BRANCH", appointed_secretary="丁一帆",
            temporary_until=self._today + dt.timedelta(days=20),
        )  # fmt: skip

    def _hang_below_a_general_branch(self, org: Any) -> None:
        parents = selectors.that_can_be_parents(self._job, org).filter(kind="GENERAL_BRANCH")
        general, decision = parents.first(), self._decided(700, "划归总支管理")
        if general is not None:
            self._try(
                lambda: moving.move(
                    organization=org, parent=general, decision=decision, **self._who
                )
            )

    @property
    def _who(self) -> dict[str, Any]:
        return {"actor": self._job, "now": self._now}

    def _found(self, name: str, days: int, kind: str = "BRANCH", **fields: Any) -> Any:
        on = self._today - dt.timedelta(days=days)
        sheet = Sheet(f"中共{name}", name, kind, founded_on=on, **fields)
        document = self._decided(days, "设立").document
        return founding.create(parent=self._root, sheet=sheet, document=document, **self._who)

    def _decided(self, days: int, reason: str) -> Decision:
        on = self._today - dt.timedelta(days=days)
        self._number += 1
        return Decision(on=on, reason=reason, document=f"徐党组〔{on.year}〕{self._number} 号")

    def _try(self, act: Callable[[], UUID]) -> None:
        """A roster with another shape may not allow it; the demo goes on without."""
        try:
            act()
        except DomainError:
            return
