"""The own pins and saved filters."""

from __future__ import annotations

from urllib.parse import parse_qsl
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.errors import DomainError
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.fleet.models import SavedFilter
from shared_apps.fleet.permissions import FleetPermission
from shared_apps.fleet.selectors import own, units
from shared_apps.fleet.selectors.units import Wanted
from shared_apps.fleet.services import pins, saved_filters
from shared_apps.fleet.views.units import address


class PinUnit(Page):
    """``pinned=1`` puts the unit on top of the own list, anything else takes it off."""

    permission = FleetPermission.VIEW
    template_name = "fleet/parts/pin.html"

    def post(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        unit = units.unit_for(self.actor, unit_id, to=self.permission)
        is_pinned = request.POST.get("pinned") == "1"
        if is_pinned:
            pins.pin(unit=unit, actor=self.actor, now=clock.now())
        else:
            pins.unpin(unit=unit, actor=self.actor)
        toast(request, f"已置顶「{unit.name}」。" if is_pinned else f"已取消置顶「{unit.name}」。")
        if self.is_htmx:
            return self.render(unit=unit, is_pinned=is_pinned)
        return HttpResponseRedirect(came_from(request))


class SaveFilter(Page):
    """Keeps the filters in force under a name."""

    permission = FleetPermission.VIEW

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            saved = saved_filters.save(
                name=request.POST.get("name", ""),
                query=request.POST.get("query", ""),
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            toast(request, error.message, level="error")
            return HttpResponseRedirect(came_from(request))
        toast(request, f"已保存筛选「{saved.name}」。")
        return HttpResponseRedirect(f"/fleet/?{saved.query}")


class ChangeFilter(Page):
    """A saved filter's new name, whether the list opens with it, or its end."""

    permission = FleetPermission.VIEW

    def post(self, request: HttpRequest, filter_id: UUID) -> HttpResponse:
        held = own.filter_of(self.actor, filter_id)
        try:
            said = self._change(held)
        except DomainError as error:
            toast(request, error.message, level="error")
        else:
            toast(request, said)
        return HttpResponseRedirect(came_from(request))

    def _change(self, held: SavedFilter) -> str:
        act = self.request.POST.get("act", "")
        if act == "delete":
            saved_filters.delete(held=held, actor=self.actor)
            return f"已删除筛选「{held.name}」。"
        if act in {"default", "plain"}:
            is_default = act == "default"
            saved_filters.make_default(held=held, is_default=is_default, actor=self.actor)
            return f"打开单位总览时{'先' if is_default else '不再'}显示「{held.name}」。"
        saved_filters.rename(held=held, name=self.request.POST.get("name", ""), actor=self.actor)
        return f"已改名为「{held.name}」。"


def came_from(request: HttpRequest) -> str:
    """The list as it was, from the form's own field; never an address from outside."""
    return address(Wanted.read(dict(parse_qsl(request.POST.get("query", "")))))
