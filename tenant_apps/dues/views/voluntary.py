"""The member's phone: giving more than one's dues."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.statuses import status_of
from kernel.unit import current_unit
from shared_apps.rules import selectors as rules
from tenant_apps.dues.forms.voluntary import ExtraForm
from tenant_apps.dues.selectors import contributions
from tenant_apps.dues.selectors.phone import ways_to_pay
from tenant_apps.dues.services import voluntary
from tenant_apps.dues.views.phone import PhonePage, ways_shown


class GiveMore(PhonePage):
    """`/m/dues/extra/`: a sum of one's own choice, and what one gave before."""

    template_name = "dues/phone/extra.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        ways = ways_to_pay(self.member_id, unit_id=current_unit().id)
        return self.page(ExtraForm(ways=ways))

    def post(self, request: HttpRequest) -> HttpResponse:
        ways = ways_to_pay(self.member_id, unit_id=current_unit().id)
        form = ExtraForm(request.POST, ways=ways)
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            order = voluntary.start(
                member_id=self.member_id,
                amount_fen=form.cleaned_data["amount"],
                channel=form.cleaned_data["way"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error)
            return self.page(form, status=status_of(error))
        return HttpResponseRedirect(reverse("m-dues:open", args=[order.pk]))

    def page(self, form: ExtraForm, *, status: int = 200) -> HttpResponse:
        pack = rules.dues_pack(clock.today())
        ways = ways_to_pay(self.member_id, unit_id=current_unit().id)
        return self.render(
            status=status,
            form=form,
            ways=ways_shown(ways),
            limit_fen=pack.large_extra_fen,
            article=pack.parameters["large_extra_fen"].article,
            mine=contributions.contributions_of_member(self.member_id)[:50],
            title="自愿多交党费",
            back_url=reverse("m-dues:dues"),
        )
