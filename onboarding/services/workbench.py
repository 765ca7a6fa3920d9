"""A unit's first page: what is left to do, counts, this month's dues, what wants a look.

Everything is counted within the sub-trees of whoever asks (rulebook M4 for the checklist).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from kernel.actor import Actor
from kernel.clock import Month
from onboarding.services.ledgers import Ledgers, ledgers
from shared_apps.payments import selectors as payments
from shared_apps.people import selectors as people
from tenant_apps.access import selectors as access
from tenant_apps.dues import selectors as dues
from tenant_apps.dues.selectors.bills import LeftOut, Missing, MonthTotals, history
from tenant_apps.members import selectors as members
from tenant_apps.organizations import selectors as organizations

_MONTHS = 6
_TERM_NOTICE = dt.timedelta(days=180)
_ACTIVATED_ENOUGH = 80
"""Percent of members signed in from which the step counts as done; some never will."""


@dataclass(frozen=True, slots=True)
class Task:
    """A step of the opening checklist; ``share`` is how much of it is done, in percent."""

    title: str
    text: str
    share: int
    url: str
    action: str
    is_manager_only: bool = False

    @property
    def is_done(self) -> bool:
        return self.share >= 100


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that wants a look: how many, and where to look."""

    text: str
    count: int
    url: str


@dataclass(frozen=True, slots=True)
class Counts:
    organizations: int
    members: int
    probationary: int
    activated: int
    without_phone: int
    administrators: int
    enrolled: int


@dataclass(frozen=True, slots=True)
class Workbench:
    """Everything on the page."""

    month: Month
    counts: Counts
    tasks: tuple[Task, ...]
    totals: MonthTotals
    course: tuple[tuple[Month, MonthTotals], ...]
    left_out: tuple[LeftOut, ...]
    warnings: tuple[Warned, ...]
    duties: tuple[organizations.Duty, ...]
    ledgers: Ledgers

    @property
    def done(self) -> int:
        return sum(1 for task in self.tasks if task.is_done)

    @property
    def percent(self) -> int:
        """Of the whole checklist, each step counting the same."""
        return sum(min(task.share, 100) for task in self.tasks) // len(self.tasks)


def workbench(*, unit_id: UUID, actor: Actor, today: dt.date) -> Workbench:
    """The page of whoever works at the desk of the unit in force."""
    month = Month.of(today)
    counts = _counts(unit_id, actor)
    preview = dues.issue_preview(actor, month)
    months = [month - back for back in reversed(range(_MONTHS))]
    course = history(actor, [one.value for one in months])
    totals = course.get(month.value, MonthTotals())
    has_bills = any(one.bills for one in course.values())
    has_payments = any(one.paid for one in course.values())
    missing = sum(one.count for one in preview.left_out if one.reason == Missing.NO_STANDARD)
    return Workbench(
        month=month,
        counts=counts,
        tasks=_tasks(unit_id, counts, missing, has_bills=has_bills, has_payments=has_payments),
        totals=totals,
        course=tuple((one, course.get(one.value, MonthTotals())) for one in months),
        left_out=preview.left_out,
        warnings=tuple(_warnings(actor, counts, missing, today)),
        duties=tuple(organizations.duties_for(actor, today=today)),
        ledgers=ledgers(actor, today=today),
    )


def _counts(unit_id: UUID, actor: Actor) -> Counts:
    known = members.members_visible_to(actor).filter(is_active=True)
    administrators = access.administrator_ids()
    return Counts(
        organizations=organizations.organizations_visible_to(actor).count(),
        members=known.count(),
        probationary=known.filter(category="PROBATIONARY").count(),
        activated=people.activated_count(unit_id),
        without_phone=known.filter(phone_index=None).count(),
        administrators=len(administrators),
        enrolled=people.enrolled_count(administrators),
    )


def _tasks(
    unit_id: UUID, counts: Counts, missing: int, *, has_bills: bool, has_payments: bool
) -> tuple[Task, ...]:
    fixed = counts.members - missing
    activated = _share(counts.activated, counts.members)
    return (
        Task("导入组织架构", f"{counts.organizations} 个党组织", 100 * bool(counts.organizations),
             "/organizations/", "查看组织"),
        Task("导入党员名册", f"{counts.members:,} 名党员", 100 * bool(counts.members),
             "/members/", "查看名册"),
        Task("管理员绑定第二因素", f"{counts.enrolled} / {counts.administrators} 名管理员已绑定",
             _share(counts.enrolled, counts.administrators), "/access/", "查看管理员"),
        Task("核定党费标准", f"{fixed:,} / {counts.members:,} 名党员已核定",
             _share(fixed, counts.members), "/dues/standards/", "去核定"),
        Task("开通收款渠道", "党员可以在线交费" if payments.accepts_payments(unit_id)
             else "填写渠道分配给本单位的商户参数后，党员才能在线交费",
             100 * payments.accepts_payments(unit_id), "/dues/channels/", "去开通"),
        Task("生成首月账单", "已生成" if has_bills else "核定标准后按月生成",
             100 * has_bills, "/dues/", "去生成"),
        Task("党员登录激活", f"{counts.activated:,} / {counts.members:,} 人已登录"
             f"（达到 {_ACTIVATED_ENOUGH}% 即完成）",
             min(100, activated * 100 // _ACTIVATED_ENOUGH), "/members/", "查看名册"),
        Task("收到首笔党费", "已收到" if has_payments else "党员登录后即可交纳",
             100 * has_payments, "/dues/", "查看台账"),
    )  # fmt: skip


def _warnings(actor: Actor, counts: Counts, missing: int, today: dt.date) -> list[Warned]:
    small, large, ending = _organizations_to_look_at(actor, today)
    found = [
        Warned("名党员尚未核定本年度党费标准，不会出账单", missing, "/dues/standards/"),
        Warned("名党员没有手机号码，暂时不能登录交费", counts.without_phone, "/members/"),
        Warned("个党支部正式党员不足 3 名", small, "/organizations/"),
        Warned("个党支部党员超过 50 名", large, "/organizations/"),
        Warned("个党组织半年内任期届满或已经届满", ending, "/organizations/"),
    ]
    return [one for one in found if one.count]


def _organizations_to_look_at(actor: Actor, today: dt.date) -> tuple[int, int, int]:
    rows: Sequence[tuple[str, str, dt.date | None]] = list(
        organizations.organizations_visible_to(actor).values_list("path", "kind", "term_ends_on")
    )
    counts = organizations.headcounts([path for path, _, _ in rows])
    marks = [organizations.flags(kind, counts[path]) for path, kind, _ in rows]
    small = sum(1 for mark in marks if "不足" in mark)
    large = sum(1 for mark in marks if "超过" in mark)
    ending = sum(1 for _, _, ends in rows if ends is not None and ends - today <= _TERM_NOTICE)
    return small, large, ending


def _share(part: int, whole: int) -> int:
    """Whole percent rounded down, so that 100 means everything; of nothing, nothing."""
    return part * 100 // whole if whole else 0
