"""Reconciliation of a unit's payments with the bills of its channels, from end to end.

Every step is a row that waits: the run may be killed at any point and goes on where it stood.
Bills of all units are compared in shared tables; only what is to be booked enters a unit.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel import clock
from kernel.actor import Actor
from kernel.clock import BEIJING
from kernel.errors import Conflict, DomainError
from kernel.jobs import job
from kernel.money import yuan
from kernel.unit import Purpose, shared_context, unit_context
from shared_apps.payments import selectors as payments
from shared_apps.payments.services import orders
from shared_apps.reconciliation.permissions import ReconciliationPermission
from shared_apps.reconciliation.selectors import cases, runs
from shared_apps.reconciliation.selectors.cases import CaseNotFound
from shared_apps.reconciliation.services import (
    arranging,
    classifying,
    deciding,
    fetching,
    funds,
    loading,
)
from tenant_apps.audit.services import record
from tenant_apps.dues.selectors.clearing import held_at_channel
from tenant_apps.dues.services import booking, ledger
from tenant_apps.treasury.selectors.recon import case_for
from tenant_apps.treasury.services import payouts, strays

if TYPE_CHECKING:
    from shared_apps.reconciliation.models import Case, Run

log = logging.getLogger(__name__)
CLERK = Actor.system("渠道对账")


class StillUnclear(Conflict):
    code = "reconciliation_still_unclear"
    sentence = "渠道没有确认这笔订单已支付，未作任何变更。请稍后再查，或向渠道客服核实。"


class StillDiffers(Conflict):
    code = "reconciliation_still_differs"
    sentence = "已重新核对，渠道结余与账面仍相差 {fen} 元。请先处理当日的交易差异，再核实原因。"


@job()
def sweep() -> None:
    """The periodic run over all units (``config.schedule``)."""
    now = clock.now()
    with shared_context():
        arranging.arrange_due(now=now)
    advance(now=now)


def advance(*, now: dt.datetime) -> None:
    """Brings every bill as far as it will go: fetched, read, tied out, compared, what was found
    booked, the account compared.  Must be called outside a transaction.
    """
    with shared_context():
        fetching.fetch_due(now=now)
        loading.load_fetched(now=now)
        classifying.tie_out(now=now)
        classifying.classify_tied_out(now=now)
        to_ask = cases.cases_to_ask(since=now - classifying.SETTLE_WITHIN)
        to_check = runs.fund_bills_to_check()
        to_check += runs.balances_to_check_again(since=now - classifying.SETTLE_WITHIN)
    for asked in to_ask:
        _in_unit(asked.unit_id, partial(ask_about, asked.case_id, asked.order_id, now))
    for run in to_check:
        _in_unit(run.unit_id, partial(check_account, run, now))


def ask_about(case_id: UUID, order_id: UUID, now: dt.datetime, *, actor: Actor = CLERK) -> bool:
    """Asks the channel about the order of a case and books its money, in the unit in force;
    whether it is booked now.  Must be called outside a transaction.
    """
    followed = orders.refresh(order=payments.order_by_id(order_id), now=now)
    if followed.event_id is not None:
        booking.apply(event_ids=[followed.event_id], now=now)
    order = payments.order_by_id(order_id)
    if not order.is_paid:
        return False
    with transaction.atomic():
        case = deciding.note_booked(case_id=case_id, actor=actor, now=now)
        _record("reconciliation.booked", case, actor, now, order_id=str(order_id))
    return True


def ask_again(*, case_id: UUID, actor: Actor, now: dt.datetime) -> None:
    """A person has the channel asked at once.  Raises StillUnclear, CaseNotFound."""
    case = case_for(actor, case_id, to=ReconciliationPermission.DECIDE)
    if case.order_id is None or not ask_about(case.pk, case.order_id, now, actor=actor):
        raise StillUnclear


def check_again(*, case_id: UUID, actor: Actor, now: dt.datetime) -> None:
    """A person has the balance of an account compared again, with what is booked by now.  Raises
    StillDiffers, CaseNotFound.
    """
    case = case_for(actor, case_id, to=ReconciliationPermission.DECIDE)
    if case.kind != "balance":
        raise CaseNotFound
    check_account(case.run, now, actor=actor)
    case.refresh_from_db()
    if case.state == "open":
        raise StillDiffers(fen=yuan(case.amount_fen))


@transaction.atomic
def explain(*, case_id: UUID, reason: str, actor: Actor, now: dt.datetime) -> Case:
    """Settles a difference by what a person found out; moves no money."""
    case_for(actor, case_id, to=ReconciliationPermission.DECIDE)
    case = deciding.explain(case_id=case_id, reason=reason, actor=actor, now=now)
    _record("reconciliation.explained", case, actor, now, reason=case.reason)
    return case


@transaction.atomic
def take_back(*, case_id: UUID, actor: Actor, now: dt.datetime) -> Case:
    """Undoes a person's decision; the audit keeps both.  Raises StrayBooked."""
    earlier = case_for(actor, case_id, to=ReconciliationPermission.DECIDE)
    strays.refuse_booked(case_id, actor)
    case = deciding.take_back(case_id=case_id, actor=actor, now=now)
    _record("reconciliation.taken_back", case, actor, now, reason=earlier.reason)
    return case


def check_account(run: Run, now: dt.datetime, *, actor: Actor = CLERK) -> None:
    """Books what a fund bill says was paid out, then compares its 账户结余 with what the ledger
    says the channel holds at the end of the day (invariant I7).
    """
    for one in run.payouts:
        _book_payout(run, one, now)
    end = dt.datetime.combine(run.day + dt.timedelta(days=1), dt.time(), tzinfo=BEIJING)
    account = ledger.clearing_account(channel=run.channel, mchid=run.mchid)
    with transaction.atomic():
        held = held_at_channel(
            account, before=end, effects=funds.payouts_until(run=run, prefix=_PREFIX)
        )
        checked = funds.note_books(run_id=run.pk, books_fen=held, now=now)
        record(
            "reconciliation.account_checked",
            actor=actor,
            now=now,
            day=str(run.day),
            channel=run.channel,
            bill_fen=checked.balance_fen,
            books_fen=held,
        )


_PREFIX = "payout:{channel}:{mchid}:{number}"


def _book_payout(run: Run, one: dict[str, Any], now: dt.datetime) -> None:
    """Once: the number of the payout is unique in the books.  Without an account in force it waits
    for the next run.
    """
    try:
        with transaction.atomic():
            payouts.book(
                channel=run.channel,
                mchid=run.mchid,
                number=one["number"],
                business_on=run.day - dt.timedelta(days=1),
                amount_fen=one["amount_fen"],
                actor=CLERK,
                now=now,
            )
    except IntegrityError:
        log.info("payout %s is in the books", one["number"])


def _in_unit(unit_id: UUID, act: Callable[[], Any]) -> None:
    """One unit's trouble does not hold up the others."""
    with unit_context(unit_id, for_=Purpose.SETTLING):
        try:
            act()
        except DomainError as refused:
            log.warning("reconciliation in unit %s: %s", unit_id, refused.code)
        except Exception:
            log.exception("reconciliation in unit %s", unit_id)


def _record(code: str, case: Case, actor: Actor, now: dt.datetime, **more: Any) -> None:
    record(
        code,
        actor=actor,
        now=now,
        subject_type="difference",
        subject_id=case.pk,
        kind=case.kind,
        number=case.number,
        amount_fen=case.amount_fen,
        **more,
    )
