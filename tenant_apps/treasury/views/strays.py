"""The desk: money of strangers, from a difference to a member's bill or back (rulebook 10.5)."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from tenant_apps.dues.services import strays
from tenant_apps.treasury.forms import ClaimForm
from tenant_apps.treasury.selectors.strays import stray_for
from tenant_apps.treasury.services import strays as booking
from tenant_apps.treasury.views.recon import DifferenceAct


class BookStray(DifferenceAct):
    """`…/stray/book/`: into the suspense account; the difference is settled by that."""

    def act(self, request: HttpRequest, difference_id: UUID, now: dt.datetime) -> str:
        booking.book(case_id=difference_id, actor=self.actor, now=now)
        return "已转入待确认款项"


class ClaimStray(DifferenceAct):
    """`…/stray/claim/`: asks for it to pay a member's bills."""

    def act(self, request: HttpRequest, difference_id: UUID, now: dt.datetime) -> str:
        form = ClaimForm(request.POST)
        given: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
        if "member" not in given:
            raise strays.StrayFitsNoBill
        strays.ask_claim(
            stray=stray_for(self.actor, difference_id),
            member_id=given["member"],
            reason=given["reason"],
            actor=self.actor,
            now=now,
        )
        return "已申请认领，等待另一人复核"


class GiveBackStray(DifferenceAct):
    """`…/stray/give-back/`: asks for it to go back to whoever paid."""

    def act(self, request: HttpRequest, difference_id: UUID, now: dt.datetime) -> str:
        strays.ask_back(
            stray=stray_for(self.actor, difference_id),
            reason=request.POST.get("reason", ""),
            actor=self.actor,
            now=now,
        )
        return "已申请退还，等待另一人复核"


class ConfirmStray(DifferenceAct):
    """`…/stray/confirm/`: the second person's word."""

    def act(self, request: HttpRequest, difference_id: UUID, now: dt.datetime) -> str:
        stray = stray_for(self.actor, difference_id)
        if stray.is_claim:
            given = strays.confirm_claim(stray=stray, actor=self.actor, now=now)
            return f"已入账，收据 {given.serial}"
        number = request.POST.get("number", "")
        strays.confirm_back(stray=stray, refund_number=number, actor=self.actor, now=now)
        return "已登记退款"


class WithdrawStray(DifferenceAct):
    """`…/stray/withdraw/`: takes the asking back."""

    def act(self, request: HttpRequest, difference_id: UUID, now: dt.datetime) -> str:
        strays.withdraw(stray=stray_for(self.actor, difference_id), actor=self.actor, now=now)
        return "已撤回申请"
