"""The desk: cash at the counter, its slips, and its way to the bank."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.clock import Month
from kernel.errors import DomainError
from kernel.money import capitals, yuan
from kernel.permissions import can
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.dues.forms.counter import CashForm, DepositForm, ReverseForm
from tenant_apps.dues.models import SlipKind, SlipState
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import counter as reading
from tenant_apps.dues.selectors.banks import open_banks
from tenant_apps.dues.services import counter

_HOME: Final = {"label": "党费", "url": ""}
_LIST: Final = {"label": "现金收缴", "url": "/dues/counter/"}
_TABS: Final = (SlipState.HELD, SlipState.BANKED, SlipState.REVERSED)


class Counter(Page):
    """`/dues/counter/`: cash by collector, and the slips by state."""

    permission = DuesPermission.COUNTER
    template_name = "dues/counter.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        asked, today = request.GET.get("state", ""), clock.today()
        state = asked if asked in _TABS else ""
        rows = reading.slips_visible_to(self.actor, state=state)
        hands = reading.cash_in_hand(self.actor)
        tabs = [{"label": "全部", "url": "?", "is_current": not state}]
        tabs += [
            {"label": one.label, "url": f"?state={one.value}", "is_current": one == state}
            for one in _TABS
        ]
        return self.render(
            page_obj=Paginator(rows, 20).get_page(request.GET.get("page")),
            tabs=tabs,
            state=state,
            hands=[
                {
                    "hand": one,
                    "days": one.days(today),
                    "is_old": one.is_of_last_month(today),
                    "is_mine": one.person_id == self.actor.person_id,
                }
                for one in hands
            ],
            held_fen=sum(one.fen for one in hands),
            may_deposit=can(self.actor, DuesPermission.DEPOSIT),
            title="现金收缴",
            as_of=clock.now(),
            crumbs=[_HOME, {"label": "现金收缴", "url": ""}],
        )


class TakeCash(Page):
    """`/dues/counter/take/`: who has open months, and the cash that was counted for them."""

    permission = DuesPermission.COUNTER
    template_name = "dues/counter_take.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        words = request.GET.get("q", "").strip()
        offered = reading.owing_members(self.actor, words=words) if words else []
        return self._page(CashForm(offered=offered), words)

    def post(self, request: HttpRequest) -> HttpResponse:
        offered = reading.owing_of(self.actor, _ids(request.POST.getlist("offered")))
        form = CashForm(request.POST, offered=offered)
        words = request.GET.get("q", "").strip()
        if not form.is_valid():
            return self._page(form, words, status=422)
        try:
            made = counter.take(
                chosen=form.chosen(),
                received_fen=form.cleaned_data["received"] or 0,
                handed_by=form.cleaned_data["handed_by"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error)
            return self._page(form, words, status=status_of(error))
        total = yuan(sum(one.amount_fen for one in made))
        toast(request, f"已收取 {len(made)} 人现金 {total} 元，请打印缴款单")
        return HttpResponseRedirect(reverse("dues:slip", args=[made[0].pk]))

    def _page(self, form: CashForm, words: str, status: int = 200) -> HttpResponse:
        return self.render(
            status=status,
            form=form,
            q=words,
            most=reading.MOST,
            rows=[
                {
                    "member": one.member,
                    "fen": one.fen,
                    "is_picked": form.picks(one.member.pk),
                    "until": form.until(one.member.pk),
                    "months": _running(one),
                }
                for one in form.offered.values()
            ],
            title="收取现金",
            crumbs=[_HOME, _LIST, {"label": "收取现金", "url": ""}],
        )


class SlipSheet(Page):
    """`/dues/counter/<slip>/`: the slips of one handing over, on paper."""

    permission = DuesPermission.COUNTER
    template_name = "dues/slip_print.html"
    is_paper = True

    def get(self, request: HttpRequest, slip_id: UUID) -> HttpResponse:
        slip = reading.slip_for(self.actor, slip_id, to=self.permission)
        together = reading.taken_together(self.actor, slip)
        verify = request.build_absolute_uri(reverse("dues:verify"))
        return self.render(
            slips=[_sheet(one, verify) for one in together],
            total_fen=sum(one.amount_fen for one in together if one.state != SlipState.REVERSED),
            title="党费现金缴款单",
            back_url=reverse("dues:counter"),
        )


class ReverseSlip(Page):
    """`/dues/counter/<slip>/reverse/`: a colleague's mistake is taken back."""

    permission = DuesPermission.DEPOSIT
    template_name = "dues/slip_reverse.html"

    def get(self, request: HttpRequest, slip_id: UUID) -> HttpResponse:
        return self._page(slip_id, ReverseForm())

    def post(self, request: HttpRequest, slip_id: UUID) -> HttpResponse:
        slip = reading.slip_for(self.actor, slip_id, to=self.permission)
        form = ReverseForm(request.POST)
        if not form.is_valid():
            return self._page(slip_id, form, status=422)
        try:
            counter.reverse(
                slip=slip, actor=self.actor, now=clock.now(), reason=form.cleaned_data["reason"]
            )
        except DomainError as error:
            self.form_error(form, error)
            return self._page(slip_id, form, status=status_of(error))
        toast(request, f"已冲红 {slip.member.name} 的缴款单，收据作废，月份重新列为应交")
        return HttpResponseRedirect(reverse("dues:counter"))

    def _page(self, slip_id: UUID, form: ReverseForm, status: int = 200) -> HttpResponse:
        slip = reading.slip_for(self.actor, slip_id, to=self.permission)
        return self.render(
            status=status,
            slip=slip,
            form=form,
            is_held=slip.state == SlipState.HELD,
            is_own=slip.taken_by == self.actor.person_id,
            title="冲红缴款单",
            scope=slip.member.name,
            crumbs=[_HOME, _LIST, {"label": "冲红", "url": ""}],
        )


class Deposit(Page):
    """`/dues/counter/deposit/?by=<person>`: the bank has what one collector took."""

    permission = DuesPermission.DEPOSIT
    template_name = "dues/counter_deposit.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(self._form(request), request)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self._form(request, request.POST)
        if not form.is_valid():
            return self._page(form, request, status=422)
        try:
            made = counter.deposit(
                collector=_collector(request),
                actor=self.actor,
                now=clock.now(),
                **form.verdict(),
            )
        except DomainError as error:
            self.form_error(form, error)
            return self._page(form, request, status=status_of(error))
        toast(request, f"已确认 {made.made_by_name} 交存 {yuan(made.amount_fen)} 元")
        return HttpResponseRedirect(reverse("dues:counter"))

    def _form(self, request: HttpRequest, data: Any = None) -> DepositForm:
        held = reading.held_by(self.actor, _collector(request))
        return DepositForm(data, held=held, banks=open_banks(), today=clock.today())

    def _page(self, form: DepositForm, request: HttpRequest, status: int = 200) -> HttpResponse:
        collector = _collector(request)
        held = reading.held_by(self.actor, collector)
        return self.render(
            status=status,
            form=form,
            rows=[{"slip": one, "is_picked": form.picks(one.pk)} for one in held],
            held_fen=sum(one.amount_fen for one in held),
            is_own=collector == self.actor.person_id,
            title="登记交存",
            scope=held[0].taken_by_name if held else "",
            crumbs=[_HOME, _LIST, {"label": "登记交存", "url": ""}],
        )


def _running(one: reading.Owing) -> list[dict[str, Any]]:
    """The open months with what is paid up to each of them."""
    found, fen = [], 0
    for bill in one.bills:
        fen += bill.due_fen
        found.append({"month": bill.month, "label": Month(bill.month).label, "fen": fen})
    return found


def _sheet(slip: Any, verify_url: str) -> dict[str, Any]:
    """A slip on paper: the number is its receipt's, the code leads to the check of it."""
    return {
        "slip": slip,
        "kind": SlipKind(slip.kind).label,
        "capitals": capitals(slip.amount_fen),
        "check_url": f"{verify_url}?serial={slip.serial}&code={slip.verify_code}",
        "is_void": slip.state == SlipState.REVERSED,
    }


def _collector(request: HttpRequest) -> UUID:
    """Whose cash; nonsense is nobody's, who has none."""
    return next(iter(_ids([request.GET.get("by", "")])), UUID(int=0))


def _ids(given: list[str]) -> list[UUID]:
    found = []
    for text in given:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
