"""All units on one page, for whoever runs the platform."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from django.conf import settings
from django.core.paginator import Page as Slice
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.cache import patch_vary_headers

from kernel import clock
from kernel.permissions import can
from kernel.web.views import Page
from shared_apps.fleet.models import SavedFilter, SchemaState, Trouble
from shared_apps.fleet.permissions import FleetPermission
from shared_apps.fleet.selectors import own, units
from shared_apps.fleet.selectors.units import ANY, Counts, Wanted
from shared_apps.fleet.services import lines, standings, workbook
from shared_apps.fleet.views import presenting
from shared_apps.usage import selectors as usage
from tenants.cells import registry
from tenants.models import UnitProfile, UnitState

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HOME: Final = "/fleet/?view=all"
"""The list without any filter, also for somebody who opens with one of their own."""
COLUMNS: Final = tuple(
    {"number": number, "label": label}
    for number, label in enumerate(
        (
            "状态", "异常", "地区与经办行", "组织", "党员与激活", "最近业务", "结构", "存储",
            "出错", "对账差额", "备份", "单位类型", "信用代码", "开通日期",
            "所在分区",
        ),
        start=1,
    )
)  # fmt: skip
HIDDEN: Final = "12 13 14"


class Fleet(Page):
    """``/fleet/?q=&state=&trouble=…``: every state of the list is an address."""

    permission = FleetPermission.VIEW
    template_name = "fleet/units.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        filters = list(own.filters_of(self.actor))
        default = next((one for one in filters if one.is_default), None)
        if default and not request.GET:
            return HttpResponseRedirect(f"/fleet/?{default.query}")
        wanted = Wanted.read(request.GET)
        context = self._list(wanted, filters)
        if is_part(request):
            response = self.render(template="fleet/parts/list.html", **context)
        else:
            response = self.render(
                title="单位总览",
                crumbs=[{"label": "平台运营", "url": ""}, {"label": "单位总览", "url": ""}],
                scoring=presenting.scoring(),
                **context,
            )
        patch_vary_headers(response, ["HX-Request"])
        return response

    def _list(self, wanted: Wanted, filters: list[SavedFilter]) -> dict[str, Any]:
        now, as_of = clock.now(), usage.as_of(standings.WORK)
        counted = units.counts(self.actor, as_of=as_of)
        page, regions = self._page(wanted, counted), presenting.region_choices()
        return {
            "wanted": wanted,
            "query": wanted.query,
            "as_of": as_of,
            "lines": [lines.line(one, now=now, is_pinned=one.is_pinned) for one in page],
            **self._cells(now),
            "now": now,
            "page_obj": page,
            "page_sizes": " ".join(map(str, presenting.SIZES)),
            "sort": wanted.sort or units.DEFAULT_SORT,
            "views": _views(wanted, counted, filters),
            "counts": counted,
            "strip": _strip(wanted, counted),
            "filters": filters,
            "is_saved": any(one.query == wanted.query for one in filters),
            "chips": _chips(wanted),
            "clear_url": HOME,
            "hidden_default": HIDDEN,
            "states": UnitState.choices,
            "profiles": UnitProfile.choices,
            "schema_states": SchemaState.choices,
            "regions": regions,
            "cities": next((r["cities"] for r in regions if r["code"] == wanted.province), []),
            "branches": units.branches_present(),
            "has_more": bool(wanted.branch or wanted.profile or wanted.schema),
            "may_export": can(self.actor, FleetPermission.EXPORT),
        }

    def _cells(self, now: dt.datetime) -> dict[str, Any]:
        """The other cells, each with the moment of its figures; empty where there is one only."""
        others = registry.others()
        return {
            "cells": [{"cell": cell, "is_old": registry.is_old(cell, now=now)} for cell in others],
            "own_cell": settings.CELL,
        }

    def _page(self, wanted: Wanted, counted: Counts) -> Slice[Any]:
        size = self.request.GET.get("size", "")
        chosen = int(size) if size.isdigit() and int(size) in presenting.SIZES else 50
        found: Any = units.listed(self.actor, wanted)
        paginator: Paginator[Any] = Paginator(found, chosen)
        if not wanted.is_narrowed:
            paginator.__dict__["count"] = counted.units
        found_ids = paginator.get_page(self.request.GET.get("page"))
        rows = units.rows_of(self.actor, list(found_ids.object_list))
        return Slice(rows, found_ids.number, paginator)


class Export(Page):
    """The units that the address describes as a workbook, in the columns that are shown."""

    permission = FleetPermission.EXPORT

    def get(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        found = units.listed(self.actor, Wanted.read(request.GET))
        shown = (lines.line(unit, now=now) for unit in units.all_rows(self.actor, found))
        hidden = request.COOKIES.get("cols.fleet", HIDDEN.replace(" ", ".")).split(".")
        content = workbook.content(shown, hidden=hidden, as_of=usage.as_of(standings.WORK), now=now)
        response = HttpResponse(content, content_type=XLSX)
        filename = quote(f"单位总览-{clock.day_of(now):%Y%m%d}.xlsx")
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{filename}"
        response["Cache-Control"] = "no-store"
        return response


def is_part(request: HttpRequest) -> bool:
    """Whether only the list is asked for; a page restored from history is whole."""
    headers = request.headers
    return headers.get("HX-Target") == "fleet" and "HX-History-Restore-Request" not in headers


def address(wanted: Wanted) -> str:
    """The list that shows this."""
    return f"/fleet/?{wanted.query}" if wanted.query else HOME


def _views(wanted: Wanted, counted: Counts, filters: list[SavedFilter]) -> list[dict[str, Any]]:
    """The tabs: everything, what is in trouble, the own pins, and the filters one saved."""
    fixed = (
        ("全部", counted.units, Wanted()),
        ("有异常", counted.troubled, Wanted(trouble=ANY)),
        ("已置顶", counted.pinned, Wanted(pinned="1")),
    )
    saved = [(one.name, None, one.query) for one in filters]
    tabs = [(label, count, view.query) for label, count, view in fixed] + saved
    return [
        {
            "label": label,
            "count": count,
            "url": f"/fleet/?{query}" if query else HOME,
            "is_current": query == wanted.query,
        }
        for label, count, query in tabs
    ]


def _strip(wanted: Wanted, counted: Counts) -> list[dict[str, Any]]:
    """One switch per kind of trouble, with how many units have it."""
    return [
        {
            "key": trouble.value,
            "label": trouble.label,
            "count": counted.by_trouble[trouble],
            "tone": presenting.TONES[trouble],
            "meaning": presenting.MEANINGS[trouble],
            "is_current": wanted.trouble == trouble,
            "url": address(
                replace(wanted, trouble="" if wanted.trouble == trouble else trouble.value)
            ),
        }
        for trouble in Trouble
    ]


def _chips(wanted: Wanted) -> list[dict[str, str]]:
    return [
        {"label": label, "url": address(replace(wanted, **{name: ""}))}
        for name, label in presenting.chip_labels(wanted).items()
    ]
