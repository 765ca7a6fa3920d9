"""Paying months ahead: billed for the one member who asks, paid together with what is open."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import connection, transaction

from kernel.actor import Actor
from kernel.clock import Month, day_of
from kernel.errors import Conflict, Invalid
from kernel.models import UUID7_ROW_SQL, uuid7_stem
from kernel.permissions import require
from shared_apps.payments.selectors import Channel
from tenant_apps.audit.services import record
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Bill, BillState
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.prepaid import (
    AHEAD_SQL,
    last_month_ahead,
    months_ahead,
    parameters,
)
from tenant_apps.dues.services import collection, reporting

if TYPE_CHECKING:
    from shared_apps.payments.models import Order


class TooFarAhead(Invalid):
    code = "dues_ahead_too_far"
    sentence = "最多可以预交到{latest}。"


class NothingAhead(Conflict):
    code = "dues_ahead_nothing"
    sentence = "{month}还不能预交：{why}。"


class NothingToTakeBack(Conflict):
    code = "dues_ahead_not_open"
    sentence = "没有可以取消的预交月份：已经交清，或正在支付。"


def pay_ahead(
    *,
    member_id: UUID,
    until: Month,
    actor: Actor,
    now: dt.datetime,
    channel: Channel = Channel.WECHAT,
) -> Order:
    """Bills the member up to ``until`` and begins the payment of all that is then open up to it.

    Raises TooFarAhead, NothingAhead, and what ``collection.start_payment`` raises.  Must be called
    outside a transaction.
    """
    bill_ahead(member_id=member_id, until=until, actor=actor, now=now)
    owed = selectors.unpaid_months(member_id).months
    months = [Month(month) for month in owed if month <= until.value]
    return collection.start_payment(
        member_id=member_id, months=months, actor=actor, now=now, channel=channel
    )


@transaction.atomic
def bill_ahead(*, member_id: UUID, until: Month, actor: Actor, now: dt.datetime) -> int:
    """Bills the months after this one up to ``until`` that have no bill, at the member's standard
    in force; returns how many.  Raises TooFarAhead, NothingAhead.
    """
    require(actor, DuesPermission.PAY, Bill(member_id=member_id))
    latest = last_month_ahead(now)
    if not Month.of(day_of(now)) < until <= latest:
        raise TooFarAhead(latest=latest.label)
    open_ones = [one for one in months_ahead(member_id, now) if one.month <= until.value]
    for one in open_ones:
        if one.why_not:
            raise NothingAhead(month=Month(one.month).label, why=one.why_not)
    if not open_ones:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            _BILL,
            {
                **parameters(member_id, [Month(one.month) for one in open_ones]),
                "now": now,
                "stem": uuid7_stem(),
            },
        )
        made = cursor.fetchall()
    for month, due_fen in made:
        reporting.bills(month=month, count=1, due_fen=due_fen, now=now)
    record(
        "dues_ahead.billed",
        actor=actor,
        now=now,
        subject_type="member",
        subject_id=member_id,
        months=sorted(month for month, _ in made),
        due_fen=sum(fen for _, fen in made),
    )
    return len(made)


@transaction.atomic
def take_back(*, member_id: UUID, actor: Actor, now: dt.datetime) -> int:
    """Drops the member's open bills of months after this one, so that nothing ahead is owed; the
    monthly issue bills them in their time.  Raises NothingToTakeBack.
    """
    require(actor, DuesPermission.PAY, Bill(member_id=member_id))
    ahead = Bill.objects.select_for_update().filter(
        member_id=member_id,
        state=BillState.UNPAID,
        returned=0,
        month__gt=Month.of(day_of(now)).value,
    )
    ids = [bill.pk for bill in ahead.order_by("id")]
    free = set(ids) - selectors.bills_under_payment(ids)
    if not free or len(free) < len(ids):
        raise NothingToTakeBack
    mine = Bill.objects.filter(pk__in=free)
    reporting.bills_removed(mine, now=now)
    months = sorted(mine.values_list("month", flat=True))
    mine.delete()
    record(
        "dues_ahead.taken_back",
        actor=actor,
        now=now,
        subject_type="member",
        subject_id=member_id,
        months=months,
    )
    return len(months)


_BILL: Final = f"""
INSERT INTO {Bill._meta.db_table}
    (id, member_id, standard_id, month, org_id, org_path, due_fen, paid_fen, state,
     issued_at, exempt_reason, exempt_approved_by, relief_id)
SELECT {UUID7_ROW_SQL}, member_id, standard_id, month, org_id, org_path, amount_fen, 0,
       '{BillState.UNPAID}', %(now)s, '', '', relief_id
FROM (SELECT wanted.month, state.* FROM {AHEAD_SQL}
      WHERE state.member_id = %(member)s AND state.verdict = 'ready') AS ready
ON CONFLICT (member_id, month) DO NOTHING
RETURNING month, due_fen
"""
