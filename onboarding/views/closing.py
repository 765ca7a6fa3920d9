"""The end of a unit on the console: what stands in the way, two people, thirty days, the paper."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any
from uuid import UUID

from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import PUBLIC, can
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from onboarding.forms import CertificateForm, ClosingForm, typed_into
from onboarding.models import Closing, ClosingState
from onboarding.permissions import OnboardingPermission
from onboarding.services import closing, closing_steps
from onboarding.views import presenting
from tenants import selectors as units
from tenants.models import Unit, UnitState

_MARKS = {
    ClosingState.REQUESTED: "pending",
    ClosingState.RUNNING: "processing",
    ClosingState.FINISHING: "processing",
    ClosingState.FINISHED: "closed",
    ClosingState.CALLED_OFF: "undone",
}


class ClosingPage(Page):
    """``/units/<id>/closing/``: asks for it, or shows how far the one under way has come."""

    permission = OnboardingPermission.CLOSING_VIEW
    template_name = "onboarding/closing.html"

    def get(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        return self.page(units.unit_by_id(unit_id))

    def page(self, unit: Unit, *, form: Form | None = None, status: int = 200) -> HttpResponse:
        past = closing.history_of(unit.pk)
        current = next((one for one in past if one.state != ClosingState.CALLED_OFF), None)
        is_open = unit.is_serving or unit.state == UnitState.SUSPENDED
        money = closing.standing_of(unit) if is_open else []
        is_own = current is not None and current.requested_by == self.actor.person_id
        is_waiting = current is not None and current.state == ClosingState.REQUESTED
        is_early = is_waiting or (current is not None and current.state == ClosingState.RUNNING)
        return self.render(
            status=status,
            form=form,
            title="注销办理",
            crumbs=[
                {"label": "单位总览", "url": "/fleet/"},
                {"label": unit.name, "url": f"/fleet/{unit.pk}/"},
                {"label": "注销办理", "url": ""},
            ],
            unit=unit,
            mark=presenting.UNIT_STATES[unit.state],
            current=current,
            current_mark=_MARKS[ClosingState(current.state)] if current else "",
            past=[one for one in past if one.state == ClosingState.CALLED_OFF],
            money=money,
            is_settled=all(line.is_clear for line in money),
            may_request=is_open
            and current is None
            and can(self.actor, OnboardingPermission.CLOSING_REQUEST),
            may_confirm=is_waiting
            and not is_own
            and can(self.actor, OnboardingPermission.CLOSING_CONFIRM),
            is_own=is_waiting and is_own,
            may_call_off=is_early and can(self.actor, OnboardingPermission.CLOSING_REQUEST),
            tasks=_tasks(current),
        )


class RequestClosing(ClosingPage):
    permission = OnboardingPermission.CLOSING_REQUEST

    def get(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(f"/units/{unit_id}/closing/")

    def post(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        unit = units.unit_by_id(unit_id)
        form = ClosingForm(request.POST)
        try:
            closing.request(unit=unit, actor=self.actor, now=clock.now(), **typed_into(form))
        except DomainError as error:
            self.form_error(form, error)
            return self.page(unit, form=form, status=status_of(error))
        toast(request, "已提交注销申请，等待另一位同事复核")
        return HttpResponseRedirect(f"/units/{unit.pk}/closing/")


class ClosingAct(ClosingPage, abstract=True):
    """A button on the page of a closing that was asked for; refused, the page says why."""

    def get(self, request: HttpRequest, closing_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(f"/units/{closing.by_id(closing_id).unit_id}/closing/")

    def post(self, request: HttpRequest, closing_id: UUID) -> HttpResponse:
        form = ClosingForm(request.POST)
        try:
            said = self.act(closing_id, **typed_into(form))
        except DomainError as error:
            self.form_error(form, error)
            unit = closing.by_id(closing_id).unit
            return self.page(unit, form=form, status=status_of(error))
        toast(request, said)
        return self.get(request, closing_id)

    @abstractmethod
    def act(self, closing_id: UUID, *, reason: str, typed: str) -> str:
        """Does it and returns what to tell."""


class ConfirmClosing(ClosingAct):
    permission = OnboardingPermission.CLOSING_CONFIRM

    def act(self, closing_id: UUID, *, reason: str, typed: str) -> str:
        now = clock.now()
        held = closing.confirm(closing_id=closing_id, typed=typed, actor=self.actor, now=now)
        return f"已复核，{clock.day_of(held.due_at or now)} 起清除数据"


class CallOffClosing(ClosingAct):
    permission = OnboardingPermission.CLOSING_REQUEST

    def act(self, closing_id: UUID, *, reason: str, typed: str) -> str:
        closing.call_off(closing_id=closing_id, reason=reason, actor=self.actor, now=clock.now())
        return "已撤回注销，单位恢复到之前的状态"


class Closings(Page):
    """``/closings/``: every closing under way, for whoever confirms them."""

    permission = OnboardingPermission.CLOSING_VIEW
    template_name = "onboarding/closings.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        lines = [(one, _MARKS[ClosingState(one.state)]) for one in closing.in_hand()]
        return self.render(
            title="注销办理",
            crumbs=[{"label": "平台运营", "url": ""}, {"label": "注销办理", "url": ""}],
            lines=lines,
            done=closing.finished(),
        )


class Certificate(Page):
    """``/closings/<id>/certificate/``: the paper to print; ``?form=json`` the signed document."""

    permission = OnboardingPermission.CLOSING_VIEW
    template_name = "onboarding/certificate.html"

    def get(self, request: HttpRequest, closing_id: UUID) -> HttpResponse:
        held = closing_steps.certificate_of(closing_id)
        if request.GET.get("form") == "json":
            told = {
                "document": held.document,
                "digest": {"algorithm": "SM3", "value": held.digest},
                "signature": {"algorithm": "HMAC-SM3", "value": held.signature},
            }
            response = JsonResponse(told, json_dumps_params={"ensure_ascii": False, "indent": 2})
            response["Content-Disposition"] = f'attachment; filename="{held.number}.json"'
            return response
        return self.render(
            title=f"注销证明 {held.number}",
            back_url=f"/units/{held.unit_id}/closing/",
            **paper(held),
        )


class VerifyCertificate(Page):
    """``/certificates/``: genuine or not, for anybody who holds one."""

    permission = PUBLIC
    template_name = "onboarding/verify_certificate.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render(form=CertificateForm(initial=request.GET.dict()), title="注销证明查验")

    def post(self, request: HttpRequest) -> HttpResponse:
        form = CertificateForm(request.POST)
        if not form.is_valid():
            return self.render(form=form, title="注销证明查验", status=422)
        try:
            found = closing_steps.certificate(actor=self.actor, **form.cleaned_data)
        except DomainError as error:
            self.form_error(form, error)
            return self.render(form=form, title="注销证明查验", status=status_of(error))
        return self.render(form=form, found=found, is_asked=True, title="注销证明查验")


def paper(held: Closing) -> dict[str, Any]:
    """What stands on the certificate."""
    rows = held.counts.get("rows", {})
    return {
        "closing": held,
        "digest": " ".join(held.digest[at : at + 16] for at in range(0, len(held.digest), 16)),
        "check": held.signature[: closing_steps.CHECK_LETTERS],
        "facts": [
            ("单位名称", held.document["unit"]["name"]),
            ("统一社会信用代码", held.document["unit"]["credit_code"]),
            ("注销事由", held.reason),
            ("申请", f"{held.requested_by_name}　{presenting.moment(held.requested_at)}"),
            ("复核", f"{held.confirmed_by_name}　{presenting.moment(held.confirmed_at)}"),
            ("清除完成", presenting.moment(held.finished_at)),
        ],
        "done": [
            (label, presenting.moment(closing_steps.done_at(held, name)))
            for name, label, _ in closing_steps.STEPS
            if name in held.steps and name != "certificate"
        ],
        "counts": [
            ("党组织", f"{rows.get('organizations_organization', 0):,} 个"),
            ("党员", f"{rows.get('members_member', 0):,} 人"),
            ("党费账单", f"{rows.get('dues_bill', 0):,} 笔"),
            ("党费收据", f"{rows.get('dues_receipt', 0):,} 张"),
            ("全部数据行", f"{sum(rows.values()):,} 行"),
            ("文件与备份", f"{held.counts.get('files', 0):,} 个"),
        ],
        "kept": [f"{what} {count:,} 行" for what, count in closing_steps.kept_in_words(held)],
    }


def _tasks(current: Closing | None) -> list[dict[str, Any]]:
    """The steps of carrying out, those done ticked."""
    if current is None or current.state not in {ClosingState.FINISHING, ClosingState.FINISHED}:
        return []
    return [
        {"title": label, "is_done": name in current.steps} for name, label, _ in closing_steps.STEPS
    ]
