"""The one-time link: what it is for, a code to the phone, a password."""

from __future__ import annotations

from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.crypto import BadLink
from kernel.errors import DomainError
from kernel.permissions import PUBLIC
from kernel.statuses import status_of
from kernel.unit import current_unit_id
from kernel.web.messages import toast
from kernel.web.views import Page, error_page
from shared_apps.people.forms import CodeForm, NewPasswordForm, password_field
from shared_apps.people.services import invitations as links
from shared_apps.people.services import second_factor, sms_codes
from shared_apps.people.views import door
from tenant_apps.access.selectors import ROLE_LABELS, neighbours
from tenant_apps.access.services import invitations

STEPS = [
    {"label": "核对邀请"},
    {"label": "验证手机"},
    {"label": "设置密码"},
    {"label": "绑定验证器"},
]


class OwnPasswordForm(Form):
    """The password of somebody who has an account already, in another unit perhaps."""

    password = password_field("您已有账号，请输入原密码", is_new=False)


class _Step(Page, abstract=True):
    """Any step: the link must still be good."""

    permission = PUBLIC

    def invitee(self, token: str) -> links.Invitee:
        return links.opened(unit_id=current_unit_id(), token=token, now=clock.now())

    def step(
        self, template: str, invitee: links.Invitee, current: int, status: int = 200, **more: Any
    ) -> HttpResponse:
        context: dict[str, Any] = {
            "invitee": invitee,
            "role": ROLE_LABELS.get(invitee.role, invitee.role),
            "scope": neighbours.names_of_places([invitee.scope]).get(invitee.scope, ""),
            "title": "开通管理账号",
            "steps": STEPS,
            "current": current,
            **more,
        }
        return self.render(template=template, status=status, **context)


class Invitation(_Step):
    """What the link says; the button sends the code."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self.step("access/invitation.html", self.invitee(token), 1)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        invitee = self.invitee(token)
        status, form = 200, CodeForm()
        try:
            links.send_code(
                unit_id=current_unit_id(), token=token, actor=self.actor, now=clock.now()
            )
        except sms_codes.CodeAskedTooSoon:
            toast(request, "验证码已在 60 秒内发送过，请查看短信。", level="info")
        except DomainError as error:
            return self.step(
                "access/invitation.html", invitee, 1, status_of(error), refusal=error.message
            )
        return self.step("access/invitation_code.html", invitee, 2, status, form=form, token=token)


class ProveInvitation(_Step):
    """The code; then the page for the password, with the proof in a signed field."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return door.go(request, f"/invitation/{token}/")

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        invitee = self.invitee(token)
        form = CodeForm(request.POST)
        status = 422
        if form.is_valid():
            try:
                proof = invitations.prove_phone(
                    token=token,
                    code=form.cleaned_data["code"],
                    actor=self.actor,
                    now=clock.now(),
                )
            except DomainError as error:
                status = status_of(error)
                self.form_error(form, error, "code")
            else:
                return AcceptInvitation.show(self, invitee, token, proof)
        return self.step("access/invitation_code.html", invitee, 2, status, form=form, token=token)


class AcceptInvitation(_Step):
    """The password; the role is granted and the second factor comes next."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return door.go(request, f"/invitation/{token}/")

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        proof, now = request.POST.get("proof", ""), clock.now()
        try:
            invitee = invitations.require_proof(token=token, proof=proof, now=now)
        except BadLink:
            return door.go(request, f"/invitation/{token}/")
        form = _password_form(invitee)(request.POST)
        if not form.is_valid():
            return self.show(self, invitee, token, proof, form, 422)
        try:
            opened = invitations.accept(
                token=token,
                proof=proof,
                password=form.cleaned_data["password"],
                device=door.device_of(request),
                actor=self.actor,
                now=now,
            )
        except (links.InvitationUsed, links.InvitationRevoked, links.InvitationExpired) as error:
            return error_page(request, error)
        except DomainError as error:
            self.form_error(form, error, "password")
            return self.show(self, invitee, token, proof, form, status_of(error))
        door.give_cookie(request, opened)
        enrolled = second_factor.is_enrolled(opened.session.person)
        return door.go(request, "/sign-in/code/" if enrolled else "/second-factor/")

    @staticmethod
    def show(
        page: _Step,
        invitee: links.Invitee,
        token: str,
        proof: str,
        form: Form | None = None,
        status: int = 200,
    ) -> HttpResponse:
        return page.step(
            "access/invitation_password.html",
            invitee,
            3,
            status,
            form=form or _password_form(invitee)(),
            token=token,
            proof=proof,
        )


def _password_form(invitee: links.Invitee) -> type[Form]:
    return OwnPasswordForm if invitee.has_password else NewPasswordForm
