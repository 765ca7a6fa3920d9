"""The states of one unit: what may be done now, and who did what before."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.clock import day_of
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.fleet.forms import ActForm, AddressForm, NameForm
from shared_apps.fleet.permissions import FleetPermission
from shared_apps.fleet.selectors import units
from shared_apps.fleet.services import life_cycle
from shared_apps.fleet.views import presenting
from tenants import selectors as directory
from tenants.models import Transition, Unit, UnitState

CLOSING_PAGE = "onboarding:closing_view"
ABANDON_PAGE = "onboarding:unit_abandon"


class LifeCycle(Page):
    """``/fleet/<id>/life-cycle/``: the acts that the state allows, and every change so far."""

    permission = FleetPermission.VIEW
    template_name = "fleet/life_cycle.html"

    def get(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        return self._page(units.unit_for(self.actor, unit_id, to=self.permission))

    def post(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        unit = units.unit_for(self.actor, unit_id, to=FleetPermission.LIFE_CYCLE)
        form = ActForm(request.POST)
        if not form.is_valid():
            return self._page(unit, form=form, status=422)
        try:
            made = life_cycle.act(unit=unit, actor=self.actor, now=clock.now(), **form.cleaned_data)
        except DomainError as error:
            self.form_error(form, error)
            return self._page(unit, form=form, status=status_of(error))
        toast(request, f"「{unit.name}」已改为{UnitState(made.to).label}")
        return HttpResponseRedirect(request.path)

    def _page(self, unit: Unit, *, form: ActForm | None = None, status: int = 200) -> HttpResponse:
        unit.refresh_from_db()
        may_act = can(self.actor, FleetPermission.LIFE_CYCLE)
        is_draft = unit.state == UnitState.DRAFT
        may_close = can(self.actor, CLOSING_PAGE) and not is_draft
        closing_url = f"/units/{unit.pk}/closing/" if may_close else ""
        may_abandon = is_draft and can(self.actor, ABANDON_PAGE, unit)
        changes = list(directory.transitions_of(unit.pk))
        return self.render(
            status=status,
            title="状态与地址",
            crumbs=[
                {"label": "单位总览", "url": "/fleet/"},
                {"label": unit.name, "url": f"/fleet/{unit.pk}/"},
                {"label": "状态与地址", "url": ""},
            ],
            unit=unit,
            mark=presenting.STATE_MARKS[unit.state],
            way=_way(unit, changes),
            no_acts=_no_acts(unit, may_act=may_act),
            acts=life_cycle.acts_on(unit) if may_act else [],
            form=form,
            seen=changes[0].number if changes else 0,
            entries=[_entry(change) for change in changes],
            name_form=NameForm(initial={"name": unit.name}),
            address_form=AddressForm(initial={"label": unit.label}),
            retired=directory.retired_hosts_of(unit.pk),
            may_rename=can(self.actor, FleetPermission.RENAME) and unit.state != UnitState.CLOSED,
            closing_url=closing_url,
            abandon_url=f"/units/{unit.pk}/abandon/" if may_abandon else "",
            closing_label="查看注销进度" if closing_url else "",
            closing_text=f"{day_of(unit.closes_at)} 起停止服务并清除数据，在此之前可以撤回。"
            if unit.closes_at
            else "",
            suffix=f".{settings.BASE_DOMAIN}",
        )


class RenameUnit(Page):
    permission = FleetPermission.RENAME

    def post(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        unit = units.unit_for(self.actor, unit_id, to=self.permission)
        life_cycle.rename(
            unit=unit, name=request.POST.get("name", ""), actor=self.actor, now=clock.now()
        )
        toast(request, f"单位名称已改为「{unit.name}」")
        return HttpResponseRedirect(f"/fleet/{unit.pk}/life-cycle/")


class RelocateUnit(Page):
    permission = FleetPermission.RENAME

    def post(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        unit = units.unit_for(self.actor, unit_id, to=self.permission)
        life_cycle.relocate(
            unit=unit, label=request.POST.get("label", ""), actor=self.actor, now=clock.now()
        )
        toast(request, f"访问地址已改为 {unit.label}.{settings.BASE_DOMAIN}")
        return HttpResponseRedirect(f"/fleet/{unit.pk}/life-cycle/")


def _entry(change: Transition) -> dict[str, Any]:
    is_bad = change.to in {UnitState.SUSPENDED, UnitState.CLOSING, UnitState.CLOSED}
    return {
        "at": change.at,
        "title": f"{UnitState(change.was).label} → {UnitState(change.to).label}",
        "text": "，".join(part for part in (change.actor_name, change.reason) if part),
        "tone": "late" if is_bad else "ok",
    }


def _way(unit: Unit, changes: list[Transition]) -> list[dict[str, Any]]:
    """The eight states, with the present one and those that the unit was in."""
    past = {change.was for change in changes}
    return [
        {
            "label": label,
            "is_current": state == unit.state,
            "is_past": state in past and state != unit.state,
        }
        for state, label in UnitState.choices
    ]


def _no_acts(unit: Unit, *, may_act: bool) -> str:
    """Why there is nothing to do on the page."""
    if unit.state == UnitState.CLOSED:
        return "单位已注销，状态不再变化。"
    if unit.state in {UnitState.DRAFT, UnitState.OPENING}:
        return "单位还没有开通，导入名册后自动进入试用。"
    return "" if may_act else "状态由平台运营人员变更，您可以查看记录。"
