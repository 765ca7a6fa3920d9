"""What members gave above their dues as a list, and the list that goes up with the money."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from django.db.models import QuerySet

from kernel.clock import day_of
from kernel.sheets.writing import Heading, Value
from tenant_apps.dues.models import Contribution, ContributionKind, ContributionState, HandUp
from tenant_apps.dues.selectors import contributions
from tenant_apps.dues.views.tables import Link, Table

Sheet = tuple[Sequence[Heading], Iterable[Sequence[Value]]]
_GENDERS: Final = {"M": "男", "F": "女"}


class ContributionTable(Table):
    """Sums that arrived, by kind, place and name."""

    sorts = {
        "paid": ("-paid_at", "-id"),
        "name": ("member__name_pinyin", "-id"),
        "amount": ("amount_fen", "-id"),
    }
    default_sort = "paid"

    @property
    def kind(self) -> str:
        asked = self.query.get("kind", "")
        return asked if asked in ContributionKind.values else ""

    def rows(self) -> QuerySet[Contribution]:
        rows = contributions.contributions_visible_to(self.actor, below=self.org)
        if self.kind:
            rows = rows.filter(kind=self.kind)
        if self.q:
            rows = rows.filter(self.named(), is_anonymous=False)
        return rows.order_by(*self.order)

    def views(self) -> list[Link]:
        choices = [("", "全部"), *ContributionKind.choices]
        return [
            {"label": label, "url": self.with_(kind=kind), "is_current": self.kind == kind}
            for kind, label in choices
        ]

    def export(self) -> Sheet:
        headings = (
            Heading("到账日期", 12), Heading("姓名", 12), Heading("所在组织", 32),
            Heading("类别", 12), Heading("金额（元）", 14), Heading("状态", 12),
            Heading("中央组织部收据", 24),
        )  # fmt: skip
        rows = (
            (
                day_of(row.paid_at) if row.paid_at else None, row.giver, row.org.name,
                row.get_kind_display(), row.amount_fen / 100, where_it_is(row),
                row.central_receipt,
            )
            for row in self.rows().iterator(chunk_size=2_000)
        )  # fmt: skip
        return headings, rows


def where_it_is(one: Contribution) -> str:
    """In words, how far the sum has come."""
    if one.state == ContributionState.RETURNED:
        return "已退回"
    if one.kind == ContributionKind.VOLUNTARY:
        return "已入账"
    if one.hand_up is None:
        return "待上缴"
    return "已上缴" if one.hand_up.state == "done" else "上缴中"


def _profile(one: Contribution) -> tuple[Value, ...]:
    """Name, gender, birth, ethnic group and joining; only that nobody is named where so asked."""
    if one.is_anonymous:
        return one.giver, "", None, "", None
    member = one.member
    gender = _GENDERS.get(member.gender, "")
    return one.giver, gender, member.birth_on, member.ethnicity, member.joined_on


def hand_up_sheet(held: HandUp) -> Sheet:
    """The list that goes up with the money: with what the superior asks of the person (Art. 11)."""
    headings = (
        Heading("姓名", 12), Heading("性别", 6), Heading("出生日期", 12), Heading("民族", 10),
        Heading("入党日期", 12), Heading("所在组织", 32), Heading("交纳日期", 12),
        Heading("金额（元）", 14),
    )  # fmt: skip
    rows = (
        (
            *_profile(row), row.org.name,
            day_of(row.paid_at) if row.paid_at else None, row.amount_fen / 100,
        )
        for row in held.contributions.select_related("member", "org").order_by("paid_at", "id")
    )  # fmt: skip
    return headings, rows
