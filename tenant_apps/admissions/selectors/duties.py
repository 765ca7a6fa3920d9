"""What admission adds to the work list on the first page of the desk."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from kernel.actor import Actor
from tenant_apps.admissions.selectors.work import Work, work_of
from tenant_apps.organizations.selectors import Duty, Urgency

_TEXTS: Final = {
    "talk": "名入党申请人待派人谈话",
    "inspection": "名同志的半年考察待记录",
    "notice": "项发展对象公示待办结",
    "meeting": "项支部大会待召开",
    "approval": "项发展党员事项待上级审批",
    "probation": "名预备党员预备期满待讨论转正",
    "committee": "项发展党员事项待党委办理",
    "step": "项发展党员步骤可以办理",
}
_BY_ACT: Final = {
    "talk": "talk",
    "meeting": "meeting",
    "conversion_application": "probation",
    "conversion_meeting": "probation",
}


class AdmissionDuties:
    """Counted from dates when it is asked for; what waits for somebody else is left out."""

    def duties(self, actor: Actor, *, today: dt.date) -> Iterable[Duty]:
        if not actor.scopes("unit_admin", "secretary"):
            return []
        waiting: dict[str, list[Work]] = defaultdict(list)
        for one in work_of(actor, today=today):
            if one.sort != "opens" and (one.is_mine or one.is_overdue):
                waiting[sort_of(one)].append(one)
        return [_duty(sort, work) for sort, work in waiting.items()]


def sort_of(one: Work) -> str:
    """The duty under which a piece of work is counted."""
    return _BY_ACT.get(one.case.act, one.sort) if one.sort == "step" else one.sort


def _duty(sort: str, work: list[Work]) -> Duty:
    days = [one.due_on for one in work if one.due_on]
    urgency = min((one.urgency for one in work), default=Urgency.OPEN)
    url = f"/admissions/work/?sort={sort}"
    return Duty(_TEXTS[sort], len(work), url, urgency, min(days, default=None))
