"""Who lets somebody else pay the own dues, and who paid for whom (rulebook 4.3, Art. 12).

The member for whom is paid shows a code from the own phone: without it nobody learns what a
colleague owes.  The code is the consent: it is signed, of this unit, and short-lived.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from kernel import crypto
from kernel.errors import NotFound
from shared_apps.payments import selectors as payments
from tenant_apps.dues.models import Bill, Receipt, Slip
from tenant_apps.dues.selectors.receipts import mask_name
from tenant_apps.members import selectors as members

_PURPOSE: Final = "dues.pay_for"
LIFE: Final = dt.timedelta(minutes=15)


class CodeExpired(NotFound):
    code = "dues_pay_for_code_expired"
    sentence = "代交码无效或已过 15 分钟，请让对方重新出示。"


@dataclass(frozen=True, slots=True)
class Consent:
    """A member said that whoever holds the code may pay the own open months."""

    member_id: UUID
    name_masked: str


def code_of(member_id: UUID, *, now: dt.datetime) -> str:
    """The code that the member shows."""
    return crypto.sign({"member": member_id.hex}, purpose=_PURPOSE, now=now)


def consent_in(code: str, *, now: dt.datetime) -> Consent:
    """Whose consent a code is.  Raises CodeExpired for an old, altered or foreign one."""
    try:
        held = crypto.unsign(code, purpose=_PURPOSE, now=now, max_age=LIFE)
    except (crypto.BadLink, ValueError) as error:
        raise CodeExpired from error
    member_id = UUID(held["member"])
    name = members.names_of([member_id]).get(member_id)
    if name is None:
        raise CodeExpired
    return Consent(member_id, mask_name(name))


def concerns(order_id: UUID, member_id: UUID) -> bool:
    """Whether an order, whoever pays it, is about this member's bills."""
    bills = payments.bills_of_order(order_id)
    return bool(bills) and Bill.objects.filter(pk__in=bills, member_id=member_id).exists()


def payer_of(receipt: Receipt) -> str:
    """Who paid in the member's stead; empty where the member did."""
    order = payments.orders_by_id([receipt.order_id]).get(receipt.order_id)
    if order is not None:
        if order.payer_member_id == receipt.member_id:
            return ""
        return members.names_of([order.payer_member_id]).get(order.payer_member_id, "")
    slip = Slip.objects.filter(pk=receipt.order_id).first()
    return slip.handed_by if slip else ""


def receipts_paid_for_others(member_id: UUID) -> list[Receipt]:
    """Receipts of others whose dues the member paid, newest first."""
    orders = payments.orders_of_member(member_id).values_list("id", flat=True)
    found = Receipt.objects.filter(order_id__in=list(orders)).exclude(member_id=member_id)
    return list(found.select_related("member").order_by("-issued_at", "-serial"))
