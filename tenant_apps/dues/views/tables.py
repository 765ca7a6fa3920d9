"""Lists of the desk: filters from the address, sorting, the rows, and the same as a workbook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, cast
from urllib.parse import quote, urlencode

from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict

from kernel.actor import Actor
from kernel.clock import Month, day_of
from kernel.sheets.writing import Heading, Value, Workbook
from shared_apps.rules.selectors import Rounding
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Answer, Bill, BillState, Receipt, Standard
from tenant_apps.dues.selectors.contributions import kind_label
from tenant_apps.dues.selectors.overview import Overview
from tenant_apps.dues.selectors.settings import ROUNDINGS
from tenant_apps.organizations import selectors as organizations

Link = dict[str, object]


def neighbours(request: HttpRequest, month: Month, latest: Month) -> dict[str, Any]:
    """Addresses of the month before and after, the place kept."""
    org = request.GET.get("org", "")
    rest = f"&org={org}" if org else ""
    return {
        "previous_url": f"?month={month - 1}{rest}",
        "next_url": f"?month={month + 1}{rest}" if month < latest else "",
    }


def course(overview: Overview) -> list[dict[str, object]]:
    """Bars of the last months: paid of due in percent."""
    return [
        {"label": f"{month.number} 月", "value": totals.rate, "text": f"{totals.rate}%"}
        for month, totals in overview.course
    ]


def workbook(name: str, parts: tuple[Sequence[Heading], Iterable[Sequence[Value]]]) -> HttpResponse:
    """A download with one sheet."""
    with Workbook() as book:
        book.add_sheet(name.partition(".")[0], parts[1], headings=parts[0])
    response = HttpResponse(
        book.content(),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    )
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


class Table:
    """What the address says: search, place, order."""

    sorts: dict[str, tuple[str, ...]] = {}
    default_sort = ""

    def __init__(self, actor: Actor, query: QueryDict) -> None:
        self.actor = actor
        self.query = query
        self.q = query.get("q", "").strip()
        self.org = query.get("org", "")
        here = organizations.organizations_visible_to(actor).filter(path=self.org).first()
        self.place = here.name if here else "全部组织"
        if here is None:
            self.org = ""

    @property
    def order(self) -> tuple[str, ...]:
        asked = self.query.get("sort", "")
        key = asked.removeprefix("-")
        fields = self.sorts.get(key, self.sorts[self.default_sort])
        if asked.startswith("-") and key in self.sorts:
            return tuple(f[1:] if f.startswith("-") else f"-{f}" for f in fields)
        return fields

    def named(self, field: str = "member__") -> Q:
        """Members whose name, or its initials, the search asks for."""
        if not self.q:
            return Q()
        return Q(**{f"{field}name__contains": self.q}) | Q(
            **{f"{field}name_initials__startswith": self.q.lower()}
        )

    def without(self, *names: str) -> str:
        """The address without some filters."""
        kept = [
            (key, value)
            for key, values in self.query.lists()
            for value in values
            if key not in {*names, "page", "export"}
        ]
        return "?" + urlencode(kept)

    def with_(self, **changes: str) -> str:
        kept = [
            (k, v)
            for k, vs in self.query.lists()
            for v in vs
            if k not in {*changes, "page", "export"}
        ]
        return "?" + urlencode([*kept, *((k, v) for k, v in changes.items() if v)])

    @property
    def export_url(self) -> str:
        return self.with_(export="xlsx")

    def chips(self) -> list[Link]:
        found: list[Link] = []
        if self.q:
            found.append({"label": f"姓名含「{self.q}」", "url": self.without("q")})
        if self.org:
            found.append({"label": f"组织：{self.place}", "url": self.without("org")})
        return found


class BillTable(Table):
    """A month's bills."""

    sorts = {
        "name": ("member__name_pinyin", "member_id"),
        "org": ("org_path", "member__name_pinyin", "member_id"),
        "due": ("due_fen", "member_id"),
        "paid": ("paid_at", "member_id"),
        "owed": ("owed_months", "member_id"),
    }
    default_sort = "org"
    columns = (
        {"number": 1, "label": "姓名", "is_fixed": True},
        {"number": 2, "label": "所在组织"},
        {"number": 3, "label": "应交"},
        {"number": 4, "label": "状态", "is_fixed": True},
        {"number": 5, "label": "交纳时间"},
        {"number": 6, "label": "收据"},
    )
    states = (
        ("", "全部"),
        ("UNPAID", "未交"),
        ("PAID", "已交"),
        ("EXEMPT", "免交"),
        ("DEFERRED", "缓交"),
    )

    def __init__(self, actor: Actor, month: Month, query: QueryDict, *, today: dt.date) -> None:
        super().__init__(actor, query)
        self.month = month
        self.is_late = month.last_day < today
        asked = query.get("state", "")
        self.state = asked if asked in BillState.values else ""

    def _narrowed(self) -> QuerySet[Bill]:
        rows = selectors.bills_visible_to(self.actor, below=self.org)
        return rows.filter(self.named(), month=self.month.value)

    def rows(self) -> QuerySet[Bill]:
        rows = self._narrowed()
        if self.state:
            rows = rows.filter(state=self.state)
        return rows.order_by(*self.order)

    def tabs(self) -> list[Link]:
        rows = self._narrowed().order_by().values("state").annotate(n=Count("id"))
        counts = {row["state"]: row["n"] for row in rows}
        counts[""] = sum(counts.values())
        return [
            {
                "label": label,
                "count": counts.get(state, 0),
                "url": self.with_(state=state),
                "is_current": state == self.state,
            }
            for state, label in self.states
        ]

    def export(self) -> tuple[Sequence[Heading], Iterable[Sequence[Value]]]:
        headings = (
            Heading("姓名", 12), Heading("所在组织", 32), Heading("月份", 10),
            Heading("应交（元）", 12), Heading("实交（元）", 12), Heading("状态", 8),
            Heading("交纳日期", 12), Heading("欠交月数", 10), Heading("收据编号", 24),
        )  # fmt: skip
        rows = (
            (
                bill.member.name, bill.org.name, str(self.month), bill.due_fen / 100,
                bill.paid_fen / 100, bill.get_state_display(),
                day_of(bill.paid_at) if bill.paid_at else None,
                bill.owed_months, bill.receipt_serial or "",
            )
            for bill in cast("Iterable[Any]", self.rows().iterator(chunk_size=2_000))
        )  # fmt: skip
        return headings, rows


class StandardTable(Table):
    """The current standards of a year."""

    sorts = {
        "name": ("member__name_pinyin", "member_id"),
        "org": ("member__org_path", "member__name_pinyin", "member_id"),
        "base": ("base_fen", "member_id"),
        "amount": ("amount_fen", "member_id"),
    }
    default_sort = "org"

    def __init__(self, actor: Actor, query: QueryDict, *, today: dt.date) -> None:
        super().__init__(actor, query)
        asked = query.get("year", "")
        self.year = int(asked) if asked.isdigit() and len(asked) == 4 else today.year
        self.view = query.get("view", "")

    def _narrowed(self) -> QuerySet[Standard]:
        rows = selectors.standards_visible_to(self.actor, year=self.year, below=self.org)
        return rows.filter(self.named())

    def rows(self) -> QuerySet[Standard]:
        rows = self._narrowed().filter(_STANDARD_VIEWS.get(self.view, Q()))
        return rows.order_by(*self.order)

    def tabs(self) -> list[Link]:
        sums = {
            f"n_{key or 'all'}": Count("id", filter=where) for key, where in _STANDARD_VIEWS.items()
        }
        counts = self._narrowed().order_by().aggregate(**sums)
        return [
            {
                "label": label,
                "count": counts[f"n_{key or 'all'}"],
                "url": self.with_(view=key),
                "is_current": key == self.view,
            }
            for key, label in _STANDARD_LABELS.items()
        ]

    def export(self) -> tuple[Sequence[Heading], Iterable[Sequence[Value]]]:
        headings = (
            Heading("姓名", 12), Heading("所在组织", 32), Heading("类别", 14),
            Heading("基数（元）", 14), Heading("比例（%）", 10), Heading("月标准（元）", 12),
            Heading("封顶前（元）", 12), Heading("执行月份", 10), Heading("理由", 24),
            Heading("取整方式", 14), Heading("本人意见", 12), Heading("异议说明", 24),
        )  # fmt: skip
        rows = (
            (
                row.member.name, row.member.org.name, row.category,
                None if row.base_fen is None else row.base_fen / 100,
                None if row.rate_bp is None else row.rate_bp / 100,
                row.amount_fen / 100, row.raw_fen / 100, str(Month(row.effective_month)),
                row.reason, ROUNDINGS[Rounding(row.rounding)], row.get_answer_display(),
                row.answer_note,
            )
            for row in self.rows().iterator(chunk_size=2_000)
        )  # fmt: skip
        return headings, rows


class ReceiptTable(Table):
    """Receipts by number."""

    sorts = {
        "serial": ("-serial",),
        "name": ("member__name_pinyin", "-serial"),
        "amount": ("amount_fen", "-serial"),
    }
    default_sort = "serial"

    def rows(self) -> QuerySet[Receipt]:
        rows = selectors.receipts_visible_to(self.actor, below=self.org)
        wanted = self.named() | Q(serial__icontains=self.q) if self.q else Q()
        return rows.filter(wanted).order_by(*self.order)

    def export(self) -> tuple[Sequence[Heading], Iterable[Sequence[Value]]]:
        headings = (
            Heading("收据编号", 24), Heading("姓名", 12), Heading("所在组织", 32),
            Heading("所属月份", 20), Heading("金额（元）", 12), Heading("开具日期", 12),
            Heading("状态", 8),
        )  # fmt: skip
        rows = (
            (
                row.serial, row.member.name, row.org.name,
                "、".join(str(Month(month)) for month in row.months) or kind_label(row.kind),
                row.amount_fen / 100, day_of(row.issued_at), "已作废" if row.voided_at else "有效",
            )
            for row in self.rows().iterator(chunk_size=2_000)
        )  # fmt: skip
        return headings, rows


_STANDARD_LABELS = {
    "": "全部",
    "capped": "达到上限",
    "fixed": "定额",
    "changed": "年内变更",
    "waiting": "待本人确认",
    "objected": "本人有异议",
}
_STANDARD_VIEWS: dict[str, Q] = {
    "": Q(),
    "capped": Q(is_capped=True),
    "fixed": Q(rate_bp__isnull=True),
    "changed": ~Q(reason="") & Q(effective_month__gt=F("year") * 100 + 1),
    "waiting": Q(answer=Answer.OPEN),
    "objected": Q(answer=Answer.OBJECTED),
}
