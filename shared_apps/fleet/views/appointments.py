"""``/fleet/<id>/canary/``: whether waves reach the unit first."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.errors import DomainError
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.fleet.permissions import FleetPermission
from shared_apps.fleet.selectors import units
from shared_apps.fleet.services import appointments


class AppointUnit(Page):
    """``POST canary=1`` or ``canary=0``."""

    permission = FleetPermission.WAVES_ACT

    def post(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        unit = units.unit_for(self.actor, unit_id, to=self.permission)
        is_canary = request.POST.get("canary") == "1"
        try:
            changed = appointments.appoint(
                unit=unit, is_canary=is_canary, actor=self.actor, now=clock.now()
            )
        except DomainError as refused:
            toast(request, refused.message, level="error")
        else:
            if changed:
                done = "已设为" if is_canary else "已不再是"
                toast(request, f"「{unit.name}」{done}先行单位，从下一个波次起生效。")
        return HttpResponseRedirect(f"/fleet/{unit_id}/")
