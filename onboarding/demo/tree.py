"""The demo's tree with a history: places and contacts, branches founded, merged and moved."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from kernel.actor import Actor
from kernel.unit import unit_context
from onboarding.demo import lineage
from onboarding.demo.lineage import Chronicle
from tenant_apps.members.services import grouping
from tenant_apps.organizations import selectors
from tenant_apps.organizations.services import founding, merging, moving, retyping, revising
from tenant_apps.organizations.services.sheets import Sheet, sheet_of
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
    job = Actor.system("演示数据", unit_id=unit.id)
    with unit_context(unit.id):
        root = selectors.roots_visible_to(job).first()
        if root is None or root.founded_on == _FOUNDED:
            return
        for place, org in enumerate(selectors.listed(job)[:_COMPLETED]):
            _complete(org, place, job, now)
        told = Chronicle(root, job, now)
        _pass_by(told)
        if root.kind == "COMMITTEE":
            told.attempt(lambda: lineage.trace(told))
            told.found("纪委", 4_500, kind="DISCIPLINE_COMMITTEE")


def form_groups(*, unit: Unit, now: dt.datetime) -> None:
    """Divides the largest branches into Party groups with a leader each, once."""
    job = Actor.system("演示数据", unit_id=unit.id)
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


def _pass_by(told: Chronicle) -> None:
    """Two branches of former works, one of which goes into the other, and a temporary one."""
    north = told.found("北区车间党支部", 4_000)
    south = told.found("南区车间党支部", 3_600)
    merger, joining = told.decided(2_400, "车间合并"), told.decided(1_500, "与物业公司联建")
    told.attempt(lambda: merging.merge(source=north, target=south, decision=merger, **told.who))
    told.attempt(
        lambda: retyping.retype(
            organization=south, kind="JOINT_BRANCH", decision=joining, **told.who
        )
    )
    _hang_below_a_general_branch(told, south)
    for name in ("云湖物业服务公司", "彭城机电安装公司"):
        revising.add_workplace(organization=south, name=name, nature="国有企业", **told.who)
    told.found(
        "防汛突击队临时党支部", 40, kind="TEMP_BRANCH", appointed_secretary="丁一帆",
        temporary_until=told.today + dt.timedelta(days=20),
    )  # fmt: skip


def _hang_below_a_general_branch(told: Chronicle, org: Any) -> None:
    parents = selectors.that_can_be_parents(told.job, org).filter(kind="GENERAL_BRANCH")
    general, decision = parents.first(), told.decided(700, "划归总支管理")
    if general is not None:
        told.attempt(
            lambda: moving.move(organization=org, parent=general, decision=decision, **told.who)
        )
