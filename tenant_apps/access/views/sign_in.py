"""Signing in to a unit's desk."""

from __future__ import annotations

from typing import Any, ClassVar

from django.forms import Form

from kernel import clock
from kernel.permissions import PUBLIC
from shared_apps.people.forms import PhoneLoginForm
from shared_apps.people.services import sessions
from shared_apps.people.views import door
from shared_apps.people.views.second_factor import Enrol
from shared_apps.people.views.sign_in import SecondStep, SignIn
from tenant_apps.access.services import sign_in


class DeskSignIn(SignIn):
    """First step: phone and password."""

    permission = PUBLIC
    template_name = "access/sign_in.html"
    form_class: ClassVar[type[Form]] = PhoneLoginForm
    title = "登录党务工作台"
    lead = "供本单位管理员、书记和党费管理员使用。"

    def open(self, typed: dict[str, Any]) -> sessions.Opened:
        return sign_in.with_phone(
            phone=typed["phone"],
            password=typed["password"],
            device=door.device_of(self.request),
            actor=self.actor,
            now=clock.now(),
        )


class DeskSecondStep(SecondStep):
    """Second step: the unit's record tells who came in."""

    permission = PUBLIC

    def complete(self, session: sessions.Held, code: str) -> sessions.Opened:
        return sign_in.with_second_factor(
            session=session, code=code, actor=self.actor, now=clock.now()
        )


class DeskEnrol(Enrol):
    """Second step of a first sign-in."""

    permission = PUBLIC

    def complete(self, session: sessions.Held, code: str) -> tuple[sessions.Opened, list[str]]:
        return sign_in.with_enrolment(session=session, code=code, actor=self.actor, now=clock.now())
