"""Vouchers that people entered: the list, the gate, and what may be spent."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.permissions import require
from tenant_apps.treasury.models import Voucher, VoucherKind, VoucherState
from tenant_apps.treasury.selectors.balances import require_browsing
from tenant_apps.treasury.selectors.places import scopes_of


class VoucherNotFound(NotFound):
    code = "treasury_voucher_not_found"
    sentence = "没有找到这张单据，可能不在您的管理范围内。"


def vouchers_visible_to(actor: Actor) -> QuerySet[Voucher]:
    """The vouchers of the actor's sub-trees, newest first."""
    require_browsing(actor)
    wanted = Q(pk__in=())
    for scope in scopes_of(actor):
        wanted |= Q(org_path__startswith=scope) if scope else Q(pk__isnull=False)
    return Voucher.objects.filter(wanted).select_related("org").order_by("-entered_at", "-id")


def voucher_for(actor: Actor, voucher_id: UUID, *, to: StrEnum) -> Voucher:
    """Loads and authorises.  Raises VoucherNotFound outside the actor's sub-trees and Forbidden
    where it is seen but may not be done.
    """
    found = vouchers_visible_to(actor).filter(pk=voucher_id).first()
    if found is None:
        raise VoucherNotFound
    require(actor, to, found)
    return found


def earmarked(actor: Actor) -> QuerySet[Voucher]:
    """Allocations for a purpose, which expenses can be paid out of (Art. 21)."""
    return vouchers_visible_to(actor).filter(
        ~Q(use=""), kind=VoucherKind.ALLOCATION, state=VoucherState.PAID
    )


def left_of(allocation: Voucher, *, but: UUID | None = None) -> int:
    """Fen of an allocation that no expense has taken yet, apart from the expense ``but``."""
    taken = Voucher.objects.filter(earmark=allocation, kind=VoucherKind.EXPENSE)
    taken = taken.exclude(state__in=[VoucherState.WITHDRAWN, VoucherState.REVERSED])
    if but is not None:
        taken = taken.exclude(pk=but)
    spent: int = taken.aggregate(fen=Sum("amount_fen"))["fen"] or 0
    return allocation.amount_fen - spent


def voucher_of_line(line_id: UUID) -> Voucher | None:
    """Who entered a line of the ledger by hand; None for one that the product booked itself."""
    return Voucher.objects.filter(line_id=line_id).select_related("org").first()


def reversal_of(voucher: Voucher) -> Voucher | None:
    """The reversal that takes it back, asked for or booked."""
    live = Voucher.objects.filter(reverses=voucher).exclude(state=VoucherState.WITHDRAWN)
    return live.first()
