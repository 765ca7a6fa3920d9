"""Paying ahead on the phone; at the desk, what was paid ahead and no longer fits."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.clock import Month
from kernel.errors import DomainError
from kernel.money import yuan
from kernel.permissions import can
from kernel.statuses import status_of
from kernel.unit import current_unit
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.dues import selectors
from tenant_apps.dues.forms.prepaid import AheadForm
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import prepaid as reading
from tenant_apps.dues.selectors.phone import ways_to_pay
from tenant_apps.dues.services import prepaid
from tenant_apps.dues.services.collection import PaymentUnclear
from tenant_apps.dues.views.desk import page_of
from tenant_apps.dues.views.phone import PhonePage, ways_shown


class PayAhead(PhonePage):
    """`/m/dues/ahead/`: what each month would cost, and up to which one to pay."""

    template_name = "dues/phone/ahead.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(None)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form(request)
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            order = prepaid.pay_ahead(
                member_id=self.member_id,
                until=form.cleaned_data["until"],
                channel=form.cleaned_data["way"],
                actor=self.actor,
                now=clock.now(),
            )
        except PaymentUnclear as unclear:
            return HttpResponseRedirect(reverse("m-dues:order", args=[unclear.order_id]))
        except DomainError as error:
            self.form_error(form, error)
            return self.page(form, status=status_of(error))
        return HttpResponseRedirect(reverse("m-dues:open", args=[order.pk]))

    def form(self, request: HttpRequest) -> AheadForm:
        """The sum beside a month is everything open up to it."""
        owed = {
            bill.month: bill.due_fen
            for bill in selectors.bills_of_member(self.member_id)
            if bill.state == "UNPAID"
        }
        ahead = {
            one.month: one.fen
            for one in reading.months_ahead(self.member_id, clock.now())
            if not one.why_not
        }
        current = Month.of(clock.today()).value
        offered, total = [], 0
        for month, fen in sorted((owed | ahead).items()):
            total += fen
            if month > current:
                offered.append((month, f"{Month(month).label}，合计 {yuan(total)} 元"))
        ways = ways_to_pay(self.member_id, unit_id=current_unit().id)
        return AheadForm(request.POST or None, offered=offered, ways=ways)

    def page(self, form: AheadForm | None, *, status: int = 200) -> HttpResponse:
        form = form or self.form(self.request)
        now = clock.now()
        current = Month.of(clock.today()).value
        return self.render(
            status=status,
            form=form,
            is_payable=bool(form.fields["until"].choices),  # type: ignore[attr-defined]
            ways=ways_shown(ways_to_pay(self.member_id, unit_id=current_unit().id)),
            refused=[one for one in reading.months_ahead(self.member_id, now) if one.why_not],
            last=reading.last_month_ahead(now).value,
            begun=any(month > current for month in selectors.unpaid_months(self.member_id).months),
            title="预交党费",
            back_url=reverse("m-dues:dues"),
        )


class TakeAheadBack(PhonePage):
    """`POST /m/dues/ahead/back/`: nothing ahead is owed any more."""

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            count = prepaid.take_back(member_id=self.member_id, actor=self.actor, now=clock.now())
        except prepaid.NothingToTakeBack as refused:
            toast(request, refused.message, level="error")
        else:
            toast(request, f"已取消 {count} 个月的预交，没有扣款")
        return HttpResponseRedirect(reverse("m-dues:dues"))


class Misfits(Page):
    """`/dues/prepaid/`: months paid ahead of members who have left, or whose standard changed."""

    permission = DuesPermission.ISSUE
    template_name = "dues/prepaid.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        return self.render(
            page_obj=page_of(request, reading.misfits_visible_to(self.actor, now)),
            last=reading.last_month_ahead(now).value,
            may_refund=can(self.actor, DuesPermission.REFUND),
            title="预交差额",
            as_of=now,
            crumbs=[{"label": "党费", "url": ""}, {"label": "预交差额", "url": ""}],
        )
