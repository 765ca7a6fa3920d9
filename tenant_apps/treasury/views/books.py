"""The desk: the three clear accounts, the ledger, its balances, one voucher."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse

from kernel import clock
from kernel.clock import Month, day_of
from kernel.permissions import can
from kernel.sheets.writing import Heading, Workbook
from kernel.web import downloads
from kernel.web.views import Page
from tenant_apps.dues.selectors import chart
from tenant_apps.treasury.permissions import TreasuryPermission
from tenant_apps.treasury.selectors import lines, sweeps, vouchers
from tenant_apps.treasury.selectors.balances import turnovers
from tenant_apps.treasury.selectors.checks import checks
from tenant_apps.treasury.selectors.lines import KINDS, Wanted, number_of
from tenant_apps.treasury.selectors.places import is_over_all, names_by_path, place_at, places_of
from tenant_apps.treasury.selectors.three import three_accounts

ROOT = {"label": "党费账务", "url": "/treasury/"}


def page_of(request: HttpRequest, rows: Any) -> Any:
    """The page of ``rows`` that the address asks for; nonsense is the first page."""
    size = request.GET.get("size", "")
    return Paginator(rows, int(size) if size in {"20", "50", "100"} else 20).get_page(
        request.GET.get("page")
    )


def day_from(query: QueryDict, name: str, usual: dt.date) -> dt.date:
    """A day of the address; nonsense is the usual one."""
    try:
        return dt.date.fromisoformat(query.get(name, ""))
    except ValueError:
        return usual


def month_from(query: QueryDict, today: dt.date) -> Month:
    asked = query.get("month", "")
    return Month.parse(asked) if asked else Month.of(today)


class ThreeAccountsPage(Page):
    """`/treasury/`: what was collected, what it was spent for, what is there."""

    permission = TreasuryPermission.BROWSE
    template_name = "treasury/three.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        month, org = month_from(request.GET, day_of(now)), request.GET.get("org", "")
        found = three_accounts(self.actor, month, below=org)
        rest = f"&org={org}" if org else ""
        return self.render(
            three=found,
            month=month,
            places=places_of(self.actor),
            as_of=now,
            title="党费三本账",
            scope=found.name,
            crumbs=[{"label": "党费", "url": ""}, {"label": "党费三本账", "url": ""}],
            may_see_bills=can(self.actor, "dues:browse"),
            previous_url=f"?month={month - 1}{rest}",
            next_url=f"?month={month + 1}{rest}" if month < Month.of(day_of(now)) else "",
        )


class LedgerTable:
    """What the address says of the ledger: month, account, kind, place, words."""

    def __init__(self, page: Page, query: QueryDict) -> None:
        self.query = query
        asked = query.get("month", "")
        self.place = place_at(page.actor, query.get("org", ""))
        self.wanted = Wanted(
            month=Month.parse(asked) if asked else None,
            account=query.get("account", "").strip(),
            kind=query.get("kind", "") if query.get("kind", "") in KINDS else "",
            below=self.place.path if self.place else "",
            text=query.get("q", "").strip(),
        )
        self.rows = lines.lines_visible_to(page.actor, self.wanted)

    def with_(self, **changes: str) -> str:
        kept = {k: v for k, v in self.query.items() if k not in {*changes, "page", "export"}}
        return "?" + urlencode({**kept, **{k: v for k, v in changes.items() if v}})

    @property
    def export_url(self) -> str:
        return self.with_(export="xlsx")

    def tabs(self) -> list[dict[str, Any]]:
        return [
            {"label": label, "url": self.with_(kind=kind), "is_current": kind == self.wanted.kind}
            for kind, label in KINDS.items()
        ]

    def chips(self) -> list[dict[str, str]]:
        wanted = self.wanted
        named = (
            ("month", f"{wanted.month.label}" if wanted.month else ""),
            ("account", f"科目：{chart.label_of(wanted.account)}" if wanted.account else ""),
            ("org", f"组织：{self.place.name}" if self.place else ""),
            ("q", f"含「{wanted.text}」" if wanted.text else ""),
        )
        return [{"label": label, "url": self.with_(**{key: ""})} for key, label in named if label]

    def shown(self, rows: Any) -> list[dict[str, Any]]:
        """Lines as the page shows them."""
        names = names_by_path()
        return [
            {
                "id": row.pk,
                "at": row.at,
                "number": number_of(row.pk, row.at),
                "memo": row.memo,
                "debit": row.debit,
                "debit_label": chart.label_of(row.debit),
                "credit": row.credit,
                "credit_label": chart.label_of(row.credit),
                "place": names.get(row.org_path, ""),
                "amount_fen": row.amount_fen,
            }
            for row in rows
        ]

    def workbook(self) -> HttpResponseBase:
        headings = (
            Heading("日期", 12), Heading("凭证号", 20), Heading("摘要", 32),
            Heading("借方科目", 28), Heading("贷方科目", 28), Heading("金额（元）", 14),
            Heading("组织", 28),
        )  # fmt: skip
        names = names_by_path()
        rows = (
            (
                day_of(row.at), number_of(row.pk, row.at), row.memo,
                f"{row.debit} {chart.label_of(row.debit)}",
                f"{row.credit} {chart.label_of(row.credit)}",
                row.amount_fen / 100, names.get(row.org_path, ""),
            )
            for row in self.rows.iterator(chunk_size=2_000)
        )  # fmt: skip
        with Workbook() as book:
            book.add_sheet("收支明细", rows, headings=headings)
        return downloads.sheet("党费收支明细.xlsx", book.content())


class Ledger(Page):
    """`/treasury/ledger/`: every line with its voucher, newest first."""

    permission = TreasuryPermission.BROWSE
    template_name = "treasury/ledger.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        table = LedgerTable(self, request.GET)
        if request.GET.get("export") == "xlsx":
            return table.workbook()
        page = page_of(request, table.rows)
        return self.render(
            table=table,
            page_obj=page,
            lines=table.shown(page.object_list),
            places=places_of(self.actor),
            accounts=chart.ACCOUNTS,
            as_of=clock.now(),
            title="收支明细",
            scope=table.place.name if table.place else "全部组织",
            crumbs=[ROOT, {"label": "收支明细", "url": ""}],
        )


class Balances(Page):
    """`/treasury/balances/`: the trial balance of a period; as a workbook with ``?export=xlsx``."""

    permission = TreasuryPermission.BROWSE
    template_name = "treasury/balances.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        now = clock.now()
        last = day_from(request.GET, "last", day_of(now))
        first = min(day_from(request.GET, "first", last.replace(month=1, day=1)), last)
        place = place_at(self.actor, request.GET.get("org", ""))
        rows = turnovers(self.actor, first, last, below=place.path if place else "")
        if request.GET.get("export") == "xlsx":
            return _balance_book(rows)
        return self.render(
            rows=rows,
            debit_fen=sum(row.debit_fen for row in rows),
            credit_fen=sum(row.credit_fen for row in rows),
            holds=sum(row.closing_fen for row in rows) == 0,
            checks=checks(self.actor) if is_over_all(self.actor) else [],
            first=first,
            last=last,
            place=place,
            places=places_of(self.actor),
            as_of=now,
            title="科目余额表",
            scope=place.name if place else "全部组织",
            crumbs=[ROOT, {"label": "科目余额表", "url": ""}],
        )


def _balance_book(rows: list[Any]) -> HttpResponseBase:
    headings = (
        Heading("科目", 40), Heading("名称", 32), Heading("期初余额（元）", 16),
        Heading("借方发生（元）", 16), Heading("贷方发生（元）", 16), Heading("期末余额（元）", 16),
    )  # fmt: skip
    cells = (
        (
            row.account, row.label, row.opening_fen / 100, row.debit_fen / 100,
            row.credit_fen / 100, row.closing_fen / 100,
        )
        for row in rows
    )  # fmt: skip
    with Workbook() as book:
        book.add_sheet("科目余额表", cells, headings=headings)
    return downloads.sheet("党费科目余额表.xlsx", book.content())


class LinePage(Page):
    """`/treasury/ledger/<transfer_id>/`: one line as a voucher, to read and to print."""

    permission = TreasuryPermission.BROWSE
    template_name = "treasury/line.html"

    def get(self, request: HttpRequest, transfer_id: UUID) -> HttpResponse:
        line = lines.line_for(self.actor, transfer_id)
        number = number_of(line.pk, line.at)
        return self.render(
            line=line,
            number=number,
            debit_label=chart.label_of(line.debit),
            credit_label=chart.label_of(line.credit),
            place=names_by_path().get(line.org_path, ""),
            voucher=vouchers.voucher_of_line(line.pk),
            title="记账凭证",
            scope=number,
            crumbs=[
                ROOT,
                {"label": "收支明细", "url": reverse("treasury:ledger")},
                {"label": number, "url": ""},
            ],
        )


class MoneyByPlace(Page):
    """`/treasury/places/`: what each organisation collected in a year and holds now."""

    permission = TreasuryPermission.BROWSE
    template_name = "treasury/places.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        seen = {place.path for place in places_of(self.actor)}
        rows = [
            row
            for row in sweeps.money_by_place(today.replace(month=1, day=1), today)
            if row.path in seen
        ]
        return self.render(
            rows=rows,
            collected_fen=sum(row.collected_fen for row in rows),
            share_fen=sum(row.share_fen for row in rows),
            year=today.year,
            as_of=clock.now(),
            title="各组织党费余额",
            crumbs=[ROOT, {"label": "各组织党费余额", "url": ""}],
        )
