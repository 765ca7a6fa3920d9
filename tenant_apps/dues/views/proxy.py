"""The desk: batches paid for others, from the list to the receipts."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Final
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.sheets.limits import LIMITS
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.dues.forms.proxy import BankSlipForm, BatchForm, ReasonForm
from tenant_apps.dues.models import Lot, SlipKind
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import counter as slips
from tenant_apps.dues.selectors import proxy as reading
from tenant_apps.dues.selectors.banks import open_banks
from tenant_apps.dues.services import proxy, proxy_files
from tenant_apps.dues.views import tables

_HOME: Final = {"label": "党费", "url": ""}
_LIST: Final = {"label": "批量代交", "url": "/dues/proxy/"}


class Batches(Page):
    """`/dues/proxy/`: every batch, the newest first; the template with ``?export=xlsx``."""

    permission = DuesPermission.COUNTER
    template_name = "dues/proxy.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        if request.GET.get("export") == "xlsx":
            return tables.workbook("批量代交模板.xlsx", (proxy_files.HEADINGS, ()))
        rows = reading.lots_visible_to(self.actor)
        return self.render(
            page_obj=Paginator(rows, 20).get_page(request.GET.get("page")),
            title="批量代交",
            as_of=clock.now(),
            crumbs=[_HOME, {"label": "批量代交", "url": ""}],
        )


class NewBatch(Page):
    """`/dues/proxy/new/`: a file, or members picked from those who entrusted the branch."""

    permission = DuesPermission.COUNTER
    template_name = "dues/proxy_new.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        offered = reading.entrusted_owing(self.actor)
        return self._page(BatchForm(offered=offered), offered)

    def post(self, request: HttpRequest) -> HttpResponse:
        offered = reading.entrusted_owing(self.actor)
        form = BatchForm(request.POST, request.FILES, offered=offered)
        if not form.is_valid():
            return self._page(form, offered, status=422)
        try:
            made = proxy.draw_up(
                rows=self._rows(form.cleaned_data),
                title=form.cleaned_data["title"],
                is_their_money=form.cleaned_data["is_their_money"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error)
            return self._page(form, offered, status=status_of(error))
        toast(request, f"已编制批次，{len(made.faults)} 行未通过" if made.faults else "已编制批次")
        return HttpResponseRedirect(reverse("dues:lot", args=[made.pk]))

    def _rows(self, given: dict[str, Any]) -> list[reading.Row]:
        file = given["file"]
        if file:
            content = file.read(LIMITS.file_bytes + 1)
            return proxy_files.read_list(content=content, filename=file.name)
        return reading.rows_of_entrusted(self.actor, [UUID(key) for key in given["pick"]])

    def _page(
        self, form: BatchForm, offered: list[reading.EntrustedOwing], status: int = 200
    ) -> HttpResponse:
        return self.render(
            status=status,
            form=form,
            rows=[{"one": one, "is_picked": form.picks(one.member_id)} for one in offered],
            most=reading.MOST,
            title="编制代交批次",
            crumbs=[_HOME, _LIST, {"label": "编制批次", "url": ""}],
        )


class Batch(Page):
    """`/dues/proxy/<lot>/`: its lines, what was not taken, and what is to be done next."""

    permission = DuesPermission.COUNTER
    template_name = "dues/lot.html"

    def get(self, request: HttpRequest, lot_id: UUID) -> HttpResponse:
        lot = reading.lot_for(self.actor, lot_id, to=self.permission)
        if request.GET.get("export") == "xlsx":
            lines = proxy_files.faults_as_rows(lot.faults)
            return tables.workbook("代交未通过.xlsx", (proxy_files.FAULTS, lines))
        return self.page(lot)

    def page(
        self, lot: Lot, *, form: Any = None, bank: BankSlipForm | None = None, status: int = 200
    ) -> HttpResponse:
        lines = slips.slips_visible_to(self.actor, kind=SlipKind.PROXY).filter(lot=lot)
        is_own = lot.made_by == self.actor.person_id
        return self.render(
            status=status,
            lot=lot,
            form=form,
            bank=bank or BankSlipForm(banks=open_banks(), today=clock.today()),
            page_obj=Paginator(
                lines.order_by("member__org_path", "member__name_pinyin", "id"), 50
            ).get_page(self.request.GET.get("page")),
            stages=[{"label": "编制"}, {"label": "复核"}, {"label": "存入专户"}, {"label": "完成"}],
            stage={"draft": 2, "checked": 3, "banked": 5}.get(lot.state, 1),
            is_own=is_own,
            may_check=can(self.actor, DuesPermission.DEPOSIT) and not is_own,
            title=lot.title,
            scope="批量代交",
            crumbs=[_HOME, _LIST, {"label": lot.title, "url": ""}],
        )


class BatchAct(Batch, abstract=True):
    """A button of the page; refused, the page says why."""

    def get(self, request: HttpRequest, lot_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(reverse("dues:lot", args=[lot_id]))

    def post(self, request: HttpRequest, lot_id: UUID) -> HttpResponse:
        lot = reading.lot_for(self.actor, lot_id, to=self.permission)
        form = ReasonForm(request.POST)
        form.is_valid()
        try:
            said = self.act(lot)
        except DomainError as error:
            self.form_error(form, error)
            return self.page(lot, form=form, status=status_of(error))
        toast(request, said)
        return self.get(request, lot_id)

    @abstractmethod
    def act(self, lot: Lot) -> str:
        """Does it and returns what to say."""


class CheckBatch(BatchAct):
    permission = DuesPermission.DEPOSIT

    def act(self, lot: Lot) -> str:
        proxy.check(lot=lot, actor=self.actor, now=clock.now())
        return "已复核，请把款项存入党费专户后登记回单"


class WithdrawBatch(BatchAct):
    permission = DuesPermission.COUNTER

    def act(self, lot: Lot) -> str:
        proxy.withdraw(lot=lot, actor=self.actor, now=clock.now())
        return "已撤回批次，没有入账"


class BankBatch(Batch):
    """`POST /dues/proxy/<lot>/bank/`: the money is in the account; bills and receipts follow."""

    permission = DuesPermission.DEPOSIT

    def get(self, request: HttpRequest, lot_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(reverse("dues:lot", args=[lot_id]))

    def post(self, request: HttpRequest, lot_id: UUID) -> HttpResponse:
        lot = reading.lot_for(self.actor, lot_id, to=self.permission)
        form = BankSlipForm(request.POST, banks=open_banks(), today=clock.today())
        if not form.is_valid():
            return self.page(lot, bank=form, status=422)
        try:
            proxy.bank(lot=lot, actor=self.actor, now=clock.now(), **form.verdict())
        except DomainError as error:
            self.form_error(form, error)
            return self.page(lot, bank=form, status=status_of(error))
        toast(request, "已入账，每人一张收据")
        return self.get(request, lot_id)


class GiveBack(Page):
    """`POST /dues/proxy/lines/<slip>/back/`: a member has the money back that no bill took."""

    permission = DuesPermission.DEPOSIT

    def post(self, request: HttpRequest, slip_id: UUID) -> HttpResponse:
        slip = slips.slip_for(self.actor, slip_id, to=self.permission, kind=None)
        form = ReasonForm(request.POST)
        form.is_valid()
        try:
            proxy.give_back(
                slip=slip,
                reason=form.cleaned_data.get("reason", ""),
                actor=self.actor,
                now=clock.now(),
            )
            toast(request, f"已登记退还 {slip.member.name}")
        except DomainError as error:
            toast(request, error.message, level="error")
        if slip.lot_id is None:
            return HttpResponseRedirect(reverse("dues:proxy"))
        return HttpResponseRedirect(reverse("dues:lot", args=[slip.lot_id]))
