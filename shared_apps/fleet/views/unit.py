"""One unit as operators see it: where it stands, what is wrong, what happened."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.clock import Month
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.fleet.permissions import FleetPermission
from shared_apps.fleet.selectors import time_line, units
from shared_apps.fleet.selectors.time_line import Kind
from shared_apps.fleet.services import lines, standings, works
from shared_apps.fleet.services.lines import Line
from shared_apps.support.permissions import SupportPermission
from shared_apps.usage import selectors as usage
from tenants import selectors as directory
from tenants.models import Unit

OPENING_PAGE = "onboarding:unit_view"
"""Whoever may see how a unit was opened gets a way there; the page asks again."""


class UnitPage(Page):
    """``/fleet/<id>/?kind=&page=``: the figures, the troubles, and a page of the time line."""

    permission = FleetPermission.VIEW
    template_name = "fleet/unit.html"

    def get(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        unit = units.unit_for(self.actor, unit_id, to=self.permission)
        now, kind = clock.now(), request.GET.get("kind", "")
        month = Month.of(clock.today())
        figures = usage.figures_by_unit(month=month, unit_ids=[unit.pk]).get(unit.pk)
        is_pinned = units.pinned_by(self.actor).filter(unit=unit).exists()
        line = lines.line(unit, now=now, is_pinned=is_pinned)
        return self.render(
            title=unit.name,
            crumbs=[
                {"label": "平台运营", "url": ""},
                {"label": "单位总览", "url": "/fleet/"},
                {"label": unit.name, "url": ""},
            ],
            unit=unit,
            line=line,
            s=line.standing,
            now=now,
            as_of=usage.as_of(standings.WORK),
            figures=figures or usage.UnitFigures(),
            month=month,
            facts=_facts(line),
            hosts=list(directory.hosts_of(unit.pk)),
            troubled_work=[
                {"row": row, "late": lines.age(now - dt.timedelta(seconds=row.late_seconds), now)}
                for row in directory.work_in_trouble(now=now, unit_id=unit.pk)
            ],
            may_retry=can(self.actor, FleetPermission.WORK_RETRY),
            may_appoint=can(self.actor, FleetPermission.WAVES_ACT),
            opening_url=f"/units/{unit.pk}/" if can(self.actor, OPENING_PAGE) else "",
            may_ask_support=can(self.actor, SupportPermission.ASK),
            query="",
            **_time_line(unit, kind, request.GET.get("page", "")),
        )


class RetryWork(Page):
    """``/fleet/<id>/work/retry/``: one periodic work of the unit is done at once."""

    permission = FleetPermission.WORK_RETRY

    def post(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        unit = units.unit_for(self.actor, unit_id, to=self.permission)
        name = request.POST.get("work", "")
        try:
            done = works.retry(unit=unit, name=name, actor=self.actor, now=clock.now())
        except DomainError as refused:
            toast(request, refused.message, level="error")
        else:
            toast(request, f"「{done.label}」已排队，完成后会从这里消失。")
        return HttpResponseRedirect(f"/fleet/{unit_id}/#works")


def _facts(line: Line) -> list[tuple[str, Any]]:
    unit = line.unit
    return [
        ("统一社会信用代码", unit.credit_code),
        ("单位类型", line.profile_label),
        ("地区", line.region),
        ("经办行", unit.bank_branch),
        ("开通日期", unit.opened_at and f"{clock.day_of(unit.opened_at):%Y-%m-%d}"),
        ("单位编号", str(unit.pk)),
    ]


def _time_line(unit: Unit, kind: str, page: str) -> dict[str, Any]:
    number = time_line.page_number(page)
    pages = time_line.of_unit(unit, kind=kind, page=number)
    asked = f"kind={kind}&" if kind in Kind.values else ""
    kinds = [("", "全部"), *Kind.choices]
    return {
        "entries": pages.entries,
        "kind": kind,
        "kinds": [
            {"label": label, "url": f"?kind={key}#time-line" if key else "?#time-line",
             "is_current": key == (kind if asked else "")}
            for key, label in kinds
        ],
        "newer_url": f"?{asked}page={number - 1}#time-line" if number > 1 else "",
        "older_url": f"?{asked}page={number + 1}#time-line" if pages.has_more else "",
    }  # fmt: skip
