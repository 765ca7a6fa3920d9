"""Fixing what a member pays a month (rulebook 4.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from kernel import arrays
from kernel.actor import Actor
from kernel.clock import Month
from kernel.errors import Conflict, Invalid
from kernel.models import uuid7s
from kernel.unit import current_unit
from shared_apps.payments import selectors as payments
from shared_apps.rules import selectors as rules
from shared_apps.rules.selectors import Assessment, DuesPack
from shared_apps.usage.services import outbox
from tenant_apps.audit.services import record
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Bill, BillState, Origin, Standard
from tenant_apps.dues.selectors import slips
from tenant_apps.dues.selectors.settings import setting_in_force
from tenant_apps.dues.services import reporting

_CHUNK: Final = 20_000


class StandardsInUse(Conflict):
    code = "dues_standards_in_use"
    sentence = "这批标准下已有 {count} 笔党费交清或正在支付，不能撤销。"


class ReasonRequired(Invalid):
    code = "dues_reason_required"
    sentence = "年内已核定标准，变更必须写明理由（类别变化、退休、组织关系转接或工资大幅变动）。"


class MonthOutsideYear(Invalid):
    code = "dues_standard_month"
    sentence = "起始月份不能早于现行标准的起始月份 {month}。"


class PaymentUnderWay(Conflict):
    code = "dues_payment_under_way"
    sentence = "该党员正在支付 {months} 的党费，请稍后再改。"


@dataclass(frozen=True, slots=True)
class NewStandard:
    """A member's category and base as a roster gives them; base in fen, None when fixed."""

    member_id: UUID
    category: str
    base_fen: int | None


@transaction.atomic
def set_from_roster(
    *,
    rows: Sequence[NewStandard],
    month: Month,
    import_id: UUID,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Fixes the year's standards of many members at once; returns their monthly total in fen.

    A member who has a standard for the year keeps it.  A rated category without a base gets
    no standard: the member is then listed where bills are issued.  Whoever stores chunk after
    chunk calls ``report_confirmed`` once after the last.
    """
    pack = rules.dues_pack(month.first_day)
    rounding = setting_in_force().rounding
    assessed = (
        (row.member_id, pack.assess(row.category, row.base_fen, rounding=rounding))
        for row in rows
        if row.base_fen is not None or not pack.needs_base(row.category)
    )
    total = added = 0
    with connection.cursor() as cursor:
        while chunk := list(islice(assessed, _CHUNK)):
            total += sum(found.amount_fen for _, found in chunk)
            cursor.execute(
                _INSERT,
                [
                    month.year, "dues", pack.version, month.value, "", import_id, now, rounding,
                    Origin.ROSTER, *_columns(chunk),
                ],
            )  # fmt: skip
            added += cursor.rowcount
    record(
        "dues_standards.fixed",
        actor=actor,
        now=now,
        subject_type="import",
        subject_id=import_id,
        count=added,
        total_fen=total,
        month=month.value,
        pack=pack.version,
    )
    return total


@transaction.atomic
def withdraw(*, import_id: UUID, actor: Actor, now: dt.datetime) -> int:
    """Takes back the standards of an import with the unpaid bills issued under them.

    Returns how many standards.  Raises StandardsInUse when one of the bills was paid or is
    being paid.
    """
    standards = Standard.objects.filter(import_id=import_id)
    bills = Bill.objects.select_for_update().filter(standard__in=standards)
    held = [bill.id for bill in bills.order_by("id")]
    paid = sum(1 for bill in bills if bill.state == BillState.PAID)
    under_way = payments.open_orders_for_bills(held).count() if held else 0
    if paid or under_way:
        raise StandardsInUse(count=paid + under_way)
    reporting.bills_removed(Bill.objects.filter(pk__in=held), now=now)
    Bill.objects.filter(pk__in=held).delete()
    count, _ = standards.delete()
    record(
        "dues_standards.withdrawn",
        actor=actor,
        now=now,
        subject_type="import",
        subject_id=import_id,
        count=count,
        bills=len(held),
    )
    report_confirmed(now)
    return count


@transaction.atomic
def set_one(  # noqa: PLR0913 - one call says all that fixes an amount
    *,
    member_id: UUID,
    category: str,
    base_fen: int | None,
    items: Sequence[tuple[str, int]] = (),
    fixed_fen: int | None = None,
    month: Month,
    reason: str,
    actor: Actor,
    now: dt.datetime,
) -> Standard:
    """Fixes one member's standard from ``month`` on; earlier months stay as they were.

    Of a wage, ``items`` are the lines of the pay slip (code, fen): the base is built from them and
    they are kept (rulebook 4.2).  A change within the year needs a reason.  Unpaid bills from
    ``month`` on follow the new standard.  Raises ReasonRequired, MonthOutsideYear,
    PaymentUnderWay and what building and assessing raise.
    """
    pack = rules.dues_pack(month.first_day)
    items = items if category in slips.WITH_SLIP else ()
    if items:
        base_fen = pack.wage_base(items).base_fen
    rounding = setting_in_force().rounding
    found = pack.assess(category, base_fen, rounding=rounding, fixed_fen=fixed_fen)
    before = (
        Standard.objects.select_for_update()
        .filter(member_id=member_id, year=month.year, is_current=True)
        .first()
    )
    _refuse_change(before, month, reason)
    if before is not None:
        before.is_current = False
        before.save(update_fields=["is_current"])
    standard = _make(member_id, found, pack, month, reason, now, rounding=rounding, items=items)
    changed = _carry_to_bills(standard, now)
    record(
        "dues_standard.changed" if before else "dues_standard.fixed",
        actor=actor,
        now=now,
        subject_type="member",
        subject_id=member_id,
        standard_id=str(standard.id),
        month=month.value,
        reason=standard.reason,
        before_fen=before.amount_fen if before else None,
        amount_fen=standard.amount_fen,
        category=category,
        bills=changed,
    )
    report_confirmed(now)
    return standard


def follow(bill: Bill, now: dt.datetime) -> None:
    """Puts a bill that is due again under the standard of its month, a reduction kept: it may have
    been paid ahead of a change.  One that would owe nothing stays as it was; the caller saves it.
    """
    held = selectors.standard_in_force(bill.member_id, Month(bill.month))
    if held is None or not held.amount_fen:
        return
    reduced = bill.relief.amount_fen if bill.relief else None
    due = min(held.amount_fen, reduced or held.amount_fen)
    reporting.bills(month=bill.month, count=0, due_fen=due - bill.due_fen, now=now)
    bill.standard, bill.due_fen = held, due


def report_confirmed(now: dt.datetime) -> None:
    """Tells the platform how many members have a current standard."""
    count = Standard.objects.filter(is_current=True).values("member_id").distinct().count()
    outbox.emit(unit=current_unit(), kind="state", now=now, standards_confirmed=count)


def _refuse_change(before: Standard | None, month: Month, reason: str) -> None:
    if before is None:
        return
    if not reason.strip():
        raise ReasonRequired
    if month.value < before.effective_month:
        raise MonthOutsideYear(month=Month(before.effective_month).label)


def _make(
    member_id: UUID,
    found: Assessment,
    pack: DuesPack,
    month: Month,
    reason: str,
    now: dt.datetime,
    *,
    rounding: str,
    items: Sequence[tuple[str, int]],
) -> Standard:
    standard: Standard = Standard.objects.create(
        member_id=member_id,
        year=month.year,
        category=found.category,
        base_fen=found.base_fen if pack.needs_base(found.category) else None,
        rate_bp=found.rate_bp,
        raw_fen=found.raw_fen,
        amount_fen=found.amount_fen,
        is_capped=found.is_capped,
        pack="dues",
        pack_version=pack.version,
        effective_month=month.value,
        reason=reason.strip(),
        created_at=now,
        rounding=rounding,
        items_sealed=slips.sealed(items),
    )
    return standard


def _carry_to_bills(standard: Standard, now: dt.datetime) -> int:
    """Puts open bills from the standard's month on under it, a reduction kept; a zero standard
    owes nothing.
    """
    bills = list(
        Bill.objects.select_for_update(of=("self",))
        .select_related("relief")
        .filter(
            member_id=standard.member_id,
            state__in=(BillState.UNPAID, BillState.DEFERRED),
            month__gte=standard.effective_month,
            month__lte=standard.year * 100 + 12,
        )
        .order_by("month")
    )
    under_way = selectors.bills_under_payment([bill.id for bill in bills])
    if under_way:
        months = "、".join(Month(b.month).label for b in bills if b.id in under_way)
        raise PaymentUnderWay(months=months)
    if not standard.amount_fen:
        mine = Bill.objects.filter(pk__in=[bill.id for bill in bills])
        reporting.bills_removed(mine, now=now)
        mine.delete()
        return len(bills)
    for bill in bills:
        reduced = bill.relief.amount_fen if bill.relief else None
        due = min(standard.amount_fen, reduced or standard.amount_fen)
        reporting.bills(month=bill.month, count=0, due_fen=due - bill.due_fen, now=now)
        bill.standard, bill.due_fen = standard, due
    Bill.objects.bulk_update(bills, ["standard", "due_fen"])
    return len(bills)


_COLUMNS: Final = {
    "id": "uuid", "member_id": "uuid", "category": "text", "base_fen": "bigint",
    "rate_bp": "int", "raw_fen": "bigint", "amount_fen": "bigint", "is_capped": "bool",
}  # fmt: skip
_INSERT: Final = f"""
INSERT INTO {Standard._meta.db_table}
    (year, pack, pack_version, effective_month, reason, import_id, created_at, rounding, origin,
     is_current, {", ".join(_COLUMNS)})
SELECT %s, %s, %s, %s, %s, %s::uuid, %s::timestamptz, %s, %s, true, made.*
  FROM {arrays.unnested(_COLUMNS)}
ON CONFLICT (member_id, year) WHERE is_current DO NOTHING
"""


def _columns(chunk: Sequence[tuple[UUID, Assessment]]) -> list[str]:
    return arrays.joined(
        (
            key.hex,
            member_id.hex,
            found.category,
            arrays.NULL if found.base_fen is None or found.rate_bp is None else str(found.base_fen),
            arrays.NULL if found.rate_bp is None else str(found.rate_bp),
            str(found.raw_fen),
            str(found.amount_fen),
            "t" if found.is_capped else "f",
        )
        for key, (member_id, found) in zip(uuid7s(len(chunk)), chunk, strict=True)
    )
