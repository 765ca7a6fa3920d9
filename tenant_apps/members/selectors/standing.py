"""The part of a member's file that tells how the membership came about and in which states it is,
and the work lists that follow from both.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from kernel.actor import Actor
from kernel.permissions import can
from tenant_apps.members.models import Member, Proposal
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import former, states
from tenant_apps.members.selectors.files import exports_awaiting
from tenant_apps.members.selectors.states import STATES, StateKind
from tenant_apps.organizations.selectors import Duty, Urgency

_WORDS: Mapping[StateKind, str] = {
    StateKind.AWAY: "流动党员应联系",
    StateKind.LOST: "失联党员已满 6 个月，待研究",
    StateKind.ABROAD: "出国（境）党员应联系或待研究",
    StateKind.AMENDS: "限期改正期满，待评议",
    StateKind.SUSPENDED: "停止党籍满两年，待研究",
}


class StandingSection:
    """Fills ``members.selectors.SectionProvider``."""

    key = "standing"
    heading = "党籍变动与特殊情形"
    template_name = "members/parts/standing.html"

    def context(self, member: Member, *, actor: Actor, today: dt.date) -> Mapping[str, Any] | None:
        """Nothing for who may neither see former members nor keep states."""
        if not can(actor, MemberPermission.STATES, member):
            return None
        listed = former.changes_of(member)
        held = states.states_of(member)
        decides = can(actor, MemberPermission.DECIDE, member)
        return {
            "member": member,
            "changes": listed,
            "undoable": former.undoable(listed) if decides else None,
            "states": [
                (STATES[row.kind], row, row.months(today), row.dues[0] if row.dues else None)
                for row in held
            ],
            "waiting": former.waiting_of(member),
            "may_leave": can(actor, MemberPermission.LEAVE, member),
        }


class StandingDuties:
    """Fills ``organizations.selectors.DutyProvider``."""

    def duties(self, actor: Actor, *, today: dt.date) -> Iterable[Duty]:
        """What waits for a second person, and what the clocks of the states ask for."""
        if actor.person_id is not None and can(actor, MemberPermission.DECIDE):
            waiting = former.proposals_visible_to(actor).filter(state=Proposal.State.WAITING)
            count = waiting.exclude(submitted_by=actor.person_id).count()
            yield Duty("党籍变动待审批", count, "/members/turns/")
        if can(actor, MemberPermission.EXPORT_FULL):
            yield Duty("完整号码导出待批准", exports_awaiting(actor).count(), "/members/exports/")
        if not can(actor, MemberPermission.STATES):
            return
        for kind, text in _WORDS.items():
            count, first = states.overdue(actor, kind, today=today)
            yield Duty(text, count, f"/members/states/?kind={kind}", Urgency.OVERDUE, first)
