"""The member's phone: letting somebody else pay, and paying for somebody who lets one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.clock import Month
from kernel.errors import Conflict, Invalid
from kernel.unit import current_unit
from kernel.web.messages import toast
from tenant_apps.dues import selectors
from tenant_apps.dues.forms import PaymentForm
from tenant_apps.dues.selectors import on_behalf
from tenant_apps.dues.selectors.phone import my_dues, ways_to_pay
from tenant_apps.dues.services import collection
from tenant_apps.dues.services.collection import PaymentUnclear
from tenant_apps.dues.views.phone import PhonePage, month_lines, ways_shown


class LetPay(PhonePage):
    """`/m/dues/for/`: the code that lets another member pay, and whom one paid for."""

    template_name = "dues/phone/let_pay.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        now = clock.now()
        owed = selectors.unpaid_months(self.member_id)
        code = on_behalf.code_of(self.member_id, now=now)
        address = request.build_absolute_uri(reverse("m-dues:pay_for", args=[code]))
        return self.render(
            title="请人代交",
            back_url=reverse("m-dues:dues"),
            owed=owed,
            address=address if owed.months else "",
            until=now + on_behalf.LIFE,
            paid=on_behalf.receipts_paid_for_others(self.member_id),
        )


class PayFor(PhonePage):
    """`/m/dues/for/<code>/`: the open months of whoever showed the code."""

    template_name = "dues/phone/pay_for.html"

    def get(self, request: HttpRequest, code: str) -> HttpResponse:
        consent = on_behalf.consent_in(code, now=clock.now())
        if consent.member_id == self.member_id:
            toast(request, "这是您自己的代交码，请让代交的人打开。", level="info")
            return HttpResponseRedirect(reverse("m-dues:let_pay"))
        unit_id = current_unit().id
        theirs = my_dues(consent.member_id, unit_id=unit_id, today=clock.today())
        channels = ways_to_pay(self.member_id, unit_id=unit_id)
        is_payable = bool(theirs.due and channels and not theirs.open_order_id)
        bar: dict[str, Any] = {"tabs": ()} if is_payable else {}
        return self.render(
            title="替人代交",
            back_url=reverse("m-dues:dues"),
            consent=consent,
            code=code,
            theirs=theirs,
            is_payable=is_payable,
            bills=month_lines(theirs),
            ways=ways_shown(channels),
            **bar,
        )

    def post(self, request: HttpRequest, code: str) -> HttpResponse:
        consent = on_behalf.consent_in(code, now=clock.now())
        offered = list(selectors.unpaid_months(consent.member_id).months)
        ways = ways_to_pay(self.member_id, unit_id=current_unit().id)
        form = PaymentForm(request.POST, offered=offered, ways=ways)
        form.is_valid()
        here = HttpResponseRedirect(reverse("m-dues:pay_for", args=[code]))
        if "way" in form.errors:
            toast(request, str(form.errors["way"][0]), level="error")
            return here
        try:
            order = collection.start_payment(
                member_id=consent.member_id,
                months=[Month(month) for month in form.cleaned_data.get("month", [])],
                channel=form.cleaned_data["way"],
                consent=consent,
                actor=self.actor,
                now=clock.now(),
            )
        except PaymentUnclear:
            toast(request, "这位党员有一笔支付正在确认，请勿重复支付。", level="error")
            return here
        except (Conflict, Invalid) as refused:
            toast(request, refused.message, level="error")
            return here
        return HttpResponseRedirect(reverse("m-dues:open", args=[order.pk]))
