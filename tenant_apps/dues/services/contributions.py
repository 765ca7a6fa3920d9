"""Booking what members give above their dues, and giving it back (rulebook 4.4, Art. 11).

A voluntary extra is income of the unit like the dues; large and special dues are a liability from
the first fen: they are on no account that shares, sweeps or ratios are computed from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from kernel.actor import Actor
from shared_apps.payments.services.orders import Item
from shared_apps.payments.services.paying import Payment
from tenant_apps.audit.services import record_many
from tenant_apps.dues.models import Contribution, ContributionKind, ContributionState, Transfer
from tenant_apps.dues.selectors.chart import LARGE_DUES, REFUNDS, SPECIAL_DUES, VOLUNTARY
from tenant_apps.dues.selectors.contributions import refundable
from tenant_apps.dues.services import ledger, receipts

ACCOUNTS: Final = {
    ContributionKind.VOLUNTARY: VOLUNTARY,
    ContributionKind.LARGE: LARGE_DUES,
    ContributionKind.SPECIAL: SPECIAL_DUES,
}
"""Where each kind is booked (payments.md 7.4)."""
Refused = tuple[Payment, Item]


def take(
    *, refused: Sequence[Refused], actor: Actor, now: dt.datetime
) -> tuple[list[Refused], list[receipts.Paid]]:
    """Books, of the items that no bill took, those that pay a contribution.

    Returns what is left over, and what receipts are to be given for; a fixed number of statements,
    none where nothing is refused.  A contribution is taken however late its money comes: it was
    given of the own will.  One that was paid before takes nothing.
    """
    if not refused:
        return [], []
    ids = [item.bill_id for _, item in refused]
    rows = Contribution.objects.select_for_update().filter(pk__in=ids).order_by("id")
    held = {row.pk: row for row in rows}
    left: list[Refused] = []
    taken: list[tuple[Contribution, Payment]] = []
    for payment, item in refused:
        one = held.get(item.bill_id)
        if one is None or not _takes(one, item.amount_fen):
            left.append((payment, item))
            continue
        one.state, one.paid_at = ContributionState.PAID, payment.paid_at
        one.order_id = payment.order_id
        taken.append((one, payment))
    _store([one for one, _ in taken])
    ledger_lines(
        [(one, ledger.clearing_account(channel=p.channel, mchid=p.mchid)) for one, p in taken]
    )
    record_many(
        "contribution.paid",
        actor=actor,
        now=now,
        subject_type="contribution",
        told=((one.pk, {"kind": one.kind, "amount_fen": one.amount_fen}) for one, _ in taken),
    )
    return left, [receipts.Paid((one,), p.order_id, p.channel, kind=one.kind) for one, p in taken]


def ledger_lines(given: Sequence[tuple[Contribution, str]]) -> None:
    """Books paid contributions, each with the account that holds its money, in one statement.
    The effect names the contribution, so that the database refuses a second booking.
    """
    Transfer.objects.bulk_create(
        Transfer(
            debit=held_in,
            credit=ACCOUNTS[ContributionKind(one.kind)],
            amount_fen=one.amount_fen,
            effect=f"contribution:{one.pk}",
            order_id=one.order_id,
            org_id=one.org_id,
            org_path=one.org_path,
            at=one.paid_at or one.created_at,
            memo=ContributionKind(one.kind).label,
        )
        for one, held_in in given
    )


def book_transferred(*, one: Contribution, bank: str, number: str, at: dt.datetime) -> None:
    """Books a sum that the member paid into the dedicated account himself.  The effect names the
    bank's number: the same transfer is not booked twice (IntegrityError).
    """
    kind = ContributionKind(one.kind)
    Transfer.objects.create(
        debit=bank,
        credit=ACCOUNTS[kind],
        amount_fen=one.amount_fen,
        effect=f"contribution:{bank}:{number}",
        order_id=one.order_id,
        org_id=one.org_id,
        org_path=one.org_path,
        at=at,
        memo=f"{kind.label} 流水号 {number}",
    )


def paid_by(
    order_id: UUID | None, ids: Iterable[UUID], *, is_for_update: bool = False
) -> list[Contribution]:
    """Which of ``ids`` the order paid and may still go back: nobody takes back what was handed
    up.
    """
    found = refundable(order_id).filter(pk__in=[*ids])
    return list(found.select_for_update() if is_for_update else found)


def give_back(*, one: Contribution, cause_id: UUID, at: dt.datetime) -> None:
    """The reversing voucher: the sum is owed to its giver."""
    one.state = ContributionState.RETURNED
    one.save(update_fields=["state"])
    _reverse(one, f"return:{cause_id.hex}:{one.pk.hex}", at, is_undone=False)


def keep_after_all(*, ids: Iterable[UUID], cause_id: UUID, at: dt.datetime) -> None:
    """Nothing went back: they are what they were."""
    held = Contribution.objects.select_for_update().filter(
        pk__in=[*ids], state=ContributionState.RETURNED
    )
    for one in held.order_by("id"):
        one.state = ContributionState.PAID
        one.save(update_fields=["state"])
        _reverse(one, f"return-undone:{cause_id.hex}:{one.pk.hex}", at, is_undone=True)


def _reverse(one: Contribution, effect: str, at: dt.datetime, *, is_undone: bool) -> None:
    account, owed = ACCOUNTS[ContributionKind(one.kind)], REFUNDS
    Transfer.objects.create(
        debit=owed if is_undone else account,
        credit=account if is_undone else owed,
        amount_fen=one.amount_fen,
        effect=effect,
        order_id=one.order_id,
        org_id=one.org_id,
        org_path=one.org_path,
        at=at,
        memo=f"{ContributionKind(one.kind).label}{'未退成' if is_undone else '退回'}",
    )


def _takes(one: Contribution, fen: int) -> bool:
    return one.state == ContributionState.OPEN and one.amount_fen == fen


def _store(taken: Sequence[Contribution]) -> None:
    if taken:
        Contribution.objects.bulk_update(taken, ["state", "paid_at", "order_id"])
