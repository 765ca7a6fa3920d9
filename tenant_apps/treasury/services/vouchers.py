"""What people enter into the books, and the way of an expense (rulebook 4.6, 4.7; Art. 19-23).

Income is booked when it is entered.  An expense is entered (会计), decided collectively, approved
by somebody in charge, and paid by the cashier (出纳); who enters it does neither of the last two.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.crypto import digest
from kernel.errors import Conflict
from kernel.papers import Upload, problem_of
from kernel.storage import unit_files
from tenant_apps.dues.selectors import chart
from tenant_apps.dues.selectors.banks import banks
from tenant_apps.dues.selectors.books import midnight
from tenant_apps.organizations.selectors import KnownOrganization
from tenant_apps.treasury.models import Voucher, VoucherKind, VoucherState
from tenant_apps.treasury.services.bookkeeping import (
    VoucherInvalid,
    book,
    person_of,
    refuse_earmark,
    refuse_overdraft,
    refuse_published,
    second_person,
    tell,
)
from tenant_apps.treasury.services.folding import hold_books

_INCOME: Final = {
    VoucherKind.INTEREST: chart.INTEREST,
    VoucherKind.ALLOCATION: chart.HANDED_DOWN,
    VoucherKind.OPENING: chart.OPENING,
}


class VoucherMoved(Conflict):
    code = "treasury_voucher_moved"
    sentence = "这张单据现在是「{state}」，不能这样办理。请刷新页面查看最新状态。"


class AlreadyOpened(Conflict):
    code = "treasury_already_opened"
    sentence = "这个账户已有期初余额。要更正，请先冲销原来的期初余额。"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is typed about income or an expense.  ``use`` and ``earmark`` as in ``Voucher``."""

    org: KnownOrganization
    bank: str
    amount_fen: int
    happened_on: dt.date
    summary: str
    use: str = ""
    payee: str = ""
    earmark: Voucher | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """The collective decision behind an expense (Art. 20)."""

    minute: str
    decided_on: dt.date
    present: int


@transaction.atomic
def enter_income(*, kind: str, entry: Entry, actor: Actor, now: dt.datetime) -> Voucher:
    """Books interest, an allocation from the direct superior, or an opening balance at once.

    Raises VoucherInvalid, YearPublished, AlreadyOpened.
    """
    if kind not in _INCOME:
        raise VoucherInvalid(problem="请选择收入种类。")
    hold_books()
    made = _drafted(VoucherKind(kind), entry, actor, now)
    effect = f"voucher:{made.pk}"
    if kind == VoucherKind.OPENING:
        effect = f"opening:{entry.bank}:{_openings(entry.bank, VoucherState.REVERSED)}"
        if _openings(entry.bank, VoucherState.PAID):
            raise AlreadyOpened
    at = now if made.happened_on == day_of(now) else midnight(made.happened_on)
    made.paid_at, made.state = now, VoucherState.PAID
    made.line_id = book(made, entry.bank, _INCOME[VoucherKind(kind)], effect, at)
    made.save()
    tell("treasury.income_entered", made, actor, now)
    return made


@transaction.atomic
def enter_expense(*, entry: Entry, actor: Actor, now: dt.datetime) -> Voucher:
    """A draft of an expense by one of the five uses.  Raises VoucherInvalid."""
    if entry.use not in chart.USES:
        raise VoucherInvalid(problem="请选择党费使用的五项用途之一。")
    if not entry.payee.strip():
        raise VoucherInvalid(problem="请填写收款人。")
    if entry.earmark is not None:
        refuse_earmark(entry.earmark, entry.use, entry.amount_fen)
    made = _drafted(VoucherKind.EXPENSE, entry, actor, now)
    tell("treasury.expense_entered", made, actor, now)
    return made


@transaction.atomic
def decide(
    *,
    voucher: Voucher,
    decided: Decided,
    scan: Upload | None = None,
    actor: Actor,
    now: dt.datetime,
) -> Voucher:
    """Enters the collective decision, with a scan of the minute if there is one.

    Raises VoucherMoved, VoucherInvalid.
    """
    held = _held(voucher, VoucherKind.EXPENSE, VoucherState.DRAFT)
    for problem, is_so in (
        ("请填写会议记录的名称或编号。", not decided.minute.strip()),
        ("请填写到会人数。", not 1 <= decided.present <= 9_999),
        ("决议日期不能晚于今天。", decided.decided_on > day_of(now)),
    ):
        if is_so:
            raise VoucherInvalid(problem=problem)
    if scan is not None:
        held.scan = _stored(scan)
    held.minute, held.decided_on = decided.minute.strip(), decided.decided_on
    held.present, held.state = decided.present, VoucherState.DECIDED
    held.save()
    tell("treasury.expense_decided", held, actor, now, minute=held.minute)
    return held


@transaction.atomic
def approve(*, voucher: Voucher, actor: Actor, now: dt.datetime) -> Voucher:
    """Lets the expense be paid.  Raises VoucherMoved, SecondPerson."""
    held = _held(voucher, VoucherKind.EXPENSE, VoucherState.DECIDED)
    held.approved_by, held.approved_by_name = second_person(held, actor), actor.name
    held.approved_at, held.state = now, VoucherState.APPROVED
    held.save()
    tell("treasury.expense_approved", held, actor, now)
    return held


@transaction.atomic
def pay(*, voucher: Voucher, actor: Actor, now: dt.datetime) -> Voucher:
    """The cashier has paid it: it is booked.

    Raises VoucherMoved, SecondPerson, NotEnough (the account, the organisation's own part, or
    the allocation).
    """
    hold_books()
    held = _held(voucher, VoucherKind.EXPENSE, VoucherState.APPROVED)
    second = second_person(held, actor)
    refuse_overdraft(held, day_of(now))
    held.paid_by, held.paid_by_name = second, actor.name
    held.paid_at, held.state = now, VoucherState.PAID
    held.line_id = book(held, held.use, held.bank, f"voucher:{held.pk}", now)
    held.save()
    tell("treasury.expense_paid", held, actor, now)
    return held


@transaction.atomic
def withdraw(*, voucher: Voucher, actor: Actor, now: dt.datetime) -> Voucher:
    """Drops what is not booked yet.  Raises VoucherMoved."""
    held: Voucher = Voucher.objects.select_for_update(of=("self",)).get(pk=voucher.pk)
    if held.state in (VoucherState.PAID, VoucherState.WITHDRAWN):
        raise VoucherMoved(state=VoucherState(held.state).label)
    held.state = VoucherState.WITHDRAWN
    held.save(update_fields=["state"])
    tell("treasury.voucher_withdrawn", held, actor, now)
    return held


def scan_of(*, voucher: Voucher) -> tuple[str, bytes]:
    """Name and bytes of the scan.  Raises VoucherInvalid without one."""
    if not voucher.scan:
        raise VoucherInvalid(problem="这张单据没有附件。")
    return voucher.scan["name"], unit_files().read(voucher.scan["key"])


def _drafted(kind: VoucherKind, entry: Entry, actor: Actor, now: dt.datetime) -> Voucher:
    today = day_of(now)
    for problem, is_so in (
        ("金额须大于 0。", entry.amount_fen <= 0),
        ("发生日期不能晚于今天。", entry.happened_on > today),
        ("请填写摘要。", not entry.summary.strip()),
        ("请选择存款账户。", entry.bank not in {bank.account for bank in banks()}),
        ("请选择党费使用的五项用途之一。", bool(entry.use) and entry.use not in chart.USES),
    ):
        if is_so:
            raise VoucherInvalid(problem=problem)
    refuse_published(entry.happened_on, today)
    made: Voucher = Voucher.objects.create(
        kind=kind,
        state=VoucherState.DRAFT,
        org_id=entry.org.id,
        org_path=entry.org.path,
        bank=entry.bank,
        use=entry.use,
        earmark=entry.earmark,
        amount_fen=entry.amount_fen,
        happened_on=entry.happened_on,
        summary=entry.summary.strip(),
        payee=entry.payee.strip(),
        entered_by=person_of(actor),
        entered_by_name=actor.name,
        entered_at=now,
    )
    return made


def _openings(bank: str, state: VoucherState) -> int:
    return Voucher.objects.filter(kind=VoucherKind.OPENING, bank=bank, state=state).count()


def _held(voucher: Voucher, kind: VoucherKind, state: VoucherState) -> Voucher:
    held: Voucher = Voucher.objects.select_for_update(of=("self",)).get(pk=voucher.pk)
    if held.kind != kind or held.state != state:
        raise VoucherMoved(state=VoucherState(held.state).label)
    return held


def _stored(scan: Upload) -> dict[str, str | int]:
    problem = problem_of(scan)
    if problem:
        raise VoucherInvalid(problem=problem)
    return {
        "key": unit_files().save(f"minute{scan.suffix}", scan.content),
        "name": scan.bare_name,
        "size": len(scan.content),
        "digest": digest(scan.content),
    }
