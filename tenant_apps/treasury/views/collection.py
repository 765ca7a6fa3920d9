"""The desk: the collection report (收缴报表) and the lines behind each of its figures."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from kernel import clock
from kernel.clock import Month, day_of
from kernel.sheets.writing import Heading, Value, Workbook
from kernel.web import downloads
from kernel.web.views import Page
from tenant_apps.dues.selectors.collected import By, CollectedLine
from tenant_apps.members import selectors as members
from tenant_apps.treasury.permissions import TreasuryPermission
from tenant_apps.treasury.selectors import collection
from tenant_apps.treasury.selectors.collection import LABELS, Report, name_of
from tenant_apps.treasury.selectors.lines import number_of
from tenant_apps.treasury.selectors.places import names_by_path, place_at, places_of
from tenant_apps.treasury.views.books import ROOT, day_from, page_of

_REPORT = {"label": "收缴报表", "url": "/treasury/collection/"}


class _Asked:
    """What the address says: the dimension, the days, the place."""

    def __init__(self, page: Page, request: HttpRequest) -> None:
        query, today = request.GET, clock.today()
        asked = query.get("by", "")
        self.by = By(asked) if asked in {one.value for one in By} else By.ORG
        self.last = day_from(query, "last", today)
        self.first = min(day_from(query, "first", self.last.replace(month=1, day=1)), self.last)
        self.place = place_at(page.actor, query.get("org", ""))

    @property
    def below(self) -> str:
        return self.place.path if self.place else ""

    @property
    def span(self) -> dict[str, Any]:
        """What the selectors take."""
        return {"by": self.by, "first": self.first, "last": self.last, "below": self.below}

    def with_(self, **changes: str) -> str:
        kept = {"by": self.by, "first": str(self.first), "last": str(self.last), "org": self.below}
        return "?" + urlencode({k: v for k, v in {**kept, **changes}.items() if v or k == "key"})

    def tabs(self) -> list[dict[str, Any]]:
        return [
            {"label": f"按{label}", "url": self.with_(by=by), "is_current": by is self.by}
            for by, label in LABELS.items()
        ]


class CollectionPage(Page):
    """`/treasury/collection/`: by the dimension asked for; as a workbook with ``?export=xlsx``."""

    permission = TreasuryPermission.BROWSE
    template_name = "treasury/collection.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        asked = _Asked(self, request)
        report = collection.collection(self.actor, **asked.span)
        if request.GET.get("export") == "xlsx":
            return _report_book(report)
        place = asked.place
        return self.render(
            report=report,
            rows=[
                {
                    "row": row,
                    "lines_url": f"lines/{asked.with_(key=row.figure.key)}",
                    "below_url": ""
                    if report.by is not By.ORG or row.is_own or not row.figure.key
                    else asked.with_(org=row.figure.key),
                }
                for row in report.rows
            ],
            tabs=asked.tabs(),
            dimension=LABELS[report.by],
            first=asked.first,
            last=asked.last,
            place=place,
            places=places_of(self.actor),
            export_url=asked.with_(export="xlsx"),
            as_of=clock.now(),
            title="收缴报表",
            scope=place.name if place else "全部组织",
            crumbs=[ROOT, {**_REPORT, "url": ""}],
        )


class CollectionLines(Page):
    """`/treasury/collection/lines/`: what one figure is made of; also as a workbook."""

    permission = TreasuryPermission.BROWSE
    template_name = "treasury/collection_lines.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        asked, key = _Asked(self, request), request.GET.get("key", "")
        found = collection.lines_behind(self.actor, key=key, **asked.span)
        label = name_of(asked.by, key, names_by_path()) if _fits(asked.by, key) else "没有这一项"
        if request.GET.get("export") == "xlsx":
            return _lines_book(label, found.every())
        page = page_of(request, found)
        return self.render(
            page_obj=page,
            lines=_shown(page.object_list),
            label=label,
            dimension=LABELS[asked.by],
            first=asked.first,
            last=asked.last,
            back_url=f"/treasury/collection/{asked.with_()}",
            export_url=asked.with_(key=key, export="xlsx"),
            as_of=clock.now(),
            title="收缴明细",
            scope=label,
            crumbs=[ROOT, _REPORT, {"label": label, "url": ""}],
        )


def _fits(by: By, key: str) -> bool:
    """Whether the address can mean a figure at all."""
    return by is not By.MONTH or not key or (len(key) == 6 and key.isdigit() and key[4:] < "13")


def _shown(lines: Iterable[CollectedLine]) -> list[dict[str, Any]]:
    rows = list(lines)
    people = members.names_of({row.member_id for row in rows if row.member_id})
    places = names_by_path()
    return [
        {
            "id": row.id,
            "at": row.at,
            "number": number_of(row.id, row.at),
            "member": people.get(row.member_id, "") if row.member_id else "",
            "place": places.get(row.org_path, ""),
            "month": Month(row.month).label if row.month else "",
            "category": name_of(By.CATEGORY, row.category, {}) if row.category else "",
            "channel": name_of(By.CHANNEL, row.channel, {}),
            "memo": row.memo,
            "fen": row.fen,
        }
        for row in rows
    ]


def _report_book(report: Report) -> HttpResponseBase:
    headings = (
        Heading(LABELS[report.by], 32), Heading("笔数", 10), Heading("收到（元）", 16),
        Heading("退回（元）", 16), Heading("净收（元）", 16),
    )  # fmt: skip
    cells: list[tuple[Value, ...]] = [
        (
            row.label + ("（本级）" if row.is_own else ""), row.figure.payments,
            row.figure.received_fen / 100, row.figure.returned_fen / 100, row.figure.net_fen / 100,
        )
        for row in report.rows
    ]  # fmt: skip
    cells.append(
        ("合计", report.payments, report.received_fen / 100, report.returned_fen / 100,
         report.net_fen / 100)
    )  # fmt: skip
    with Workbook() as book:
        book.add_sheet("收缴报表", cells, headings=headings)
    days = f"{report.stretch.first:%Y%m%d}-{report.stretch.last:%Y%m%d}"
    return downloads.sheet(f"收缴报表-按{LABELS[report.by]}-{days}.xlsx", book.content())


def _lines_book(label: str, lines: Iterable[CollectedLine]) -> HttpResponseBase:
    headings = (
        Heading("日期", 12), Heading("凭证号", 20), Heading("党员", 12), Heading("组织", 32),
        Heading("所属月份", 14), Heading("类别", 18), Heading("渠道", 14),
        Heading("金额（元）", 14),
    )  # fmt: skip
    cells = (
        (
            day_of(row["at"]), row["number"], row["member"], row["place"], row["month"],
            row["category"], row["channel"], row["fen"] / 100,
        )
        for row in _shown(lines)
    )  # fmt: skip
    with Workbook() as book:
        book.add_sheet("收缴明细", cells, headings=headings)
    return downloads.sheet(f"收缴明细-{label}.xlsx", book.content())
