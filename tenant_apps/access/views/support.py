"""平台支持访问: the unit's side, and the platform's visitor inside the unit."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import PUBLIC
from kernel.statuses import status_of
from kernel.unit import current_unit_id
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.people.views import door
from shared_apps.support import selectors
from shared_apps.support.permissions import SupportPermission
from shared_apps.support.selectors import REACHES, Access, Area
from shared_apps.support.services import visits
from tenant_apps.access.forms import AcceptSupportForm, RefuseSupportForm, scope_of
from tenant_apps.access.permissions import AccessPermission
from tenant_apps.access.selectors import support as reading
from tenant_apps.access.services import support

ADDRESS = "/support/"
MARKS = {
    "asked": "pending",
    "accepted": "accepted",
    "active": "running",
    "refused": "refused",
    "withdrawn": "inactive",
    "expired": "expired",
    "ended": "closed",
}


class Accesses(Page):
    """Every request and access so far."""

    permission = AccessPermission.SUPPORT_VIEW
    template_name = "access/support.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = selectors.listed_of(current_unit_id())
        return self.render(title="平台支持访问", lines=[(row, MARKS[row.state]) for row in rows])


class OneAccess(Page):
    """One of them: what is asked, the answer, and everything that was looked at and done."""

    permission = AccessPermission.SUPPORT_VIEW
    template_name = "access/support_one.html"

    def get(self, request: HttpRequest, access_id: UUID) -> HttpResponse:
        return self.page(selectors.one_of(current_unit_id(), access_id))

    def page(
        self,
        access: Access,
        *,
        status: int = 200,
        accepting: AcceptSupportForm | None = None,
        refusing: RefuseSupportForm | None = None,
    ) -> HttpResponse:
        return self.render(
            status=status,
            title="平台支持访问",
            crumbs=[
                {"label": "平台支持访问", "url": ADDRESS},
                {"label": access.operator_name, "url": ""},
            ],
            access=access,
            mark=MARKS[access.state],
            pairs=terms(access),
            accepting=accepting or AcceptSupportForm(access=access, offer=self.offer(access)),
            place_q=self._asked(),
            places_url=f"{ADDRESS}{access.id}/places/",
            places_help=_places_help(access),
            refusing=refusing or RefuseSupportForm(),
            is_own=access.operator_id == self.actor.person_id,
            acts=reading.acts_under(access.id),
        )

    def offer(self, access: Access) -> reading.Offer:
        """The organisations to choose from, by what is typed."""
        chosen = scope_of(self.request.POST.get("scope", ""))
        return reading.offer_of(access, self.actor, asked=self._asked(), chosen=chosen)

    def _asked(self) -> str:
        given = self.request.POST.get("place_q") or self.request.GET.get("place_q") or ""
        return given.strip()


class Places(OneAccess):
    """The choices of organisations while a name is typed."""

    permission = AccessPermission.SUPPORT_DECIDE
    template_name = "access/parts/places.html"

    def get(self, request: HttpRequest, access_id: UUID) -> HttpResponse:
        access = selectors.one_of(current_unit_id(), access_id)
        form = AcceptSupportForm(access=access, offer=self.offer(access))
        return self.render(form=form, place_q=self._asked())


class Accept(OneAccess):
    """Lets the operator in, against the second factor."""

    permission = AccessPermission.SUPPORT_DECIDE
    is_kept_open = True

    def get(self, request: HttpRequest, access_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(f"{ADDRESS}{access_id}/")

    def post(self, request: HttpRequest, access_id: UUID) -> HttpResponse:
        access = selectors.one_of(current_unit_id(), access_id)
        offer = self.offer(access)
        if "find" in request.POST:
            typed = AcceptSupportForm(access=access, offer=offer, initial=_typed(request))
            return self.page(access, accepting=typed)
        form = AcceptSupportForm(request.POST, access=access, offer=offer)
        if not form.is_valid():
            return self.page(access, accepting=form, status=422)
        try:
            support.accept(
                access_id=access_id, actor=self.actor, now=clock.now(), **form.cleaned_data
            )
        except DomainError as refused:
            at = "code" if refused.code == "second_factor_wrong" else None
            self.form_error(form, refused, at)
            return self.page(access, accepting=form, status=status_of(refused))
        toast(request, f"已同意{access.operator_name}访问。您可以随时结束。")
        return HttpResponseRedirect(f"{ADDRESS}{access_id}/")


class Refuse(OneAccess):
    """Says no and why."""

    permission = AccessPermission.SUPPORT_DECIDE
    is_kept_open = True

    def get(self, request: HttpRequest, access_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(f"{ADDRESS}{access_id}/")

    def post(self, request: HttpRequest, access_id: UUID) -> HttpResponse:
        access = selectors.one_of(current_unit_id(), access_id)
        form = RefuseSupportForm(request.POST)
        if not form.is_valid():
            return self.page(access, refusing=form, status=422)
        try:
            support.refuse(
                access_id=access_id, actor=self.actor, now=clock.now(), **form.cleaned_data
            )
        except DomainError as refused:
            self.form_error(form, refused)
            return self.page(access, refusing=form, status=status_of(refused))
        toast(request, "已拒绝，对方会看到您写的原因。")
        return HttpResponseRedirect(f"{ADDRESS}{access_id}/")


class End(Page):
    """The unit ends an access at once."""

    permission = AccessPermission.SUPPORT_DECIDE
    is_kept_open = True

    def post(self, request: HttpRequest, access_id: UUID) -> HttpResponse:
        access = support.end(access_id=access_id, actor=self.actor, now=clock.now())
        toast(request, f"已结束{access.operator_name}的访问。")
        return HttpResponseRedirect(f"{ADDRESS}{access_id}/")


class Enter(Page):
    """``/support/enter/<token>/``: the operator comes from the console; a click uses it up."""

    permission = PUBLIC
    is_kept_open = True
    template_name = "access/support_enter.html"

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        held = visits.read_pass(
            token=token,
            unit_id=current_unit_id(),
            device=door.device_of(request),
            now=clock.now(),
        )
        return self.render(
            title="进入单位",
            lead="以平台支持人员的身份访问，所有操作都会记入该单位的记录。",
            access=held.access,
            place=reading.places_named([held.access.scope]).get(held.access.scope, ""),
            areas=selectors.area_labels(held.access.areas),
            changes=selectors.change_labels(held.access.changes),
        )

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        _, opened = support.enter(
            token=token, device=door.device_of(request), actor=self.actor, now=clock.now()
        )
        door.give_cookie(request, opened)
        return HttpResponseRedirect("/support/visit/")


class VisitPage(Page):
    """Where the visitor begins: the terms, and the ways to what was agreed."""

    permission = SupportPermission.VISIT
    template_name = "access/support_visit.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        access: Access = request.support.access  # type: ignore[attr-defined]  # by the middleware
        areas = [Area(area) for area in access.areas]
        return self.render(
            title="支持访问",
            access=access,
            pairs=terms(access),
            areas=[{"label": area.label, "url": REACHES[area].url} for area in areas],
        )


class EndVisit(Page):
    """The visitor ends the access; the session ends with it."""

    permission = SupportPermission.VISIT
    is_kept_open = True
    is_visitors_own: ClassVar[bool] = True
    template_name = "access/support_left.html"

    def post(self, request: HttpRequest) -> HttpResponse:
        support.leave(actor=self.actor, now=clock.now())
        request.signed_out = True  # type: ignore[attr-defined]  # read by config.middleware
        return self.render(title="访问已结束", lead="本次访问的全部操作已记入该单位的记录。")


def _places_help(access: Access) -> str:
    if access.asked_place:
        return f"对方申请查看「{access.asked_place}」，只能看到所选组织及其下级。"
    return "选择某个组织后，对方只能看到该组织及其下级。"


def _typed(request: HttpRequest) -> dict[str, Any]:
    """What stands in the form while its organisations are looked for."""
    sent = request.POST
    lists = {name: sent.getlist(name) for name in ("areas", "changes")}
    return {**lists, "hours": sent.get("hours", ""), "scope": sent.get("scope", "")}


def terms(access: Access) -> list[tuple[str, Any]]:
    """What was asked and agreed, for reading."""
    place = reading.places_named([access.scope]).get(access.scope, "组织已撤销")
    is_open_question = access.state == "asked"
    asked = "申请" if is_open_question else ""
    return [
        ("申请人", access.operator_name),
        ("所在部门", access.office),
        ("事由", access.reason),
        (f"{asked}查看范围", "、".join(selectors.area_labels(access.areas))),
        (f"{asked}修改权限", "、".join(selectors.change_labels(access.changes)) or "无，只读"),
        (f"{asked}组织", (access.asked_place or place) if is_open_question else place),
        (f"{asked}时长", f"{access.hours} 小时"),
    ]
