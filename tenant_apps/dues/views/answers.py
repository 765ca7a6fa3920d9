"""The member's phone: the own standard, how it came about, and whether that is right."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.clock import Month
from kernel.errors import DomainError
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.dues import selectors
from tenant_apps.dues.forms import AnswerForm
from tenant_apps.dues.models import Standard
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.arrears import months_unpaid
from tenant_apps.dues.selectors.reliefs import deferred_bills
from tenant_apps.dues.services import answers
from tenant_apps.dues.services.answers import NoStandardYet
from tenant_apps.members import selectors as members


class MyStandard(Page):
    """`/m/dues/standard/`: base, lines, computation; confirm or object."""

    permission = DuesPermission.PAY
    template_name = "dues/phone/standard.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(AnswerForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = AnswerForm(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            given = answers.answer(
                standard=self._mine(), actor=self.actor, now=clock.now(), **form.cleaned_data
            )
        except DomainError as error:
            self.form_error(form, error)
            return self._page(form, status=422)
        is_right = not given.answer_note
        toast(request, "已确认，谢谢" if is_right else "已转告党支部，核对后会重新核定")
        return HttpResponseRedirect(reverse("m-dues:standard"))

    def _mine(self) -> Standard:
        member = members.own_file(self.actor)
        found = selectors.standard_in_force(member.pk, Month.of(clock.today()))
        if found is None:
            raise NoStandardYet
        return found

    def _page(self, form: AnswerForm, status: int = 200) -> HttpResponse:
        standard = self._mine()
        return self.render(
            standard=standard,
            explanation=selectors.explain(standard),
            deferred=deferred_bills(standard.member_id),
            months_unpaid=months_unpaid(standard.member_id, today=clock.today()),
            form=form,
            title="我的党费标准",
            back_url=reverse("m-dues:dues"),
            status=status,
        )
