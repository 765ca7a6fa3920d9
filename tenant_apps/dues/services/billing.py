"""Issuing a month's bills, taking an issue back, exempting (rulebook 4.3 and 4.1)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection, transaction

from kernel.actor import Actor
from kernel.clock import Month, day_of
from kernel.errors import Conflict, Invalid
from kernel.models import UUID7_ROW_SQL, uuid7_stem
from kernel.permissions import require
from shared_apps.payments import selectors as payments
from shared_apps.rules import selectors as rules
from tenant_apps.audit.services import record
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Bill, BillState, ReliefKind
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.bills import (
    STATE_SQL,
    LeftOut,
    preview_of,
    state_parameters,
)
from tenant_apps.dues.selectors.scope import issuing_scopes_of, patterns, within
from tenant_apps.dues.services import reporting


class MonthTooFar(Invalid):
    code = "dues_month_too_far"
    sentence = "{month} 还不能生成账单：最多预先生成到本季度末（{latest}）。"


class MonthTooOld(Invalid):
    code = "dues_month_too_old"
    sentence = "{month} 不能再生成账单：补交一般不超过 {limit} 个月（{article}）。"


class MonthHasPayments(Conflict):
    code = "dues_month_has_payments"
    sentence = "{month} 已有 {count} 笔交清或正在支付，不能撤销生成。"


class NothingIssued(Conflict):
    code = "dues_month_not_issued"
    sentence = "{month} 还没有生成账单。"


class BillNotOpen(Conflict):
    code = "dues_bill_not_open"
    sentence = "这笔党费当前是「{state}」，不能这样操作。"


class ExemptionIncomplete(Invalid):
    code = "dues_exemption_incomplete"
    sentence = "免交须写明理由和批准的上级党委（{article}）。"


@dataclass(frozen=True, slots=True)
class IssuedMonth:
    """What an issue did: new bills and their sum in fen, bills there before, who was left out."""

    month: Month
    count: int
    due_fen: int
    already: int
    left_out: tuple[LeftOut, ...]


@transaction.atomic
def issue_month(*, month: Month, actor: Actor, now: dt.datetime, below: str = "") -> IssuedMonth:
    """Bills every active member of the actor's sub-trees for ``month``, in one statement.

    Issuing again only adds who was missing.  Members without a standard, those admitted later
    and those who owe nothing are left out and counted.  Raises MonthTooFar, MonthTooOld.
    """
    _refuse_month(month, now)
    take_turns(month)
    like = patterns(issuing_scopes_of(actor), below=below)
    with connection.cursor() as cursor:
        cursor.execute(
            _ISSUE,
            {
                **state_parameters(month, like), "now": now, "stem": uuid7_stem(),
                "current": Month.of(day_of(now)).value,
            },
        )  # fmt: skip
        found = {verdict: (count, int(fen or 0)) for verdict, count, fen in cursor.fetchall()}
    count, due = found.pop(_MADE)
    before = preview_of(month, ((key, *sums) for key, sums in found.items()))
    issued = IssuedMonth(month, count, due, before.already, before.left_out)
    if count:
        record(
            "dues_month.issued",
            actor=actor,
            now=now,
            subject_type="month",
            month=month.value,
            count=count,
            due_fen=issued.due_fen,
            within=like,
            left_out={found.reason.value: found.count for found in issued.left_out},
        )
        reporting.bills(month=month.value, count=count, due_fen=issued.due_fen, now=now)
    return issued


@transaction.atomic
def withdraw_month(*, month: Month, actor: Actor, now: dt.datetime, below: str = "") -> int:
    """Takes the month's bills of the actor's sub-trees back; returns how many.

    Raises NothingIssued, and MonthHasPayments once one of them is paid, being paid or was given
    back: its entries stay.
    """
    take_turns(month)
    bills = Bill.objects.filter(within(issuing_scopes_of(actor), below=below), month=month.value)
    held = list(bills.select_for_update().order_by("id").values_list("id", "state", "returned"))
    if not held:
        raise NothingIssued(month=month.label)
    ids = [bill_id for bill_id, _, _ in held]
    touched = sum(state == BillState.PAID or returned > 0 for _, state, returned in held)
    touched += payments.open_orders_for_bills(ids).count()
    if touched:
        raise MonthHasPayments(month=month.label, count=touched)
    mine = Bill.objects.filter(pk__in=ids)
    reporting.bills_removed(mine, now=now)
    mine.delete()
    record(
        "dues_month.withdrawn",
        actor=actor,
        now=now,
        subject_type="month",
        month=month.value,
        count=len(ids),
        within=patterns(issuing_scopes_of(actor), below=below),
    )
    return len(ids)


@transaction.atomic
def exempt(*, bill: Bill, reason: str, approved_by: str, actor: Actor, now: dt.datetime) -> Bill:
    """Enters that the next-higher committee exempted the member for the bill's month (Art. 7).

    Raises ExemptionIncomplete, BillNotOpen (paid, exempt already, or being paid).
    """
    require(actor, DuesPermission.EXEMPT, bill)
    if not reason.strip() or not approved_by.strip():
        pack = rules.dues_pack(Month(bill.month).first_day)
        raise ExemptionIncomplete(article=pack.exemption.article)
    held = _open_bill(bill, BillState.UNPAID)
    held.state = BillState.EXEMPT
    held.exempt_reason, held.exempt_approved_by = reason.strip(), approved_by.strip()
    held.save(update_fields=["state", "exempt_reason", "exempt_approved_by"])
    record(
        "bill.exempted",
        actor=actor,
        now=now,
        subject_type="bill",
        subject_id=held.id,
        month=held.month,
        due_fen=held.due_fen,
        reason=held.exempt_reason,
        approved_by=held.exempt_approved_by,
    )
    reporting.bills(month=held.month, count=0, due_fen=-held.due_fen, now=now)
    return held


@transaction.atomic
def reinstate(*, bill: Bill, actor: Actor, now: dt.datetime) -> Bill:
    """Takes an exemption back: the month is due again.  Raises BillNotOpen."""
    require(actor, DuesPermission.EXEMPT, bill)
    held = _open_bill(bill, BillState.EXEMPT)
    reason, held.exempt_reason, held.exempt_approved_by = held.exempt_reason, "", ""
    held.state = BillState.UNPAID
    held.save(update_fields=["state", "exempt_reason", "exempt_approved_by"])
    record(
        "bill.reinstated",
        actor=actor,
        now=now,
        subject_type="bill",
        subject_id=held.id,
        month=held.month,
        due_fen=held.due_fen,
        reason=reason,
    )
    reporting.bills(month=held.month, count=0, due_fen=held.due_fen, now=now)
    return held


def issuable_months(now: dt.datetime) -> tuple[Month, Month]:
    """The oldest and the latest month that may be issued: arrears reach back as far as the
    rules allow, prepayment to the end of the quarter (rulebook 4.3).
    """
    current = Month.of(day_of(now))
    limit = rules.dues_pack(current.first_day).parameters["arrears_max_months"].value
    return current - int(limit or 0), current + (-current.number % 3)


def _refuse_month(month: Month, now: dt.datetime) -> None:
    oldest, latest = issuable_months(now)
    if month > latest:
        raise MonthTooFar(month=month.label, latest=latest.label)
    if month < oldest:
        rule = rules.dues_pack(latest.first_day).parameters["arrears_max_months"]
        raise MonthTooOld(month=month.label, limit=rule.value, article=rule.article)


def take_turns(month: Month) -> None:
    """Issue and withdrawal of one month in one unit wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.dues'), %s)",
            [month.value],
        )


def _open_bill(bill: Bill, state: BillState) -> Bill:
    held: Bill = Bill.objects.select_for_update().get(pk=bill.pk)
    if held.state != state or selectors.bills_under_payment([held.id]):
        label = BillState(held.state).label if held.state != state else "支付中"
        raise BillNotOpen(state=label)
    return held


_MADE = "made"
_ISSUE = f"""
WITH state AS MATERIALIZED ({STATE_SQL}),
made AS (
    INSERT INTO {Bill._meta.db_table}
        (id, member_id, standard_id, month, org_id, org_path, due_fen, paid_fen, state,
         issued_at, exempt_reason, exempt_approved_by, relief_id)
    SELECT {UUID7_ROW_SQL}, member_id, standard_id, %(month)s, org_id, org_path, amount_fen, 0,
           CASE WHEN kind = '{ReliefKind.DEFERRED}' AND pay_by_month > %(current)s
                THEN '{BillState.DEFERRED}' ELSE '{BillState.UNPAID}' END,
           %(now)s, '', '', relief_id
    FROM state WHERE verdict = 'ready'
    ON CONFLICT (member_id, month) DO NOTHING
    RETURNING due_fen
)
SELECT '{_MADE}', count(*), sum(due_fen) FROM made
UNION ALL SELECT verdict, count(*), sum(amount_fen) FROM state GROUP BY verdict
"""
