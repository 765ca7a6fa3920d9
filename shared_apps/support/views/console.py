"""支持访问 on the console: asking a unit, following the answer, going in, ending."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.people.views import door
from shared_apps.support import selectors
from shared_apps.support.forms import AskForm
from shared_apps.support.models import OPEN, Access, State
from shared_apps.support.permissions import SupportPermission
from shared_apps.support.services import accesses, visits
from tenants.models import Unit

MARKS: Final = {
    State.ASKED: "pending",
    State.ACCEPTED: "accepted",
    State.ACTIVE: "running",
    State.REFUSED: "refused",
    State.WITHDRAWN: "inactive",
    State.EXPIRED: "expired",
    State.ENDED: "closed",
}
_FIELDS: Final = {
    "support_reason_short": "reason",
    "support_hours_invalid": "hours",
    "support_scope_empty": "areas",
    "support_change_without_area": "changes",
}


class Accesses(Page):
    """``/support/?view=``: all, or those still open."""

    permission = SupportPermission.VIEW
    template_name = "support/accesses.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        view = "open" if request.GET.get("view") == "open" else ""
        rows = selectors.all_visible_to(self.actor, to=self.permission)
        page = Paginator(rows.filter(state__in=OPEN) if view else rows, 25)
        shown = page.get_page(request.GET.get("page"))
        return self.render(
            title="支持访问",
            view=view,
            views=[
                {"label": "全部", "url": "/support/", "is_current": not view},
                {"label": "未结束", "url": "/support/?view=open", "is_current": bool(view)},
            ],
            page_obj=shown,
            lines=[(row, MARKS[State(row.state)]) for row in shown],
        )


class Ask(Page):
    """The form, for one unit."""

    permission = SupportPermission.ASK
    template_name = "support/ask.html"

    def get(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        unit = selectors.unit_for(self.actor, unit_id, to=self.permission)
        office = selectors.last_office(self.actor.person_id)
        return self._page(unit, AskForm(initial={"office": office}))

    def post(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        unit = selectors.unit_for(self.actor, unit_id, to=self.permission)
        form = AskForm(request.POST)
        if not form.is_valid():
            return self._page(unit, form, 422)
        try:
            made = accesses.ask(unit=unit, actor=self.actor, now=clock.now(), **form.cleaned_data)
        except DomainError as refused:
            self.form_error(form, refused, _FIELDS.get(refused.code))
            return self._page(unit, form, status_of(refused))
        toast(request, "申请已送达，单位管理员登录后即可看到。")
        return HttpResponseRedirect(f"/support/{made.pk}/")

    def _page(self, unit: Unit, form: AskForm, status: int = 200) -> HttpResponse:
        return self.render(
            status=status,
            title="申请支持访问",
            crumbs=[{"label": "支持访问", "url": "/support/"}, {"label": unit.name, "url": ""}],
            unit=unit,
            form=form,
        )


class OneAccess(Page):
    """One request: what was asked, the answer, what can be done now."""

    permission = SupportPermission.VIEW
    template_name = "support/access.html"

    def get(self, request: HttpRequest, access_id: UUID) -> HttpResponse:
        access = selectors.access_for(self.actor, access_id, to=self.permission)
        access = accesses.looked_at(access_id=access.pk, now=clock.now())
        is_own = access.operator_id == self.actor.person_id
        return self.render(
            title="支持访问",
            crumbs=[
                {"label": "支持访问", "url": "/support/"},
                {"label": access.unit.name, "url": ""},
            ],
            access=access,
            mark=MARKS[State(access.state)],
            pairs=_terms(access),
            may_act=is_own and can(self.actor, SupportPermission.ASK),
        )


class Withdraw(Page):
    permission = SupportPermission.ASK

    def post(self, request: HttpRequest, access_id: UUID) -> HttpResponse:
        accesses.withdraw(access_id=access_id, actor=self.actor, now=clock.now())
        toast(request, "申请已撤回。")
        return HttpResponseRedirect(f"/support/{access_id}/")


class Enter(Page):
    """Makes the one-time way; a page, since a form here may not lead to another host."""

    permission = SupportPermission.ASK
    template_name = "support/enter.html"

    def post(self, request: HttpRequest, access_id: UUID) -> HttpResponse:
        access = selectors.access_for(self.actor, access_id, to=self.permission)
        token = visits.make_pass(
            access_id=access_id,
            device=door.device_of(request),
            actor=self.actor,
            now=clock.now(),
        )
        response = self.render(
            title="进入单位",
            crumbs=[
                {"label": "支持访问", "url": "/support/"},
                {"label": access.unit.name, "url": f"/support/{access_id}/"},
                {"label": "进入", "url": ""},
            ],
            access=access,
            seconds=int(visits.PASS_LIFE.total_seconds()),
            address=address_in(access.unit, f"/support/enter/{token}/", request.get_host()),
        )
        response["Cache-Control"] = "no-store"
        return response


class End(Page):
    permission = SupportPermission.ASK

    def post(self, request: HttpRequest, access_id: UUID) -> HttpResponse:
        accesses.end_by_operator(access_id=access_id, actor=self.actor, now=clock.now())
        toast(request, "访问已结束。")
        return HttpResponseRedirect(f"/support/{access_id}/")


def address_in(unit: Unit, path: str, host: str) -> str:
    """The address of a page of the unit, on the port by which the console was reached."""
    port = host.partition(":")[2]
    at = f"{unit.label}.{settings.BASE_DOMAIN}" + (f":{port}" if port else "")
    return f"{settings.SCHEME}://{at}{path}"


def _terms(access: Access) -> list[tuple[str, Any]]:
    return [
        ("单位", access.unit.name),
        ("申请人", access.operator_name),
        ("所在部门", access.office),
        ("事由", access.reason),
        ("申请查看", "、".join(selectors.area_labels(access.asked_areas))),
        ("申请修改", "、".join(selectors.change_labels(access.asked_changes)) or "无，只读"),
        ("申请组织", access.asked_place or "全单位"),
        ("申请时长", f"{access.asked_hours} 小时"),
    ]
