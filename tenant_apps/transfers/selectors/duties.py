"""What transfers add to the work list of the first page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import Min

from kernel.actor import Actor
from kernel.permissions import can
from tenant_apps.organizations.selectors import Duty, Urgency
from tenant_apps.transfers.permissions import TransferPermission
from tenant_apps.transfers.selectors.lists import (
    handovers_visible_to,
    pocket,
    running_out,
    waiting_for,
)


class Duties:
    """Fills ``organizations.selectors.DutyProvider``."""

    def duties(self, actor: Actor, *, today: dt.date) -> Iterable[Duty]:
        """Letters that ran out, those that soon will, and steps that wait for the actor."""
        if not can(actor, TransferPermission.BROWSE):
            return
        visible = handovers_visible_to(actor)
        late = visible.filter(pocket(today)).count()
        yield Duty("组织关系介绍信逾期未接收", late, "/transfers/?tab=pocket", Urgency.OVERDUE)
        soon = visible.filter(running_out(today))
        first = soon.aggregate(first=Min("valid_until"))["first"]
        yield Duty(
            "组织关系介绍信 30 天内到期", soon.count(), "/transfers/?tab=open", Urgency.SOON, first
        )
        waiting = visible.filter(waiting_for(actor)).count()
        yield Duty("组织关系转接待办理", waiting, "/transfers/?tab=mine")
