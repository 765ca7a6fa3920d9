"""归集户流水 on the console: what is matched, what waits for people, a statement handed in."""

from __future__ import annotations

import datetime as dt
from abc import abstractmethod
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.errors import DomainError
from kernel.papers import MOST_BYTES
from kernel.permissions import can
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.settlement.forms import StatementFileForm
from shared_apps.settlement.models import EntryState
from shared_apps.settlement.permissions import SettlementPermission
from shared_apps.settlement.selectors import instructions as reading
from shared_apps.settlement.selectors import pool
from shared_apps.settlement.services import fronts, reviewing
from shared_apps.settlement.views import marks
from shared_apps.settlement.views.paging import page_of

HOME: Final = {"label": "归集户流水", "url": "/settlement/statement/"}
_VIEWS: Final = (("", "全部"), ("open", "未勾对"), ("explained", "已说明"))


class Statement(Page):
    """``/settlement/statement/``: the lines, those that wait on a tab of their own."""

    permission = SettlementPermission.VIEW
    template_name = "settlement/statement.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(StatementFileForm())

    def page(self, form: StatementFileForm, status: int = 200) -> HttpResponse:
        asked = self.request.GET.get("view", "")
        view = asked if asked in dict(_VIEWS) else ""
        shown = page_of(self.request, reading.statement(view=view), usual=50)
        return self.render(
            status=status,
            title="归集户流水",
            as_of=clock.now(),
            page_obj=shown,
            lines=[(row, marks.ENTRY[EntryState(row.state)]) for row in shown],
            view=view,
            views=[
                {"label": label, "url": f"?view={key}" if key else "?", "is_current": view == key}
                for key, label in _VIEWS
            ],
            form=form,
            may_hand_in=can(self.actor, SettlementPermission.STATEMENT),
        )


class HandIn(Statement):
    """``POST``: a statement of the pool in camt.053, beside what the front machine tells."""

    permission = SettlementPermission.STATEMENT

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(HOME["url"])

    def post(self, request: HttpRequest) -> HttpResponse:
        form = StatementFileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.page(form, 422)
        try:
            fresh = reviewing.hand_in(
                content=form.cleaned_data["file"].read(MOST_BYTES + 1),
                pool_account=fronts.access().pool_account,
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as refused:
            self.form_error(form, refused, "file")
            return self.page(form, status_of(refused))
        toast(request, f"已读取，新增 {fresh} 笔流水。")
        return HttpResponseRedirect(HOME["url"])


class EntryPage(Page):
    """``/settlement/statement/<id>/``: a line, what it may be, what somebody said of it."""

    permission = SettlementPermission.VIEW
    template_name = "settlement/entry.html"

    def get(self, request: HttpRequest, entry_id: UUID) -> HttpResponse:
        return self.page(entry_id)

    def page(self, entry_id: UUID, *, refused: str = "", status: int = 200) -> HttpResponse:
        entry = pool.entry_for(entry_id)
        is_open = entry.state in {EntryState.UNMATCHED, EntryState.DOUBLED}
        return self.render(
            status=status,
            title="归集户流水",
            scope=entry.serial,
            crumbs=[HOME, {"label": entry.serial, "url": ""}],
            as_of=clock.now(),
            entry=entry,
            mark=marks.ENTRY[EntryState(entry.state)],
            is_open=is_open,
            candidates=pool.payouts_like(entry) if is_open else [],
            refused=refused,
            reason=self.request.POST.get("reason", ""),
            may_decide=can(self.actor, SettlementPermission.STATEMENT),
        )


class _Act(EntryPage, abstract=True):
    """One act on a line; the page again with what stood in the way."""

    permission = SettlementPermission.STATEMENT
    said = ""

    @abstractmethod
    def act(self, entry_id: UUID, now: dt.datetime) -> Any: ...

    def post(self, request: HttpRequest, entry_id: UUID) -> HttpResponse:
        try:
            self.act(entry_id, clock.now())
        except DomainError as error:
            if status_of(error) in {403, 404}:
                raise
            return self.page(entry_id, refused=error.message, status=status_of(error))
        toast(request, self.said)
        return HttpResponseRedirect(f"/settlement/statement/{entry_id}/")


class PairEntry(_Act):
    said = "已勾对"

    def act(self, entry_id: UUID, now: dt.datetime) -> Any:
        try:
            payout_id = UUID(self.request.POST.get("payout", ""))
        except ValueError:
            raise reviewing.NotTheSame from None
        return reviewing.pair(entry_id=entry_id, payout_id=payout_id, actor=self.actor, now=now)


class ExplainEntry(_Act):
    said = "已登记说明"

    def act(self, entry_id: UUID, now: dt.datetime) -> Any:
        reason = self.request.POST.get("reason", "")
        return reviewing.explain(entry_id=entry_id, reason=reason, actor=self.actor, now=now)


class ReleaseEntry(_Act):
    said = "已撤销，这一笔恢复为未勾对"

    def act(self, entry_id: UUID, now: dt.datetime) -> Any:
        return reviewing.release(entry_id=entry_id, actor=self.actor, now=now)
