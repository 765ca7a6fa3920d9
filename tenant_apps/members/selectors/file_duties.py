"""What the members' files leave to do at the desk."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from kernel.actor import Actor
from kernel.permissions import can
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import birthdays
from tenant_apps.members.selectors.corrections import corrections_visible_to
from tenant_apps.organizations.selectors.duties import Duty, Urgency


class FileDuties:
    """Fills ``organizations.selectors.duties.DutyProvider``."""

    def duties(self, actor: Actor, *, today: dt.date) -> Iterator[Duty]:
        if not can(actor, MemberPermission.EDIT):
            return
        waiting = corrections_visible_to(actor, is_waiting=True).order_by()
        yield Duty("党员申请更正档案，等待审核", waiting.count(), "/members/corrections/")
        if any(holding.role == "secretary" for holding in actor.holdings):
            count = birthdays.soon(actor, today=today)
            text = "党员一周内过政治生日"
            yield Duty(text, count, "/members/birthdays/", Urgency.SOON)
