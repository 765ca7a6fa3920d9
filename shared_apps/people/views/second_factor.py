"""Binding an authenticator: compulsory at the first sign-in, replaced against a proof."""

from __future__ import annotations

import base64
from abc import abstractmethod
from dataclasses import dataclass

import segno
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import PUBLIC
from kernel.statuses import status_of
from kernel.web.views import Page
from shared_apps.people.forms import DeviceCodeForm, ProofForm
from shared_apps.people.models import SessionKind
from shared_apps.people.services import second_factor, sessions, sign_in
from shared_apps.people.services.second_factor import Enrolment
from shared_apps.people.views import door
from shared_apps.people.views.own import OwnPage


def qr_code(text: str) -> SafeString:
    """An SVG drawn with attributes only, as the content security policy asks."""
    picture = segno.make(text, error="m").svg_inline(
        border=2, svgclass=None, lineclass=None, omitsize=True
    )
    return SafeString(picture)


def recovery_file(codes: list[str]) -> str:
    """The codes as a file that the page itself holds: nothing is kept on the server."""
    text = "共建云 恢复码（每个只能使用一次，请妥善保管）\r\n\r\n" + "\r\n".join(codes) + "\r\n"
    return base64.b64encode(b"\xef\xbb\xbf" + text.encode()).decode()


class Enrol(Page):
    """The second step of a first sign-in."""

    permission = PUBLIC
    is_kept_open = True
    template_name = "people/enrol.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        session = door.half_of(request, SessionKind.ADMINISTRATOR)
        if session is None:
            return door.go(request, "/account/" if self.actor.is_signed_in else "/sign-in/")
        if second_factor.is_enrolled(session.person):
            return door.go(request, "/sign-in/code/")
        return self._page(session, DeviceCodeForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        session = door.half_of(request, SessionKind.ADMINISTRATOR)
        if session is None:
            return door.go(request, "/sign-in/")
        form = DeviceCodeForm(request.POST)
        if not form.is_valid():
            return self._page(session, form, 422)
        try:
            opened, codes = self.complete(session, form.cleaned_data["code"])
        except second_factor.AlreadyEnrolled:
            return door.go(request, "/sign-in/code/")
        except DomainError as error:
            self.form_error(form, error, "code")
            return self._page(session, form, status_of(error))
        door.give_cookie(request, opened)
        return self.render(
            template="people/recovery_codes.html",
            title="请保存恢复码",
            codes=codes,
            file=recovery_file(codes),
            next=door.next_of(request),
            is_first=True,
        )

    def complete(self, session: sessions.Held, code: str) -> tuple[sessions.Opened, list[str]]:
        """The one call of this face."""
        return sign_in.with_enrolment(session=session, code=code, actor=self.actor, now=clock.now())

    def _page(
        self, session: sessions.Held, form: DeviceCodeForm, status: int = 200
    ) -> HttpResponse:
        enrolment = second_factor.begin(person=session.person, now=clock.now())
        return self.render(
            status=status, form=form, title="绑定验证器", enrolment=Shown.of(enrolment)
        )


class _ProvenPage(OwnPage, abstract=True):
    """Asks for a code of the device, or a recovery code, before it does what it is for."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render(form=ProofForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ProofForm(request.POST)
        if not form.is_valid():
            return self.render(form=form, status=422)
        try:
            return self.proven(form.cleaned_data["code"])
        except DomainError as error:
            self.form_error(form, error, "code")
            return self.render(form=form, status=status_of(error))

    @abstractmethod
    def proven(self, code: str) -> HttpResponse:
        """The page's one call, and what it shows then."""


class ReplaceDevice(_ProvenPage):
    """A new phone: the old device (or a recovery code) shows that it is really you."""

    template_name = "people/replace_device.html"
    title = "更换验证器"

    def proven(self, code: str) -> HttpResponse:
        enrolment = sign_in.replace_device(
            person=self.person, code=code, actor=self.actor, now=clock.now()
        )
        return self.render(
            template="people/confirm_device.html",
            form=DeviceCodeForm(),
            enrolment=Shown.of(enrolment),
        )


class ConfirmDevice(OwnPage):
    """The new device's first code puts it in the old one's place."""

    template_name = "people/confirm_device.html"
    title = "更换验证器"

    def post(self, request: HttpRequest) -> HttpResponse:
        form = DeviceCodeForm(request.POST)
        enrolment = second_factor.pending(person=self.person)
        if enrolment is None:
            return door.go(request, "/account/second-factor/")
        if not form.is_valid():
            return self.render(form=form, status=422, enrolment=Shown.of(enrolment))
        try:
            codes = sign_in.confirm_device(
                person=self.person,
                code=form.cleaned_data["code"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error, "code")
            return self.render(form=form, status=status_of(error), enrolment=Shown.of(enrolment))
        return _codes_page(self, codes)


class RecoveryCodes(_ProvenPage):
    """Ten new recovery codes against a code of the device."""

    template_name = "people/renew_recovery.html"
    title = "重新生成恢复码"

    def proven(self, code: str) -> HttpResponse:
        codes = sign_in.renew_recovery_codes(
            person=self.person, code=code, actor=self.actor, now=clock.now()
        )
        return _codes_page(self, codes)


@dataclass(frozen=True, slots=True)
class Shown:
    """The secret as a picture and in groups of four for typing."""

    qr: SafeString
    secret: str
    uri: str

    @classmethod
    def of(cls, enrolment: Enrolment) -> Shown:
        secret = enrolment.secret
        grouped = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
        return cls(qr_code(enrolment.uri), grouped, enrolment.uri)


def _codes_page(page: OwnPage, codes: list[str]) -> HttpResponse:
    return page.render(
        template="people/recovery_codes.html",
        title="请保存恢复码",
        codes=codes,
        file=recovery_file(codes),
        next="/account/",
    )
