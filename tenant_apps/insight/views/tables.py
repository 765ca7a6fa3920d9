"""Pages of one table: its numbers, the people behind one, and both as workbooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from kernel import clock
from kernel.permissions import can
from kernel.web import downloads
from kernel.web.views import Page
from tenant_apps.insight.forms import CellForm, PlaceForm
from tenant_apps.insight.models import Snapshot
from tenant_apps.insight.permissions import InsightPermission
from tenant_apps.insight.selectors import checks, people, reports, snapshots, tables
from tenant_apps.insight.selectors.axes import Item, Table
from tenant_apps.insight.selectors.people import NoSuchCell
from tenant_apps.insight.selectors.sheets import Cell, Sheet
from tenant_apps.insight.selectors.snapshots import Spot
from tenant_apps.insight.services import workbooks
from tenant_apps.insight.views.snapshots import HOME


@dataclass(frozen=True, slots=True)
class ShownCell:
    """A cell as the page has it: the number, its address, and what it was a year earlier."""

    column: Item
    cell: Cell
    url: str
    delta: Any


class TablePage(Page):
    """``/statistics/<id>/tables/<number>/?org=&compare=1``."""

    permission = InsightPermission.BROWSE
    template_name = "insight/table.html"

    def get(self, request: HttpRequest, snapshot_id: UUID, number: int) -> HttpResponse:
        snapshot = ready(snapshots.snapshot_for(self.actor, snapshot_id, to=self.permission))
        form = PlaceForm(request.GET)
        spot = snapshots.spot_of(self.actor, snapshot, form.org_id)
        sheet = reports.sheet(snapshot, spot.ground, number)
        earlier = self._earlier(snapshot, spot, number) if form.cleaned_data["compare"] else None
        return self.render(
            title=f"表 {number} {sheet.table.title}",
            crumbs=[
                HOME,
                {"label": snapshot.label, "url": _snapshot_url(snapshot, spot)},
                {"label": f"表 {number}"},
            ],
            snapshot=snapshot,
            spot=spot,
            sheet=sheet,
            table=sheet.table,
            heads=_heads(sheet.table),
            rows=_rows(self, snapshot, spot, sheet, earlier),
            checks=checks.inside(sheet),
            is_compared=form.cleaned_data["compare"],
            compares=earlier is not None,
            is_trial=snapshots.is_trial(snapshot),
            signatures=workbooks.signatures(snapshot),
            picker=tables.all_tables(),
            may_export=can(self.actor, InsightPermission.EXPORT),
        )

    def _earlier(self, snapshot: Snapshot, spot: Spot, number: int) -> Sheet | None:
        ground = snapshots.comparison_ground(snapshot, spot.id)
        if ground is None:
            return None
        last = snapshots.snapshot_for(self.actor, ground.now, to=self.permission)
        return reports.sheet(last, ground, number)


class PeoplePage(Page):
    """``/statistics/<id>/tables/<number>/people/?org=&row=&column=``: who is in a cell."""

    permission = InsightPermission.PEOPLE
    template_name = "insight/people.html"

    def get(self, request: HttpRequest, snapshot_id: UUID, number: int) -> HttpResponse:
        snapshot = ready(snapshots.snapshot_for(self.actor, snapshot_id, to=self.permission))
        form = CellForm(request.GET)
        spot = snapshots.spot_of(self.actor, snapshot, form.org_id)
        cell = cell_in(form, number)
        size = form.cleaned_data.get("size") or 20
        wanted = form.cleaned_data.get("page") or 1
        first = size * (wanted - 1)
        rows, total = people.people_in(self.actor, cell, spot.ground, first=first, most=size)
        page = Paginator(range(total), size).get_page(wanted)
        if not rows and total:
            rows, _ = people.people_in(
                self.actor, cell, spot.ground, first=page.start_index() - 1, most=size
            )
        table_url = reverse("insight:table", args=[snapshot.pk, number])
        return self.render(
            title=cell.label,
            crumbs=[
                HOME,
                {"label": snapshot.label, "url": _snapshot_url(snapshot, spot)},
                {"label": f"表 {number}", "url": f"{table_url}?org={spot.id}"},
                {"label": "名单"},
            ],
            snapshot=snapshot,
            spot=spot,
            cell=cell,
            people=rows,
            page_obj=page,
            has_what=any(one.what for one in rows),
            address=request.GET.urlencode(),
            may_export=can(self.actor, InsightPermission.EXPORT),
            is_long=page.paginator.count > workbooks.MOST_IN_WORKBOOK,
        )


class TableFile(Page):
    """``/statistics/<id>/workbook/?org=&table=``: one table, or all of them."""

    permission = InsightPermission.EXPORT
    is_kept_open = True

    def get(self, request: HttpRequest, snapshot_id: UUID) -> HttpResponseBase:
        snapshot = ready(snapshots.snapshot_for(self.actor, snapshot_id, to=self.permission))
        spot = snapshots.spot_of(self.actor, snapshot, PlaceForm(request.GET).org_id)
        asked = request.GET.get("table", "")
        number = int(asked) if asked.isdecimal() else None
        content = workbooks.tables_as_workbook(
            snapshot=snapshot, spot=spot, number=number, actor=self.actor, now=clock.now()
        )
        return downloads.sheet(workbooks.file_name(snapshot, spot, number), content)


class PeopleFile(Page):
    """``/statistics/<id>/tables/<number>/people/workbook/``: the list behind a cell."""

    permission = InsightPermission.EXPORT
    is_kept_open = True

    def get(self, request: HttpRequest, snapshot_id: UUID, number: int) -> HttpResponseBase:
        snapshot = ready(snapshots.snapshot_for(self.actor, snapshot_id, to=self.permission))
        form = CellForm(request.GET)
        spot = snapshots.spot_of(self.actor, snapshot, form.org_id)
        made = workbooks.people_file(
            snapshot=snapshot, spot=spot, cell=cell_in(form, number), actor=self.actor,
            now=clock.now(),
        )  # fmt: skip
        return downloads.sheet(made.name, made.content)


def ready(snapshot: Snapshot) -> Snapshot:
    """Raises SnapshotNotFound for one that has no figures yet."""
    if not snapshot.is_ready:
        raise snapshots.SnapshotNotFound
    return snapshot


def cell_in(form: CellForm, number: int) -> people.CellOf:
    """The cell that the address names.  Raises NoSuchCell, UnknownTable."""
    table = tables.table(number)
    if not form.is_valid():
        raise NoSuchCell
    return people.cell_of(table, form.cleaned_data["row"], form.cleaned_data["column"])


def _snapshot_url(snapshot: Snapshot, spot: Spot) -> str:
    return f"{reverse('insight:snapshot', args=[snapshot.pk])}?org={spot.id}"


def _heads(table: Table) -> dict[str, Any]:
    """The two lines of headings: groups with their widths, and the columns below them."""
    groups = [
        {"label": label, "columns": list(columns)}
        for label, columns in groupby(table.columns, key=lambda column: column.group)
    ]
    return {"groups": groups, "is_double": any(group["label"] for group in groups)}


def _rows(
    page: Page, snapshot: Snapshot, spot: Spot, sheet: Sheet, earlier: Sheet | None
) -> list[tuple[Item, bool, list[ShownCell]]]:
    base = reverse("insight:table-people", args=[snapshot.pk, sheet.table.number])
    may_open = can(page.actor, InsightPermission.PEOPLE)
    return [
        (row, row.key in sheet.derived, _cells(row, cells, base, spot, may_open, earlier))
        for row, cells in sheet.lines()
    ]


def _cells(
    row: Item,
    cells: Sequence[tuple[Item, Cell]],
    base: str,
    spot: Spot,
    may_open: bool,
    earlier: Sheet | None,
) -> list[ShownCell]:
    found = []
    for column, cell in cells:
        url = ""
        if cell.opens and may_open:
            asked = {"org": spot.id, "row": row.key, "column": column.key}
            url = f"{base}?{urlencode(asked)}"
        found.append(ShownCell(column, cell, url, _delta(row, column, cell, earlier)))
    return found


def _delta(row: Item, column: Item, cell: Cell, earlier: Sheet | None) -> Any:
    if earlier is None or cell.value is None:
        return None
    was = earlier.value(row.key, column.key)
    return None if was is None else cell.value - was
