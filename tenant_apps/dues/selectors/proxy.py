"""Batches paid for others: who entrusted the branch, what of a list can be paid and why not."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from kernel.actor import Actor
from kernel.crypto import unit_cipher
from kernel.errors import NotFound
from kernel.models import uuid7
from kernel.money import yuan
from kernel.permissions import can, require
from shared_apps.payments import selectors as payments
from tenant_apps.dues.models import (
    Bill,
    BillState,
    Entrustment,
    Lot,
    LotState,
    Slip,
    SlipKind,
    SlipState,
)
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.scope import scopes_of, within
from tenant_apps.members import selectors as members
from tenant_apps.organizations.selectors.duties import Duty, Urgency

MOST: Final = 5_000
"""Rows of one batch."""


class LotNotFound(NotFound):
    code = "dues_lot_not_found"
    sentence = "没有找到这个批次，可能不在您的管理范围内。"


class EntrustmentNotFound(NotFound):
    code = "dues_entrustment_not_found"
    sentence = "没有找到这项委托，可能不在您的管理范围内。"


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was given: a member's month and its amount (fen).  Who it is: the name, and a
    phone or identity number, or the member's id where it was chosen from a list.
    """

    number: int
    name: str
    key: str
    month: int | None
    fen: int | None
    member_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is not taken: the field, the rule, and the way out.  No number of a person."""

    row: int
    name: str
    month: int | None
    fen: int | None
    field: str
    rule: str
    way_out: str

    def as_kept(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Sorted:
    """What of a list can be paid, by member, and the rows that cannot."""

    bills: Mapping[UUID, Sequence[Bill]]
    faults: Sequence[Fault]

    @property
    def fen(self) -> int:
        return sum(bill.due_fen for held in self.bills.values() for bill in held)


@dataclass(slots=True)
class _Known:
    """What the database says of everybody on the list, in a fixed number of statements."""

    people: dict[UUID, str] = field(default_factory=dict)
    by_mark: dict[bytes, UUID] = field(default_factory=dict)
    bills: dict[tuple[UUID, int], Bill] = field(default_factory=dict)
    open_months: dict[UUID, list[int]] = field(default_factory=dict)
    entrusted: dict[UUID, Entrustment] = field(default_factory=dict)
    in_payment: set[UUID] = field(default_factory=set)
    in_batch: set[UUID] = field(default_factory=set)


def sort_rows(actor: Actor, rows: Sequence[Row]) -> Sorted:
    """Holds a list against the unit's books; a fixed number of statements for any length."""
    require(actor, DuesPermission.COUNTER)
    known = _known(actor, rows)
    whose = {row.number: _whose(row, known) for row in rows}
    seen = Counter((whose[row.number], row.month) for row in rows if whose[row.number])
    wanted: dict[UUID, set[int]] = {}
    for row in rows:
        member_id = whose[row.number]
        if member_id and row.month:
            wanted.setdefault(member_id, set()).add(row.month)
    faults, bills = [], dict[UUID, list[Bill]]()
    for row in rows:
        member_id = whose[row.number]
        said = _fault_of(row, member_id, known, seen, wanted)
        if said:
            faults.append(Fault(row.number, row.name, row.month, row.fen, *said))
        elif member_id and row.month:
            bills.setdefault(member_id, []).append(known.bills[member_id, row.month])
    return _whole_members(Sorted(bills, faults), rows, whose, known)


def rows_of_entrusted(actor: Actor, member_ids: Sequence[UUID]) -> list[Row]:
    """The open months of chosen members that their entrustments cover, as rows of a list."""
    found: list[Row] = []
    for one in entrusted_owing(actor):
        if one.member_id not in set(member_ids):
            continue
        for bill in one.bills:
            row = Row(len(found) + 1, one.name, "", bill.month, bill.due_fen, one.member_id)
            found.append(row)
    return found


@dataclass(frozen=True, slots=True)
class EntrustedOwing:
    """A member with an entrustment in force and the open bills that it covers, oldest first."""

    member_id: UUID
    name: str
    org_name: str
    way: str
    bills: tuple[Bill, ...]

    @property
    def fen(self) -> int:
        return sum(bill.due_fen for bill in self.bills)


def entrusted_owing(actor: Actor) -> list[EntrustedOwing]:
    """Whom a batch may be drawn up for, by place and name."""
    held = {one.member_id: one for one in entrustments_visible_to(actor, in_force=True)}
    bills: dict[UUID, list[Bill]] = {}
    for bill in Bill.objects.filter(member_id__in=held, state=BillState.UNPAID).order_by("month"):
        if _covers(held[bill.member_id], bill.month):
            bills.setdefault(bill.member_id, []).append(bill)
    return [
        EntrustedOwing(
            key,
            one.member.name,
            one.member.org.short_name or one.member.org.name,
            one.get_way_display(),
            tuple(bills[key]),
        )
        for key, one in held.items()
        if key in bills
    ]


def entrustments_visible_to(actor: Actor, *, in_force: bool = False) -> QuerySet[Entrustment]:
    """Entrustments of members in the actor's sub-trees, those in force first."""
    found: QuerySet[Entrustment] = Entrustment.objects.filter(
        within(scopes_of(actor), field="member__org_path")
    ).select_related("member__org")
    if in_force:
        found = found.filter(is_current=True, member__is_active=True)
        return found.order_by("member__org_path", "member__name_pinyin", "id")
    return found.order_by("-ended_at", "-entered_at", "id")


def entrustment_for(actor: Actor, entrustment_id: UUID) -> Entrustment:
    """Loads and authorises; EntrustmentNotFound outside the actor's sub-trees."""
    require(actor, DuesPermission.COUNTER)
    found = entrustments_visible_to(actor).filter(pk=entrustment_id).first()
    if found is None:
        raise EntrustmentNotFound
    return found


def entrustment_of(member_id: UUID) -> Entrustment | None:
    """The one in force of a member."""
    found: Entrustment | None = Entrustment.objects.filter(
        member_id=member_id, is_current=True
    ).first()
    return found


def still_entrusted(slips: Iterable[Slip]) -> set[UUID]:
    """Of slips, those whose members have not taken their word back meanwhile."""
    held = list(slips)
    rows = Entrustment.objects.filter(
        member_id__in=[one.member_id for one in held], is_current=True
    )
    by_member = {one.member_id: one for one in rows}
    return {
        one.pk
        for one in held
        if one.member_id in by_member
        and all(_covers(by_member[one.member_id], month) for month in one.months)
    }


def lots_visible_to(actor: Actor) -> QuerySet[Lot]:
    """Batches all of whose members are in the actor's sub-trees, newest first."""
    slips = Slip.objects.filter(lot=OuterRef("pk"))
    inside = within(scopes_of(actor), field="member__org_path")
    return Lot.objects.filter(
        Exists(slips), ~Exists(slips.exclude(inside)), kind=SlipKind.PROXY
    ).order_by("-made_at", "-id")


def lot_for(actor: Actor, lot_id: UUID, *, to: StrEnum) -> Lot:
    """Loads and authorises; LotNotFound outside the actor's sub-trees."""
    require(actor, to)
    found = lots_visible_to(actor).filter(pk=lot_id).first()
    if found is None:
        raise LotNotFound
    return found


class ProxyDuties:
    """What of batches waits for somebody, on the first page of the desk."""

    def duties(self, actor: Actor, *, today: dt.date) -> Iterator[Duty]:
        if not can(actor, DuesPermission.DEPOSIT):
            return
        lots = lots_visible_to(actor).exclude(made_by=actor.person_id or uuid7())
        waiting = lots.filter(state=LotState.DRAFT).count()
        yield Duty("代交批次待复核", waiting, "/dues/proxy/", Urgency.SOON)
        checked = lots.filter(state=LotState.CHECKED).count()
        yield Duty("代交批次待存入专户", checked, "/dues/proxy/", Urgency.OPEN)
        over = Slip.objects.filter(lot__in=lots, state=SlipState.OVER).count()
        yield Duty("代交款没有用上，待退还本人", over, "/dues/proxy/", Urgency.SOON)


def _known(actor: Actor, rows: Sequence[Row]) -> _Known:
    known = _Known()
    marks = {mark for row in rows for mark in _marks(row.key)}
    chosen = [row.member_id for row in rows if row.member_id]
    found = members.members_visible_to(actor).filter(
        Q(identity_index__in=marks) | Q(phone_index__in=marks) | Q(pk__in=chosen)
    )
    for key, name, *kept in found.order_by().values_list(
        "id", "name", "identity_index", "phone_index"
    ):
        known.people[key] = name
        known.by_mark |= {bytes(mark): key for mark in kept if mark}
    for bill in Bill.objects.filter(member_id__in=known.people).order_by("month"):
        known.bills[bill.member_id, bill.month] = bill
        if bill.state == BillState.UNPAID:
            known.open_months.setdefault(bill.member_id, []).append(bill.month)
    in_force = Entrustment.objects.filter(member_id__in=known.people, is_current=True)
    known.entrusted = {one.member_id: one for one in in_force}
    open_bills = [b.pk for b in known.bills.values() if b.state == BillState.UNPAID]
    orders = payments.open_orders_for_bills(open_bills).prefetch_related("items")
    known.in_payment = {item.bill_id for order in orders for item in order.items.all()}
    waiting = Slip.objects.filter(member_id__in=known.people, state=SlipState.WAITING)
    known.in_batch = set(waiting.values_list("member_id", flat=True))
    return known


def _marks(key: str) -> Iterator[bytes]:
    """A number as it is looked up: an identity number or a phone."""
    text = "".join(key.split()).upper()
    if text:
        yield unit_cipher().index(text, purpose="identity" if len(text) == 18 else "phone")


def _whose(row: Row, known: _Known) -> UUID | None:
    if row.member_id:
        return row.member_id if row.member_id in known.people else None
    found = (known.by_mark.get(mark) for mark in _marks(row.key))
    return next((key for key in found if key is not None), None)


def _fault_of(
    row: Row,
    member_id: UUID | None,
    known: _Known,
    seen: Counter[tuple[UUID | None, int | None]],
    wanted: Mapping[UUID, set[int]],
) -> tuple[str, str, str] | None:
    """Field, rule and way out of the first thing that is wrong; None for a row that is right."""
    if member_id is None:
        return "手机号或身份证号", "不是您管理范围内的党员", "核对号码；外单位党员请从表中删去"
    if row.name != known.people[member_id]:
        return "姓名", "与号码对应的党员姓名不符", "核对姓名或号码"
    if row.month is None:
        return "月份", "写法须如 2026-11", "改正月份"
    if row.fen is None:
        return "金额", "须是至多两位小数的金额，如 12.50", "改正金额"
    if seen[member_id, row.month] > 1:
        return "月份", "同一党员的同一月份出现多次", "只保留一行"
    return _fault_of_bill(row, member_id, known, wanted)


def _fault_of_bill(
    row: Row, member_id: UUID, known: _Known, wanted: Mapping[UUID, set[int]]
) -> tuple[str, str, str] | None:
    month = row.month or 0
    bill = known.bills.get((member_id, month))
    if bill is None:
        return "月份", "本月还没有账单", "先生成账单，或从表中删去"
    entrusted = known.entrusted.get(member_id)
    earlier = [one for one in known.open_months.get(member_id, ()) if one < month]
    for field_, rule, way_out, is_so in (
        (
            "月份", f"账单已是「{bill.get_state_display()}」", "从表中删去，已收的钱退还本人",
            bill.state != BillState.UNPAID,
        ),
        (
            "金额", f"与账单 {yuan(bill.due_fen)} 元不等", "改为账单金额，多收少收的与本人核对",
            row.fen != bill.due_fen,
        ),
        (
            "委托", "本人没有委托代交，或委托不含本月（第十二条）", "先登记委托",
            entrusted is None or not _covers(entrusted, month),
        ),
        ("月份", "本人正在线上支付", "等支付有结果后再办", bill.pk in known.in_payment),
        (
            "姓名", "已在另一个未存入的批次中", "先办完或撤回那个批次",
            member_id in known.in_batch,
        ),
        (
            "月份", "须从最早的未交月份交起", "补上更早的月份",
            not wanted[member_id].issuperset(earlier),
        ),
    ):  # fmt: skip
        if is_so:
            return field_, rule, way_out
    return None


def _whole_members(
    found: Sorted, rows: Sequence[Row], whose: Mapping[int, UUID | None], known: _Known
) -> Sorted:
    """An earlier month that is not taken keeps the later ones of its member out."""
    faults, bills = list(found.faults), dict(found.bills)
    numbers = {(whose[row.number], row.month): row for row in rows}
    for member_id, taken in found.bills.items():
        months = {bill.month for bill in taken}
        missing = [one for one in known.open_months[member_id] if one not in months]
        late = [bill for bill in taken if missing and bill.month > missing[0]]
        for bill in late:
            row = numbers[member_id, bill.month]
            faults.append(
                Fault(
                    row.number, row.name, row.month, row.fen, "月份",
                    "更早的月份没有通过", "改正更早的月份后一起上传",
                )
            )  # fmt: skip
        kept = [bill for bill in taken if bill not in late]
        bills[member_id] = sorted(kept, key=lambda bill: bill.month)
    left = {key: held for key, held in bills.items() if held}
    return Sorted(left, sorted(faults, key=lambda fault: fault.row))


def _covers(one: Entrustment, month: int) -> bool:
    return one.first_month <= month and (one.last_month is None or month <= one.last_month)
