"""Hardship: a smaller amount or a later day over some months (rulebook 4.1 and 4.3).

The next-higher committee decides a reduction (Art. 7), the branch a deferral (Art. 12); both are
entered here, with who decided and why.  Bills issued meanwhile stand under it, and so do those of
its months that are open already.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final
from uuid import UUID

from django.db import connection, transaction

from kernel.actor import Actor
from kernel.clock import Month, day_of
from kernel.errors import Conflict, Invalid
from kernel.money import yuan
from kernel.permissions import require
from shared_apps.rules import selectors as rules
from tenant_apps.audit.services import record
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Bill, BillState, Relief, ReliefKind
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.services import reporting
from tenant_apps.dues.services.billing import issuable_months, take_turns

if TYPE_CHECKING:
    from tenant_apps.members.models import Member

LONGEST: Final = 12
"""Months of one relief; a hardship that lasts is looked at again every year."""


class ReliefIncomplete(Invalid):
    code = "dues_relief_incomplete"
    sentence = "须写明理由和作出决定的组织（{article}）。"


class ReliefSpan(Invalid):
    code = "dues_relief_span"
    sentence = "起止月份须在 {first} 以后、起不晚于止，一次最多 {longest} 个月。"


class ReductionNotSmaller(Invalid):
    code = "dues_reduction_not_smaller"
    sentence = "少交后的金额须大于 0 且低于月标准 {standard} 元。"


class ReductionWithoutStandard(Invalid):
    code = "dues_reduction_without_standard"
    sentence = "{month} 还没有核定交纳标准，请先核定再登记少交。"


class DeferralTooLong(Invalid):
    code = "dues_deferral_too_long"
    sentence = "缓交后的交纳月份须晚于最后一个缓交月份，且不超过 {limit} 个月（{article}）。"


class ReliefOverlaps(Conflict):
    code = "dues_relief_overlaps"
    sentence = "{first} 至 {last} 已登记{kind}，请先结束它。"


class ReliefEnded(Conflict):
    code = "dues_relief_ended"
    sentence = "这项登记已经结束。"


class PaymentUnderWay(Conflict):
    code = "dues_relief_payment_under_way"
    sentence = "该党员正在支付 {months} 的党费，请稍后再登记。"


@transaction.atomic
def reduce(
    *,
    member: Member,
    first: Month,
    last: Month,
    amount_fen: int,
    reason: str,
    approved_by: str,
    actor: Actor,
    now: dt.datetime,
) -> Relief:
    """Enters that the next-higher committee lets the member pay less (Art. 7).

    Raises ReliefIncomplete, ReliefSpan, ReductionNotSmaller, ReductionWithoutStandard,
    ReliefOverlaps, PaymentUnderWay.
    """
    _allowed(member, first, last, reason, approved_by, actor, now)
    standard = selectors.standard_in_force(member.pk, first)
    if standard is None:
        raise ReductionWithoutStandard(month=first.label)
    if not 0 < amount_fen < standard.amount_fen:
        raise ReductionNotSmaller(standard=yuan(standard.amount_fen))
    relief = Relief(kind=ReliefKind.REDUCED, amount_fen=amount_fen)
    return _enter(relief, member, first, last, reason, approved_by, actor, now)


@transaction.atomic
def defer(
    *,
    member: Member,
    first: Month,
    last: Month,
    pay_by: Month,
    reason: str,
    approved_by: str,
    actor: Actor,
    now: dt.datetime,
) -> Relief:
    """Enters that the branch lets payment of these months wait until ``pay_by`` (Art. 12).

    Raises ReliefIncomplete, ReliefSpan, DeferralTooLong, ReliefOverlaps, PaymentUnderWay.
    """
    _allowed(member, first, last, reason, approved_by, actor, now)
    rule = rules.dues_pack(first.first_day).parameters["arrears_max_months"]
    limit = int(rule.value or 0)
    if not last < pay_by <= first + limit:
        raise DeferralTooLong(limit=limit, article=rule.article)
    relief = Relief(kind=ReliefKind.DEFERRED, pay_by_month=pay_by.value)
    return _enter(relief, member, first, last, reason, approved_by, actor, now)


@transaction.atomic
def end(*, relief: Relief, actor: Actor, now: dt.datetime) -> Relief:
    """Takes a relief back: open bills under it are due in full again; what is paid stays.

    Raises ReliefEnded, PaymentUnderWay.
    """
    require(actor, DuesPermission.EXEMPT, relief.member)
    held: Relief = Relief.objects.select_for_update().get(pk=relief.pk)
    if held.ended_at is not None:
        raise ReliefEnded
    _take_turns(held.member_id, Month(held.first_month), Month(held.last_month), now)
    bills = _open_bills(held)
    held.ended_at = now
    held.save(update_fields=["ended_at"])
    for bill in bills:
        _report(bill, bill.standard.amount_fen - bill.due_fen, now)
        bill.due_fen, bill.state, bill.relief = bill.standard.amount_fen, BillState.UNPAID, None
    Bill.objects.bulk_update(bills, ["due_fen", "state", "relief"])
    _record("dues_relief.ended", held, len(bills), actor, now)
    return held


def let_due_again(*, actor: Actor, now: dt.datetime) -> int:
    """Bills whose deferral has run out are due again; returns how many.  One statement."""
    current = Month.of(day_of(now)).value
    waiting = Bill.objects.filter(state=BillState.DEFERRED, relief__pay_by_month__lte=current)
    count: int = Bill.objects.filter(pk__in=waiting.values("pk")).update(state=BillState.UNPAID)
    if count:
        record("dues_deferrals.ran_out", actor=actor, now=now, subject_type="month", count=count)
    return count


def _allowed(
    member: Member,
    first: Month,
    last: Month,
    reason: str,
    approved_by: str,
    actor: Actor,
    now: dt.datetime,
) -> None:
    require(actor, DuesPermission.EXEMPT, member)
    if not reason.strip() or not approved_by.strip():
        raise ReliefIncomplete(article=rules.dues_pack(first.first_day).exemption.article)
    oldest, _ = issuable_months(now)
    if not oldest <= first <= last < first + LONGEST:
        raise ReliefSpan(first=oldest.label, longest=LONGEST)


def _enter(
    relief: Relief,
    member: Member,
    first: Month,
    last: Month,
    reason: str,
    approved_by: str,
    actor: Actor,
    now: dt.datetime,
) -> Relief:
    _take_turns(member.pk, first, last, now)
    other = Relief.objects.filter(
        member_id=member.pk,
        ended_at__isnull=True,
        first_month__lte=last.value,
        last_month__gte=first.value,
    ).first()
    if other is not None:
        raise ReliefOverlaps(
            first=Month(other.first_month).label,
            last=Month(other.last_month).label,
            kind=other.get_kind_display(),
        )
    relief.member = member
    relief.first_month, relief.last_month = first.value, last.value
    relief.reason, relief.approved_by = reason.strip(), approved_by.strip()
    relief.decided_by_name, relief.created_at = actor.name, now
    relief.save(force_insert=True)
    bills = _open_bills(relief)
    for bill in bills:
        due = min(bill.due_fen, relief.amount_fen or bill.due_fen)
        _report(bill, due - bill.due_fen, now)
        bill.due_fen, bill.state, bill.relief = due, _state(relief, now), relief
    Bill.objects.bulk_update(bills, ["due_fen", "state", "relief"])
    _record("dues_relief.entered", relief, len(bills), actor, now)
    return relief


def _state(relief: Relief, now: dt.datetime) -> BillState:
    waits = (relief.pay_by_month or 0) > Month.of(day_of(now)).value
    return BillState.DEFERRED if waits else BillState.UNPAID


def _open_bills(relief: Relief) -> list[Bill]:
    """The member's bills of its months that nobody has paid or pays now, held."""
    bills = list(
        Bill.objects.select_for_update(of=("self",))
        .select_related("standard")
        .filter(
            member_id=relief.member_id,
            month__range=(relief.first_month, relief.last_month),
            state__in=(BillState.UNPAID, BillState.DEFERRED),
        )
        .order_by("month")
    )
    paying = selectors.bills_under_payment([bill.pk for bill in bills])
    if paying:
        months = "、".join(Month(bill.month).label for bill in bills if bill.pk in paying)
        raise PaymentUnderWay(months=months)
    return bills


def _take_turns(member_id: UUID, first: Month, last: Month, now: dt.datetime) -> None:
    """Two reliefs of a member wait for each other, and for an issue of one of the months."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.relief'), hashtext(%s))",
            [member_id.hex],
        )
    oldest, latest = issuable_months(now)
    month = max(first, oldest)
    while month <= min(last, latest):
        take_turns(month)
        month = month + 1


def _report(bill: Bill, change_fen: int, now: dt.datetime) -> None:
    reporting.bills(month=bill.month, count=0, due_fen=change_fen, now=now)


def _record(code: str, relief: Relief, bills: int, actor: Actor, now: dt.datetime) -> None:
    record(
        code,
        actor=actor,
        now=now,
        subject_type="member",
        subject_id=relief.member_id,
        relief_id=str(relief.pk),
        kind=relief.kind,
        first_month=relief.first_month,
        last_month=relief.last_month,
        amount_fen=relief.amount_fen,
        pay_by_month=relief.pay_by_month,
        reason=relief.reason,
        approved_by=relief.approved_by,
        bills=bills,
    )
