"""The own account: password, second factor, where one is signed in."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.errors import DomainError
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.people import selectors
from shared_apps.people.forms import ChangePasswordForm
from shared_apps.people.permissions import PeoplePermission
from shared_apps.people.services import passwords, sessions
from shared_apps.people.views import door
from shared_apps.people.views.own import OwnPage


class Account(OwnPage):
    """How one signs in, and where one is signed in now."""

    template_name = "people/account.html"
    title = "账户与安全"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render(
            person=self.person,
            device=selectors.device_of(self.person.id),
            sessions=sessions.own(actor=self.actor, now=clock.now()),
            crumbs=[],
            back_url="/m/me/",
            is_administrator=self.actor.is_second_factor_passed,
        )


class MemberAccount(Account):
    """The same on a phone: only where one is signed in, and signing out."""

    template_name = "people/member_account.html"


class ChangePassword(OwnPage):
    """Every other session ends with the old password."""

    template_name = "people/change_password.html"
    title = "修改密码"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render(form=ChangePasswordForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ChangePasswordForm(request.POST)
        if not form.is_valid():
            return self.render(form=form, status=422)
        try:
            opened = passwords.change(
                session=request.signed_in,  # type: ignore[attr-defined]  # set by the middleware
                current=form.cleaned_data["current"],
                new=form.cleaned_data["password"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            is_old = isinstance(error, passwords.WrongPassword)
            self.form_error(form, error, "current" if is_old else "password")
            return self.render(form=form, status=status_of(error))
        door.give_cookie(request, opened)
        toast(request, "密码已修改，其他设备上的登录已全部退出。")
        return HttpResponseRedirect("/account/")


class EndSession(Page):
    """Signs another of the own browsers out."""

    permission = PeoplePermission.ACCOUNT
    is_kept_open = True

    def post(self, request: HttpRequest, session_id: UUID) -> HttpResponse:
        sessions.end(session_id=session_id, actor=self.actor, now=clock.now())
        if session_id == self.actor.session_id:
            request.signed_out = True  # type: ignore[attr-defined]  # read by the middleware
        toast(request, "已退出该设备上的登录。")
        back = "/m/account/" if request.path.startswith("/m/") else "/account/"
        return HttpResponseRedirect(back)
