"""Clocks of arrears: months in a row that a member has not paid (rulebook 4.3, Art. 12 and 13).

Computed when asked, from the bills as they are; nothing is stored, and no month opens anything by
itself.  A month counts when it was due and is over: exempt and deferred months are left out, and
months without a bill neither count nor interrupt.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final
from uuid import UUID

from django.db import connection

from kernel.actor import Actor
from kernel.clock import Month
from kernel.permissions import can
from shared_apps.rules import selectors as rules
from tenant_apps.dues.models import Bill, BillState
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.scope import patterns, scopes_of
from tenant_apps.organizations.selectors.duties import Duty, Urgency


class Stage(IntEnum):
    """What so many months in a row call for, and of whom; the last one holds from there on."""

    MEMBER = 1
    BRANCH = 2
    COMMITTEE = 3
    CRITICISE = 4
    PRESSING = 5
    SUGGESTION = 6


WORDS: Final = {
    Stage.MEMBER: "提醒本人交纳",
    Stage.BRANCH: "支部提醒并了解原因",
    Stage.COMMITTEE: "上级党委过问",
    Stage.CRITICISE: "批评教育，限期交纳",
    Stage.PRESSING: "限期将满，尽快处理",
    Stage.SUGGESTION: "支部研究是否按自行脱党处理",
}
_DUTIES: Final = {
    Stage.BRANCH: ("党员连续 2 个月未交党费，请支部提醒", Urgency.OPEN),
    Stage.COMMITTEE: ("党员连续 3 个月未交党费，请党委过问", Urgency.SOON),
    Stage.CRITICISE: ("党员连续 4 个月未交党费，须批评教育、限期交纳", Urgency.SOON),
    Stage.PRESSING: ("党员连续 5 个月未交党费，请尽快处理", Urgency.OVERDUE),
    Stage.SUGGESTION: ("党员连续 6 个月未交党费，建议支部研究处理", Urgency.OVERDUE),
}


@dataclass(frozen=True, slots=True)
class Late:
    """A member with the longest run of unpaid months and everything owed for months past, fen."""

    member_id: UUID
    name: str
    org_name: str
    org_path: str
    months: int
    first_month: int
    last_month: int
    owed_fen: int
    owed_months: int

    @property
    def stage(self) -> Stage:
        return stage_of(self.months)


def stage_of(months: int) -> Stage:
    """The stage of a clock; ``months`` is at least 1."""
    return Stage(min(months, Stage.SUGGESTION))


def must_act(months: int, org_path: str, scopes: Iterable[str]) -> bool:
    """Whether it is for somebody with these sub-trees to act: two months are the branch's own
    matter, from three on it is everybody's above; one month is the member's.
    """
    stage = stage_of(months)
    if stage is Stage.MEMBER:
        return False
    return stage is not Stage.BRANCH or org_path in scopes


def longest_run(states: Sequence[str]) -> int:
    """The most months in a row that are unpaid, of a member's bills in order of their months."""
    longest = run = 0
    for state in states:
        if state in (BillState.EXEMPT, BillState.DEFERRED):
            continue
        run = run + 1 if state == BillState.UNPAID else 0
        longest = max(longest, run)
    return longest


def months_unpaid(member_id: UUID, *, today: dt.date) -> int:
    """One member's clock, for the member."""
    rows = Bill.objects.filter(member_id=member_id, month__lt=Month.of(today).value)
    return longest_run(list(rows.order_by("month").values_list("state", flat=True)))


def late_members(
    actor: Actor, *, today: dt.date, below: str = "", name: str = "", stage: int = 0
) -> list[Late]:
    """Who in the actor's sub-trees has months unpaid, the longest first; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            _LATE,
            {
                "month": Month.of(today).value,
                "like": patterns(scopes_of(actor), below=below),
                "name": name,
            },
        )
        found = [Late(*row) for row in cursor.fetchall()]
    return [one for one in found if one.stage == stage] if stage else found


def suggestion_article(today: dt.date) -> str:
    """Where it says what half a year means."""
    return rules.dues_pack(today).parameters["self_leave_months"].article


class ArrearsDuties:
    """The clocks on the first page, by who must act."""

    def duties(self, actor: Actor, *, today: dt.date) -> Iterable[Duty]:
        if not can(actor, DuesPermission.BROWSE):
            return
        scopes = scopes_of(actor)
        counts: dict[Stage, int] = {}
        for one in late_members(actor, today=today):
            if must_act(one.months, one.org_path, scopes):
                counts[one.stage] = counts.get(one.stage, 0) + 1
        for stage, (text, urgency) in _DUTIES.items():
            yield Duty(text, counts.get(stage, 0), f"/dues/arrears/?stage={stage.value}", urgency)


_LATE: Final = f"""
WITH due AS (
    SELECT bill.member_id, bill.month, bill.state, bill.due_fen,
           row_number() OVER (PARTITION BY bill.member_id ORDER BY bill.month) AS place
    FROM {Bill._meta.db_table} AS bill
    WHERE bill.month < %(month)s AND bill.state IN ('{BillState.UNPAID}', '{BillState.PAID}')
      AND bill.member_id IN (SELECT owing.member_id FROM {Bill._meta.db_table} AS owing
                             WHERE owing.state = '{BillState.UNPAID}' AND owing.month < %(month)s)
), unpaid AS (
    SELECT *, place - row_number() OVER (PARTITION BY member_id ORDER BY month) AS run
    FROM due WHERE state = '{BillState.UNPAID}'
), runs AS (
    SELECT member_id, count(*) AS months, min(month) AS first_month, max(month) AS last_month
    FROM unpaid GROUP BY member_id, run
), longest AS (
    SELECT DISTINCT ON (member_id) * FROM runs ORDER BY member_id, months DESC, first_month
), owed AS (
    SELECT member_id, sum(due_fen)::bigint AS fen, count(*) AS months FROM unpaid GROUP BY member_id
)
SELECT member.id, member.name, coalesce(nullif(org.short_name, ''), org.name), member.org_path,
       longest.months, longest.first_month, longest.last_month, owed.fen, owed.months
FROM longest JOIN owed USING (member_id)
JOIN members_member AS member ON member.id = longest.member_id
JOIN organizations_organization AS org ON org.id = member.org_id
WHERE member.is_active AND member.org_path LIKE ANY (%(like)s)
  AND (%(name)s = '' OR strpos(member.name, %(name)s) > 0
       OR member.name_initials LIKE lower(%(name)s) || '%%')
ORDER BY longest.months DESC, owed.fen DESC, member.org_path, member.name_pinyin, member.id
"""
