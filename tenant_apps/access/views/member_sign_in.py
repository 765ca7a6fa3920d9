"""Members signing in on a phone: one thing per page, in large letters if wanted."""

from __future__ import annotations

from uuid import UUID

from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.crypto import BadLink, sign, unsign
from kernel.errors import DomainError, NotFound
from kernel.masks import masked
from kernel.permissions import PUBLIC
from kernel.statuses import status_of
from kernel.web.views import Page
from shared_apps.people import selectors as people
from shared_apps.people.forms import CodeForm, PhoneForm
from shared_apps.people.services import member_sign_in as phones
from shared_apps.people.services import sms_codes
from shared_apps.people.views import door
from tenant_apps.access.services import member_sign_in

_PURPOSE = "sign_in.phone"
_HALF = "member"


class AskPhone(Page):
    """First step: the phone.  A code is sent to whatever phone it is."""

    permission = PUBLIC
    is_kept_open = True
    template_name = "access/phone/phone.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        if self.actor.member_id is not None or self.actor.applicant_id is not None:
            return HttpResponseRedirect(door.next_of(request, "/m/"))
        return self._page(PhoneForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PhoneForm(request.POST)
        if not form.is_valid():
            return self._page(form, 422)
        now = clock.now()
        try:
            phone = sms_codes.phone_of(form.cleaned_data["phone"])
            phones.request_code(
                phone=phone, audience=door.audience_of(request), actor=self.actor, now=now
            )
        except sms_codes.CodeAskedTooSoon:
            pass  # the code sent just now is good: on to where it is asked for
        except DomainError as error:
            self.form_error(form, error, "phone")
            return self._page(form, status_of(error))
        handle = sign({"phone": phone}, purpose=_PURPOSE, now=now)
        return AskCode.show(self, request, handle, phone)

    def _page(self, form: Form, status: int = 200) -> HttpResponse:
        return self.render(form=form, status=status, title="登录")


class AskCode(Page):
    """Second step: the code.  The phone travels in a signed field, good for half an hour."""

    permission = PUBLIC
    is_kept_open = True

    def get(self, request: HttpRequest) -> HttpResponse:
        return door.go(request, "/m/sign-in/")

    def post(self, request: HttpRequest) -> HttpResponse:
        handle = request.POST.get("phone", "")
        try:
            phone = _phone_of(handle)
        except BadLink:
            return door.go(request, "/m/sign-in/")
        if "again" in request.POST:
            return self._again(request, handle, phone)
        form = CodeForm(request.POST)
        if not form.is_valid():
            return self.show(self, request, handle, phone, form=form, status=422)
        try:
            proven = self._prove(phone, form.cleaned_data["code"])
        except DomainError as error:
            return self._refused(request, handle, phone, form, error)
        door.give_cookie(request, proven.opened)
        if proven.choices:
            return door.go(request, "/m/sign-in/choose/")
        return HttpResponseRedirect(door.next_of(request, "/m/"))

    def _prove(self, phone: str, code: str) -> member_sign_in.Proven:
        return member_sign_in.prove(
            phone=phone,
            code=code,
            audience=door.audience_of(self.request),
            device=door.device_of(self.request),
            actor=self.actor,
            now=clock.now(),
        )

    def _refused(
        self, request: HttpRequest, handle: str, phone: str, form: Form, error: DomainError
    ) -> HttpResponse:
        if not isinstance(error, phones.NotOnRoster):
            self.form_error(form, error, "code")
            return self.show(self, request, handle, phone, form=form, status=status_of(error))
        return self.render(
            template="access/phone/not_on_roster.html",
            status=status_of(error),
            title="没有找到您的名字",
            message=error.message,
            phone=masked(phone),
        )

    def _again(self, request: HttpRequest, handle: str, phone: str) -> HttpResponse:
        form = CodeForm()
        status = 200
        try:
            phones.request_code(
                phone=phone,
                audience=door.audience_of(request),
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            form = CodeForm({"code": ""})
            form.errors.clear()
            self.form_error(form, error, "code")
            status = status_of(error)
        return self.show(self, request, handle, phone, form=form, status=status)

    @staticmethod
    def show(
        page: Page,
        request: HttpRequest,
        handle: str,
        phone: str,
        *,
        form: Form | None = None,
        status: int = 200,
    ) -> HttpResponse:
        return page.render(
            template="access/phone/code.html",
            status=status,
            title="输入验证码",
            form=form or CodeForm(),
            handle=handle,
            phone=masked(phone),
            wait=60,
            next=door.next_of(request, ""),
            back_url="/m/sign-in/",
        )


class Choose(Page):
    """Third step where a phone belongs to several members: which one."""

    permission = PUBLIC
    is_kept_open = True
    template_name = "access/phone/choose.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        session = door.half_of(request, _HALF)
        if session is None:
            return door.go(request, "/m/sign-in/")
        index = bytes(session.person.phone_index or b"")
        choices = people.choices_of_phone(index, unit_id=session.unit_id)
        return self.render(title="选择身份", choices=member_sign_in.named(choices))

    def post(self, request: HttpRequest) -> HttpResponse:
        session = door.half_of(request, _HALF)
        if session is None:
            return door.go(request, "/m/sign-in/")
        try:
            chosen = UUID(request.POST.get("choice", ""))
        except ValueError:
            raise NotFound from None
        opened = member_sign_in.choose(
            session=session, choice_id=chosen, actor=self.actor, now=clock.now()
        )
        door.give_cookie(request, opened)
        return HttpResponseRedirect(door.next_of(request, "/m/"))


def _phone_of(handle: str) -> str:
    """The phone that the first step signed; raises BadLink after half an hour."""
    payload = unsign(handle, purpose=_PURPOSE, now=clock.now(), max_age=sms_codes.LIFE * 3)
    return str(payload["phone"])
