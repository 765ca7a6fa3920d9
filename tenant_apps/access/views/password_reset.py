"""A forgotten password at a unit's desk: phone, code, second factor, new password."""

from __future__ import annotations

from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.crypto import BadLink, sign, unsign
from kernel.errors import DomainError
from kernel.masks import masked
from kernel.permissions import PUBLIC
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.people.forms import CodeForm, PhoneForm, ProofForm, ResetPasswordForm
from shared_apps.people.services import password_reset as resets
from shared_apps.people.services import sessions, sms_codes
from shared_apps.people.views import door
from tenant_apps.access.services import password_reset

STEPS = [
    {"label": "填写手机号"},
    {"label": "验证手机"},
    {"label": "验证器"},
    {"label": "新密码"},
]
_START = "/sign-in/forgotten/"
_HALF = "reset"
_PURPOSE = "password_reset.phone"


class _Step(Page, abstract=True):
    """Any step: one thing asked, and how far one has come."""

    permission = PUBLIC
    is_kept_open = True

    def step(
        self, name: str, current: int, form: Form, status: int = 200, **more: Any
    ) -> HttpResponse:
        return self.render(
            template=f"access/forgotten_{name}.html",
            status=status,
            title="重置密码",
            steps=STEPS,
            current=current,
            form=form,
            **more,
        )

    def half(self) -> sessions.Held | None:
        return door.half_of(self.request, _HALF)

    def restart(self) -> HttpResponse:
        toast(self.request, resets.ResetNotBegun.sentence, level="warning")
        return HttpResponseRedirect(_START)

    def refused(self, error: DomainError) -> HttpResponse:
        """The way out for the phone's holder; anybody else never comes here."""
        return self.render(
            template="access/forgotten_refused.html",
            status=status_of(error),
            title="无法重置密码",
            way_out=resets.WAY_OUT,
        )


class AskPhone(_Step):
    """First step: the phone.  A code is sent to whatever phone it is."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.step("phone", 1, PhoneForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form, now = PhoneForm(request.POST), clock.now()
        if not form.is_valid():
            return self.step("phone", 1, form, 422)
        try:
            phone = sms_codes.phone_of(form.cleaned_data["phone"])
            password_reset.request_code(phone=phone, actor=self.actor, now=now)
        except sms_codes.CodeAskedTooSoon:
            toast(request, "验证码已在 60 秒内发送过，请查看短信。", level="info")
        except DomainError as error:
            self.form_error(form, error, "phone")
            return self.step("phone", 1, form, status_of(error))
        handle = sign({"phone": phone}, purpose=_PURPOSE, now=now)
        return ProvePhone.show(self, CodeForm(), handle, phone)


class ProvePhone(_Step):
    """Second step: the code.  The phone travels in a signed field, good for half an hour."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(_START)

    def post(self, request: HttpRequest) -> HttpResponse:
        handle = request.POST.get("phone", "")
        try:
            phone = _phone_of(handle)
        except BadLink:
            return self.restart()
        if "again" in request.POST:
            return self._again(handle, phone)
        form = CodeForm(request.POST)
        if not form.is_valid():
            return self.show(self, form, handle, phone, 422)
        try:
            opened = password_reset.prove_phone(
                phone=phone,
                code=form.cleaned_data["code"],
                device=door.device_of(request),
                actor=self.actor,
                now=clock.now(),
            )
        except resets.ResetRefused as error:
            return self.refused(error)
        except DomainError as error:
            self.form_error(form, error, "code")
            return self.show(self, form, handle, phone, status_of(error))
        door.give_cookie(request, opened)
        return HttpResponseRedirect(f"{_START}second-factor/")

    def _again(self, handle: str, phone: str) -> HttpResponse:
        form, status = CodeForm(), 200
        try:
            password_reset.request_code(phone=phone, actor=self.actor, now=clock.now())
        except DomainError as error:
            form = CodeForm({"code": ""})
            form.errors.clear()
            self.form_error(form, error, "code")
            status = status_of(error)
        return self.show(self, form, handle, phone, status)

    @staticmethod
    def show(page: _Step, form: Form, handle: str, phone: str, status: int = 200) -> HttpResponse:
        return page.step("code", 2, form, status, handle=handle, phone=masked(phone))


class ProveSecondFactor(_Step):
    """Third step: the device, or one of the recovery codes."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.half() is None:
            return self.restart()
        return self.step("second_factor", 3, ProofForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        session = self.half()
        if session is None:
            return self.restart()
        form = ProofForm(request.POST)
        if not form.is_valid():
            return self.step("second_factor", 3, form, 422)
        try:
            opened = password_reset.prove_second_factor(
                session=session,
                code=form.cleaned_data["code"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error, "code")
            return self.step("second_factor", 3, form, status_of(error))
        door.give_cookie(request, opened)
        return HttpResponseRedirect(f"{_START}password/")


class NewPassword(_Step):
    """Last step: the new password, and out of every session."""

    def get(self, request: HttpRequest) -> HttpResponse:
        session = self.half()
        if session is None:
            return self.restart()
        if session.second_factor_at is None:
            return HttpResponseRedirect(f"{_START}second-factor/")
        return self.step("password", 4, ResetPasswordForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        session = self.half()
        if session is None:
            return self.restart()
        form = ResetPasswordForm(request.POST)
        if not form.is_valid():
            return self.step("password", 4, form, 422)
        try:
            password_reset.finish(
                session=session,
                password=form.cleaned_data["password"],
                actor=self.actor,
                now=clock.now(),
            )
        except resets.ResetNotBegun:
            return self.restart()
        except resets.ResetRefused as error:
            return self.refused(error)
        except DomainError as error:
            self.form_error(form, error, "password")
            return self.step("password", 4, form, status_of(error))
        request.signed_out = True  # type: ignore[attr-defined]  # read by config.middleware
        toast(request, "密码已重置，所有设备上的登录已退出，请用新密码登录。")
        return HttpResponseRedirect("/sign-in/")


def _phone_of(handle: str) -> str:
    """The phone that the first step signed; raises BadLink after half an hour."""
    payload = unsign(handle, purpose=_PURPOSE, now=clock.now(), max_age=sms_codes.LIFE * 3)
    return str(payload["phone"])
