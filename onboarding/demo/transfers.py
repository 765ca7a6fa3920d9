"""The demo's transfers: one that waits, two letters of which one ran out, two between units."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from kernel.actor import Actor, Holding
from kernel.models import uuid7
from kernel.unit import shared_context, unit_context
from shared_apps.exchange.services import post
from tenant_apps.members import selectors as members
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.organizations import selectors as organizations
from tenant_apps.transfers.selectors import lists
from tenant_apps.transfers.selectors.machine import PAPER
from tenant_apps.transfers.services import approving, batches, publishing, receiving
from tenant_apps.transfers.services.drafting import Plan
from tenants.models import Unit

_DAY: Final = dt.timedelta(days=1)
_JOB: Final = Actor.system("demo")
_WANTED: Final = 5
_TURNS: Final = 4
_NOTE: Final = "欠交部分已与本人约定补交"


def make(*, units: Sequence[Unit], now: dt.datetime) -> None:
    """Lets the units find each other, and people of the first one move, once."""
    for unit in units:
        with unit_context(unit.id):
            publishing.publish(is_open=True, actor=_officer(unit), now=now)
    sender, receiver = units[0], units[1]
    with unit_context(sender.id):
        if lists.handovers_visible_to(_JOB).exists():
            return
        people, elsewhere = _people()
        if len(people) < _WANTED or elsewhere is None:
            return
        away = Plan(unit_id=receiver.id, reason="WORK", note="工作调动", arrears_note=_NOTE)
        _begin(sender, people[0], Plan(to=elsewhere, reason="RESIDENCE", arrears_note=_NOTE), now)
        for one, ago in ((people[1], 104), (people[2], 78)):
            _paper(sender, one, now - ago * _DAY)
        for one in people[3:5]:
            handover = _begin(sender, one, away, now)
            approving.approve(handover=handover, actor=_officer(sender), now=now)
    _carry(now)
    with unit_context(receiver.id):
        came = lists.handovers_visible_to(_JOB).order_by("id").last()
        branch = organizations.that_hold_members(organizations.organizations_visible_to(_JOB))
        officer = _officer(receiver)
        if came is not None:
            receiving.accept(handover=came, branch=branch.first(), actor=officer, now=now)
            receiving.place(handover=came, actor=officer, now=now)
    _carry(now)


def _people() -> tuple[list[Any], Any]:
    """Full members of one branch, and another branch."""
    visible = organizations.organizations_visible_to(_JOB)
    for branch in organizations.that_hold_members(visible):
        found = members.members_visible_to(_JOB, org_path=branch.path, include_sub=False)
        full = found.filter(category="FULL", posts="").order_by("-id")
        ids = list(full.values_list("pk", flat=True)[:_WANTED])
        if len(ids) == _WANTED:
            other = organizations.that_hold_members(visible).exclude(pk=branch.pk).last()
            return members.members_for(_JOB, ids, to=MemberPermission.READ), other
    return [], None


def _begin(unit: Unit, member: Any, plan: Plan, now: dt.datetime) -> Any:
    clerk = _officer(unit, "秦晓岚")
    (made,) = batches.begin(members=[member], plan=plan, actor=clerk, now=now)
    return made


def _paper(unit: Unit, member: Any, moment: dt.datetime) -> None:
    plan = Plan(
        kind=PAPER[1], other_name="中共青山市委组织部", reason="WORK",
        arrears_note=_NOTE,
    )  # fmt: skip
    officer, handover = _officer(unit), _begin(unit, member, plan, moment)
    approving.approve(handover=handover, actor=officer, now=moment)
    approving.dispatch(handover=handover, actor=officer, now=moment)


def _carry(now: dt.datetime) -> None:
    with shared_context():
        for _ in range(_TURNS):
            post.sweep(now=now)


def _officer(unit: Unit, name: str = "林晓慧") -> Actor:
    return Actor(
        kind="person", name=name, person_id=uuid7(), unit_id=unit.id,
        holdings=(Holding("unit_admin", ""),),
    )  # fmt: skip
