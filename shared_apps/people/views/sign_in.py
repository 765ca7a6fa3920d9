"""Signing in with a password and a second factor; signing out."""

from __future__ import annotations

from typing import Any, ClassVar

from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import PUBLIC
from kernel.statuses import status_of
from kernel.web.views import Page
from shared_apps.people.forms import DeviceCodeForm, LoginForm, RecoveryForm
from shared_apps.people.models import SessionKind
from shared_apps.people.permissions import PeoplePermission
from shared_apps.people.services import second_factor, sessions, sign_in
from shared_apps.people.views import door


class SignIn(Page):
    """First step on the console; ``access`` has the unit's desk's."""

    permission = PUBLIC
    is_kept_open = True
    template_name = "people/sign_in.html"
    form_class: ClassVar[type[Form]] = LoginForm
    title: ClassVar[str] = "登录控制台"
    lead: ClassVar[str] = "供共建推广、平台运营与三员管理员使用。"

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.actor.is_signed_in and self.actor.is_second_factor_passed:
            return HttpResponseRedirect(door.next_of(request))
        return self._page(self.form_class())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form_class(request.POST)
        if not form.is_valid():
            return self._page(form, 422)
        try:
            opened = self.open(form.cleaned_data)
        except DomainError as error:
            self.form_error(form, error)
            return self._page(form, status_of(error))
        door.give_cookie(request, opened)
        enrolled = second_factor.is_enrolled(opened.session.person)
        return door.go(request, "/sign-in/code/" if enrolled else "/second-factor/")

    def _page(self, form: Form, status: int = 200) -> HttpResponse:
        return self.render(form=form, status=status, title=self.title, lead=self.lead)

    def open(self, typed: dict[str, Any]) -> sessions.Opened:
        """The one call of this face."""
        return sign_in.with_login(
            login=typed["login"],
            password=typed["password"],
            device=door.device_of(self.request),
            actor=self.actor,
            now=clock.now(),
        )


class SecondStep(Page):
    """The device's six digits, or a recovery code (``?by=recovery``)."""

    permission = PUBLIC
    is_kept_open = True
    template_name = "people/second_step.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        if door.half_of(request, SessionKind.ADMINISTRATOR) is None:
            return door.go(request, "/sign-in/")
        return self._page(self._form_class()())

    def post(self, request: HttpRequest) -> HttpResponse:
        session = door.half_of(request, SessionKind.ADMINISTRATOR)
        if session is None:
            return door.go(request, "/sign-in/")
        form = self._form_class()(request.POST)
        if not form.is_valid():
            return self._page(form, 422)
        try:
            opened = self.complete(session, form.cleaned_data["code"])
        except DomainError as error:
            self.form_error(form, error, "code")
            return self._page(form, status_of(error))
        door.give_cookie(request, opened)
        return HttpResponseRedirect(door.next_of(request))

    def complete(self, session: sessions.Held, code: str) -> sessions.Opened:
        """The one call of this face."""
        return sign_in.with_second_factor(
            session=session, code=code, actor=self.actor, now=clock.now()
        )

    def _form_class(self) -> type[Form]:
        return RecoveryForm if self.request.GET.get("by") == "recovery" else DeviceCodeForm

    def _page(self, form: Form, status: int = 200) -> HttpResponse:
        return self.render(
            form=form,
            status=status,
            is_recovery=isinstance(form, RecoveryForm),
            next=door.next_of(self.request, ""),
            title="两步验证",
        )


class SignOut(Page):
    """Ends the session on the server, then forgets the cookie."""

    permission = PeoplePermission.ACCOUNT
    is_kept_open = True

    def post(self, request: HttpRequest) -> HttpResponse:
        if self.actor.session_id is not None:
            sessions.end(session_id=self.actor.session_id, actor=self.actor, now=clock.now())
        request.signed_out = True  # type: ignore[attr-defined]  # read by config.middleware
        is_member = not self.actor.is_second_factor_passed
        return HttpResponseRedirect("/m/sign-in/" if is_member else "/sign-in/")
