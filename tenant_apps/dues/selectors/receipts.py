"""Receipts: one's own, those of a sub-tree, and whether a printed one is genuine."""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.db.models import QuerySet

from kernel.actor import Actor
from kernel.clock import Month
from kernel.errors import NotFound
from kernel.permissions import can
from shared_apps.library import selectors as library
from tenant_apps.dues.models import Receipt
from tenant_apps.dues.permissions import is_own
from tenant_apps.dues.selectors.scope import scopes_of, within

if TYPE_CHECKING:
    from shared_apps.library.models import Card


class ReceiptNotFound(NotFound):
    code = "receipt_not_found"
    sentence = "没有找到这张收据，可能不在您的管理范围内。"


@dataclass(frozen=True, slots=True)
class Verification:
    """What anybody who holds a receipt may learn: that it is genuine, and a masked name."""

    serial: str
    name_masked: str
    amount_fen: int
    months: tuple[int, ...]
    is_void: bool
    kind: str = ""


class _Place(NamedTuple):
    """Where a receipt belongs, as permissions ask."""

    org_path: str


class ReceivedCard(NamedTuple):
    """A knowledge card and when it was last received."""

    card: Card
    at: dt.datetime


def receipts_visible_to(actor: Actor, *, below: str = "") -> QuerySet[Receipt]:
    """Receipts of the actor's sub-trees, void ones included: a number stays visible."""
    found: QuerySet[Receipt] = Receipt.objects.filter(
        within(scopes_of(actor), field="org__path", below=below)
    )
    return found.select_related("member", "org")


def receipts_of_member(member_id: UUID) -> QuerySet[Receipt]:
    """A member's receipts, newest first."""
    found: QuerySet[Receipt] = Receipt.objects.filter(member_id=member_id)
    return found.select_related("member", "org").order_by("-issued_at", "-serial")


def receipt_for(actor: Actor, receipt_id: UUID, *, to: StrEnum) -> Receipt:
    """One's own receipt, or one of the actor's sub-trees where the role may do ``to``."""
    found = Receipt.objects.select_related("member", "org").filter(pk=receipt_id).first()
    if found is None:
        raise ReceiptNotFound
    if is_own(actor, found):
        return found
    if not receipts_visible_to(actor).filter(pk=found.pk).exists() or not can(actor, to):
        raise ReceiptNotFound
    return found


def receipt_for_desk(actor: Actor, receipt_id: UUID, *, to: StrEnum) -> Receipt:
    """A receipt of the actor's sub-trees where the role may do ``to``; one's own is no reason."""
    found = receipts_visible_to(actor).filter(pk=receipt_id).first()
    if found is None or not can(actor, to, _Place(found.org.path)):
        raise ReceiptNotFound
    return found


def receipt_of_order(order_id: UUID) -> Receipt | None:
    """The newest edition of an order's receipt; void where all of the payment went back."""
    held = Receipt.objects.select_related("member", "org").filter(order_id=order_id)
    found: Receipt | None = held.order_by("-edition").first()
    return found


def verify(*, serial: str, code: str) -> Verification | None:
    """The receipt with this number and code; None says no more than that it is not genuine."""
    receipt = Receipt.objects.select_related("member").filter(serial=serial.strip().upper()).first()
    given = code.strip().upper().replace("-", "").encode()
    kept = receipt.verify_code.encode() if receipt else b""
    if not hmac.compare_digest(given, kept) or receipt is None:
        return None
    return Verification(
        receipt.serial,
        mask_name(receipt.member.name),
        receipt.amount_fen,
        tuple(receipt.months),
        receipt.voided_at is not None,
        receipt.kind,
    )


def months_in_words(months: Sequence[int]) -> str:
    """[202609, 202610, 202611] → 2026 年 9 月至 11 月; with a gap they are listed one by one."""
    found = [Month(value) for value in months]
    first, last = found[0], found[-1]
    if len(found) == 1:
        return first.label
    if all(later == earlier + 1 for earlier, later in pairwise(found)):
        end = f"{last.number} 月" if last.year == first.year else last.label
        return f"{first.label}至 {end}"
    return "、".join(month.label for month in found)


def mask_name(name: str) -> str:
    """王小明 → 王**: enough for the holder of a receipt to recognise, too little to learn."""
    return name[:1] + "*" * max(len(name) - 1, 1)


def cards_of_member(member_id: UUID) -> list[ReceivedCard]:
    """The cards that came with a member's receipts, newest first, each once."""
    rows = (
        Receipt.objects.filter(member_id=member_id, card_id__isnull=False)
        .order_by("-issued_at")
        .values_list("card_id", "issued_at")
    )
    first: dict[UUID, dt.datetime] = {}
    for card_id, at in rows:
        if card_id is not None:
            first.setdefault(card_id, at)
    cards = library.cards_by_id(first)
    return [ReceivedCard(cards[card_id], at) for card_id, at in first.items() if card_id in cards]
