"""The member's phone: what is due and why, paying, receipts and cards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from kernel import clock
from kernel.clock import Month
from kernel.errors import Conflict, Invalid
from kernel.money import capitals, yuan
from kernel.unit import current_unit
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.library import selectors as library
from shared_apps.payments import selectors as payments
from shared_apps.payments.selectors import Channel
from shared_apps.rules.selectors.campaigns import open_campaigns
from tenant_apps.dues import selectors
from tenant_apps.dues.forms import PaymentForm
from tenant_apps.dues.models import Receipt
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import refunds
from tenant_apps.dues.selectors.contributions import kind_label
from tenant_apps.dues.selectors.on_behalf import concerns, payer_of
from tenant_apps.dues.selectors.phone import DueMonth, MyDues, my_dues, party_age, ways_to_pay
from tenant_apps.dues.selectors.receipts import months_in_words
from tenant_apps.dues.services import collection
from tenant_apps.dues.services.collection import PaymentUnclear
from tenant_apps.members import selectors as members

if TYPE_CHECKING:
    from shared_apps.payments.models import Order

POLLS = 45
"""How often the result page asks by itself, every two seconds; then the payer is told to come
back: nothing is lost, the job keeps asking."""

WAYS: Final = {
    Channel.WECHAT: {"icon": "brand-wechat", "tone": "wechat"},
    Channel.ALIPAY: {"icon": "brand-alipay", "tone": "alipay"},
    Channel.BANK: {"icon": "building-bank", "text": "跳转到银行页面完成"},
}


class PhonePage(Page, abstract=True):
    """A page of the signed-in member."""

    permission = DuesPermission.PAY

    @property
    def member_id(self) -> UUID:
        return members.own_file(self.actor).pk

    def person(self) -> dict[str, Any]:
        """The head of the page: who, where, and a calm sentence."""
        member = members.own_file(self.actor)
        age = party_age(member.joined_on, today=clock.today())
        line = f"今天是您入党的第 {age[0]} 年又 {age[1]} 天" if age else ""
        org = member.org.short_name or member.org.name
        return {"name": member.name, "place": f"{current_unit().name} · {org}", "line": line}

    def my_order(self, order_id: UUID) -> Order:
        """An order that the member pays, or that pays the own dues; no other exists."""
        order = payments.order_by_id(order_id)
        mine = self.actor.member_id
        if order.payer_member_id != mine and (mine is None or not concerns(order.pk, mine)):
            raise payments.UnknownOrder
        return order


class Home(PhonePage):
    """`/m/`"""

    template_name = "dues/phone/home.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Who only asked to become a member begins with the own way, and has no dues."""
        if self.actor.applicant_id is not None:
            return HttpResponseRedirect(reverse("m-admissions:own"))
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        mine = my_dues(self.member_id, unit_id=current_unit().id, today=today)
        receipts = list(selectors.receipts_of_member(self.member_id)[:3])
        card = library.card_for(today.toordinal())
        return self.render(
            title=current_unit().name,
            person=self.person(),
            mine=mine,
            late=sum(due.days_late > 0 for due in mine.due),
            receipts=receipts,
            card=card,
            card_url=reverse("m-dues:card", args=[card.id]),
        )


class MyDuesPage(PhonePage):
    """`/m/dues/`"""

    template_name = "dues/phone/dues.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        mine = my_dues(self.member_id, unit_id=current_unit().id, today=clock.today())
        is_payable = bool(mine.due) and mine.accepts_payments and not mine.open_order_id
        bar: dict[str, Any] = {"tabs": ()} if is_payable else {}
        return self.render(
            title="交纳党费",
            is_payable=is_payable,
            **bar,
            back_url=reverse("m-dues:home"),
            person=self.person(),
            mine=mine,
            due_label=_until(mine),
            bills=month_lines(mine),
            ways=ways_shown(mine.channels),
            why=_computation(mine),
            receipts=selectors.receipts_of_member(self.member_id)[:3],
            calls=open_campaigns(clock.today()),
        )


class StartPayment(PhonePage):
    """`POST /m/dues/pay/`: to the page that opens the cashier."""

    def post(self, request: HttpRequest) -> HttpResponse:
        offered = list(selectors.unpaid_months(self.member_id).months)
        ways = ways_to_pay(self.member_id, unit_id=current_unit().id)
        form = PaymentForm(request.POST, offered=offered, ways=ways)
        form.is_valid()
        if "way" in form.errors:
            toast(request, str(form.errors["way"][0]), level="error")
            return HttpResponseRedirect(reverse("m-dues:dues"))
        chosen = form.cleaned_data.get("month", [])
        try:
            order = collection.start_payment(
                member_id=self.member_id,
                months=[Month(month) for month in chosen],
                channel=form.cleaned_data["way"],
                actor=self.actor,
                now=clock.now(),
            )
        except PaymentUnclear as unclear:
            return HttpResponseRedirect(reverse("m-dues:order", args=[unclear.order_id]))
        except (Conflict, Invalid) as refused:
            toast(request, refused.message, level="error")
            return HttpResponseRedirect(reverse("m-dues:dues"))
        return HttpResponseRedirect(reverse("m-dues:open", args=[order.pk]))


class OpenCashier(PhonePage):
    """Leads on to the channel's page.  A page of its own and not a redirect: browsers refuse
    to follow a form's redirect to an address that the content policy does not name.

    A bank that takes its orders as a form gives no way back: its page opens beside this one.
    """

    template_name = "dues/phone/opening.html"

    def get(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order = self.my_order(order_id)
        result = reverse("m-dues:order", args=[order.pk])
        address = collection.cashier(order=order, return_url=request.build_absolute_uri(result))
        if not address:
            return HttpResponseRedirect(result)
        form = collection.cashier_form(order=order)
        response = self.render(
            order=order,
            way=Channel(order.config.channel).label,
            address=address,
            form=form,
            title="前往支付",
            result_url=result,
        )
        if form is None:
            response["Refresh"] = f"0;url={address}"
        return response


class GiveUpPayment(PhonePage):
    """`POST /m/dues/orders/<id>/give-up/`: takes the order back, to pay in another way."""

    def post(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order = self.my_order(order_id)
        try:
            order = collection.give_up(order=order, actor=self.actor, now=clock.now())
        except Conflict as refused:
            toast(request, refused.message, level="error")
            return HttpResponseRedirect(reverse("m-dues:order", args=[order_id]))
        if order.is_paid:
            return HttpResponseRedirect(reverse("m-dues:order", args=[order_id]))
        toast(request, "上一笔支付已取消，没有扣款。请重新选择交纳方式。")
        return HttpResponseRedirect(reverse("m-dues:dues"))


class OrderPage(PhonePage):
    """`/m/dues/orders/<id>/`: how it went; asks again by itself while that is not known."""

    is_kept_open = True  # a payment begun before is booked when this page hears of it
    template_name = "dues/phone/order.html"

    def get(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order = collection.follow(order=self.my_order(order_id), now=clock.now())
        receipt = selectors.receipt_of_order(order.pk)
        context = _outcome(order, receipt, asked=_count(request.GET.get("asked")))
        if self.is_htmx and order.is_open:
            return self.render(template="dues/phone/outcome.html", **context)
        if self.is_htmx:  # the receipt and the card come with the whole page
            response = HttpResponse(status=204)
            response["HX-Redirect"] = reverse("m-dues:order", args=[order.pk])
            return response
        card = library.card(receipt.card_id) if receipt and receipt.card_id else None
        return self.render(
            back_url=reverse("m-dues:dues"),
            order=order,
            may_give_up=order.is_open and bool(order.pay_url),
            receipt=receipt,
            paper=_paper(receipt) if receipt else None,
            refunds=refunds.refunds_of_order(order.pk),
            arrives=refunds.ARRIVES,
            card=card,
            **context,
        )


class MyReceipts(PhonePage):
    template_name = "dues/phone/receipts.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        receipts = list(selectors.receipts_of_member(self.member_id))
        years: dict[int, list[Receipt]] = {}
        for receipt in receipts:
            years.setdefault(clock.day_of(receipt.issued_at).year, []).append(receipt)
        return self.render(
            title="我的收据", back_url=reverse("m-dues:home"), years=list(years.items())
        )


class MyReceipt(PhonePage):
    template_name = "dues/phone/receipt.html"

    def get(self, request: HttpRequest, receipt_id: UUID) -> HttpResponse:
        receipt = selectors.receipt_for(self.actor, receipt_id, to=self.permission)
        card = library.card(receipt.card_id) if receipt.card_id else None
        return self.render(
            title="党费收据",
            back_url=reverse("m-dues:receipts"),
            receipt=receipt,
            paper=_paper(receipt),
            refunds=refunds.refunds_of_order(receipt.order_id) if receipt.voided_at else (),
            arrives=refunds.ARRIVES,
            card=card,
        )


class MyCards(PhonePage):
    """`/m/cards/`: the cards that came with one's receipts, newest first, each once."""

    template_name = "dues/phone/cards.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        cards = selectors.cards_of_member(self.member_id)
        return self.render(title="知识卡", back_url=reverse("m-dues:home"), cards=cards)


class MyCard(PhonePage):
    """One card: one's own, or the one that the home page offers today."""

    template_name = "dues/phone/card.html"

    def get(self, request: HttpRequest, card_id: UUID) -> HttpResponse:
        return self.render(
            title="知识卡", back_url=reverse("m-dues:cards"), card=library.card(card_id)
        )


def ways_shown(channels: Sequence[Channel]) -> list[dict[str, Any]]:
    """For the choice of a way to pay: the first is picked."""
    return [
        {"key": channel.value, "label": channel.label, "is_picked": place == 0, **WAYS[channel]}
        for place, channel in enumerate(channels)
    ]


def month_lines(mine: MyDues) -> list[dict[str, Any]]:
    """The open months to tick; all are at first."""
    return [_tick(due, is_only=len(mine.due) == 1) for due in mine.due]


def _tick(due: DueMonth, *, is_only: bool) -> dict[str, Any]:
    note = f"逾期 {due.days_late} 天，可补交" if due.days_late else ""
    if due.is_in_payment:
        note = "正在支付"
    return {
        "month": due.month,
        "fen": due.fen,
        "note": note,
        "is_late": due.days_late > 0,
        "is_picked": True,
        "is_fixed": is_only,
    }


def _until(mine: MyDues) -> str:
    until = mine.pay_until
    return f"请于 {until.month} 月 {until.day} 日前交纳" if until else ""


def _computation(mine: MyDues) -> dict[str, Any] | None:
    found = mine.explanation
    if found is None:
        return None
    steps = [f"类别：{found.category_label}"]
    if found.base_label:
        steps.append(f"基数：{found.base_label}")
    if found.is_capped and found.cap_fen is not None:
        steps.append(
            f"按比例应为 ¥{yuan(found.raw_fen)}，超过每月上限 ¥{yuan(found.cap_fen)}，"
            f"按上限交纳（{found.cap_article}）"
        )
    threshold = ""
    if found.next_threshold_fen is not None and found.next_rate_bp is not None:
        threshold = (
            f"基数超过 {yuan(found.next_threshold_fen).removesuffix('.00')} 元后，"
            f"全额按 {found.next_rate_bp / 100:g}% 计算。"
        )
    return {
        "base_fen": found.base_fen,
        "rate": found.rate_bp,
        "fen": found.amount_fen,
        "bands": [
            {"text": b.label, "rate": b.rate_bp, "is_hit": b.label == found.bracket_label}
            for b in found.brackets
        ],
        "steps": steps,
        "rule": found.article,
        "next_threshold": threshold,
    }


def _outcome(order: Order, receipt: Receipt | None, *, asked: int) -> dict[str, Any]:
    """The state in words.  An open order is never called failed."""
    here = reverse("m-dues:order", args=[order.pk])
    if order.is_paid:
        return {
            "kind": "success",
            "title": "交纳成功",
            "text": "党费已交清。" if receipt else "款项已收到，正在由本单位党费管理员核对。",
            "amount_fen": order.amount_fen,
        }
    if not order.is_open:
        return {
            "kind": "failed",
            "title": "没有支付成功",
            "text": "没有扣款，可以重新交纳。若已经扣款，请勿重复支付，系统会自动核对。",
            "amount_fen": None,
            "action_label": "重新交纳",
            "action_url": reverse("m-dues:dues"),
        }
    outcome: dict[str, Any] = {
        "kind": "processing",
        "title": "正在确认，请勿重复支付",
        "text": "结果会自动显示在这里，也可以稍后回来查看。",
        "amount_fen": order.amount_fen,
        "poll_url": f"{here}?asked={asked + 1}" if asked < POLLS else "",
        "action_label": "刷新结果",
        "action_url": here,
    }
    if order.pay_url:
        outcome["more_label"] = "还没有支付？前往支付"
        outcome["more_url"] = reverse("m-dues:open", args=[order.pk])
    return outcome


def _paper(receipt: Receipt) -> dict[str, Any]:
    """The receipt as the design system shows it."""
    return {
        "number": receipt.serial,
        "fen": receipt.amount_fen,
        "capitals": capitals(receipt.amount_fen),
        "paid_at": receipt.issued_at,
        "name": receipt.member.name,
        "payer": payer_of(receipt),
        "organisation": receipt.org.name,
        "way": Channel.word_for(receipt.channel),
        "months_label": kind_label(receipt.kind) or months_in_words(receipt.months),
        "is_extra": bool(receipt.kind),
    }


def _count(text: str | None) -> int:
    return int(text) if text and text.isdigit() and len(text) < 4 else 0
