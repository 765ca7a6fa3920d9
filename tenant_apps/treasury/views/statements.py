"""The desk: 银行对账单 handed in, the 余额调节表 of a month, one entry (rulebook 10.5)."""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.papers import MOST_BYTES, Upload
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.reconciliation.permissions import ReconciliationPermission
from tenant_apps.treasury.forms import StatementForm
from tenant_apps.treasury.selectors import statements as reading
from tenant_apps.treasury.services import statements
from tenant_apps.treasury.views.books import month_from

HOME = {"label": "银行对账单", "url": "/treasury/statements/"}


class StatementsPage(Page):
    """`/treasury/statements/`: every account at a month's end, and a file handed in (``POST``)."""

    permission = ReconciliationPermission.BANK
    template_name = "treasury/statements.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(StatementForm(accounts=reading.own_accounts(self.actor)))

    def post(self, request: HttpRequest) -> HttpResponse:
        accounts = reading.own_accounts(self.actor)
        form = StatementForm(request.POST, request.FILES, accounts=accounts)
        if not form.is_valid():
            return self.page(form, 422)
        sent = form.cleaned_data["file"]
        try:
            kept = statements.hand_in(
                account_id=form.cleaned_data["account"],
                upload=Upload(sent.name, sent.read(MOST_BYTES + 1)),
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as refused:
            self.form_error(form, refused, "file")
            return self.page(form, status_of(refused))
        toast(request, f"已读取 {kept.entry_count} 笔，逐笔勾对完成。")
        month = f"{kept.last_on:%Y-%m}"
        return HttpResponseRedirect(f"{reverse('treasury:statements')}?month={month}")

    def page(self, form: StatementForm, status: int = 200) -> HttpResponse:
        now = clock.now()
        month = month_from(self.request.GET, clock.day_of(now))
        latest = clock.Month.of(clock.day_of(now))
        return self.render(
            status=status,
            form=form,
            sheets=[
                (account, reading.adjusted(account, month), reading.latest_of(account))
                for account in form.accounts
            ],
            month=month,
            previous_url=f"?month={month - 1}",
            next_url=f"?month={month + 1}" if month < latest else "",
            today=clock.day_of(now),
            title="银行对账单",
            as_of=now,
            crumbs=[{"label": "党费账务", "url": ""}, {**HOME, "url": ""}],
        )


class MatchAgain(Page):
    """``POST``: everything that fits only one way is matched, with what is booked by now."""

    permission = ReconciliationPermission.BANK

    def post(self, request: HttpRequest) -> HttpResponse:
        found = sum(
            statements.match_again(account_id=account.pk, actor=self.actor, now=clock.now())
            for account in reading.own_accounts(self.actor)
        )
        toast(request, f"新勾对 {found} 笔。" if found else "没有新的可以自动勾对的流水。")
        return HttpResponseRedirect(reverse("treasury:statements"))


class EntryPage(Page):
    """`/treasury/statements/entries/<id>/`: an entry, what it may be, what was decided."""

    permission = ReconciliationPermission.BANK
    template_name = "treasury/bank_entry.html"

    def get(self, request: HttpRequest, bank_entry_id: UUID) -> HttpResponse:
        return self.page(bank_entry_id)

    def page(self, bank_entry_id: UUID, *, refused: str = "", status: int = 200) -> HttpResponse:
        entry = reading.entry_for(self.actor, bank_entry_id)
        return self.render(
            status=status,
            entry=entry,
            candidates=reading.candidates(entry) if entry.state == "open" else [],
            refused=refused,
            reason=self.request.POST.get("reason", ""),
            title="银行流水",
            scope=entry.key,
            as_of=clock.now(),
            crumbs=[HOME, {"label": entry.key, "url": ""}],
        )


class _Act(EntryPage, abstract=True):
    """One act on an entry; the page again with what stood in the way."""

    @abstractmethod
    def act(self, bank_entry_id: UUID, now: dt.datetime) -> Any: ...

    said = ""

    def post(self, request: HttpRequest, bank_entry_id: UUID) -> HttpResponse:
        try:
            self.act(bank_entry_id, clock.now())
        except DomainError as error:
            if status_of(error) in {403, 404}:
                raise
            return self.page(bank_entry_id, refused=error.message, status=status_of(error))
        toast(request, self.said)
        return HttpResponseRedirect(reverse("treasury:bank_entry", args=[bank_entry_id]))


class PairEntry(_Act):
    said = "已勾对"

    def act(self, bank_entry_id: UUID, now: dt.datetime) -> Any:
        try:
            transfer_id = UUID(self.request.POST.get("transfer", ""))
        except ValueError:
            raise statements.NotTheSame from None
        return statements.pair(
            entry_id=bank_entry_id, transfer_id=transfer_id, actor=self.actor, now=now
        )


class ExplainEntry(_Act):
    said = "已登记说明"

    def act(self, bank_entry_id: UUID, now: dt.datetime) -> Any:
        reason = self.request.POST.get("reason", "")
        return statements.explain(entry_id=bank_entry_id, reason=reason, actor=self.actor, now=now)


class ReleaseEntry(_Act):
    said = "已撤销，这一笔恢复为待处理"

    def act(self, bank_entry_id: UUID, now: dt.datetime) -> Any:
        return statements.release(entry_id=bank_entry_id, actor=self.actor, now=now)
