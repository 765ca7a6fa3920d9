"""Who may do what with dues.  Amounts follow from pay, so they are shown to few."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from kernel.actor import Actor
from kernel.permissions import Policy, role


class DuesPermission(StrEnum):
    """See each one.  Every role acts within the sub-tree of its grant."""

    BROWSE = "dues:browse"
    """See a month's bills, who has paid, and the receipts of one's sub-tree."""

    STANDARD = "dues:standard"
    """See how a member's standard came about and fix another one with a reason."""

    ISSUE = "dues:issue"
    """Issue a month's bills and take an issue back while nothing of it is paid."""

    EXEMPT = "dues:exempt"
    """Enter that the next-higher committee exempted a member from a month (Art. 7)."""

    SETTING = "dues:setting"
    """Choose how fractions are rounded and on which day bills are issued by themselves."""

    REMIND = "dues:remind"
    """Send members of one's sub-tree a text message about what they owe."""

    CHECK = "dues:check"
    """See whether the books add up."""

    SUSPENSE = "dues:suspense"
    """Decide about money that no bill took: place it, or ask for its refund."""

    REFUND = "dues:refund"
    """Ask for money to go back to its payer, approve a colleague's asking, follow it."""

    CONTRIBUTION = "dues:contribution"
    """See what members gave above their dues, enter what came to the dedicated account."""

    HAND_UP = "dues:hand_up"
    """List large and special dues to be handed up, confirm a colleague's list."""

    COUNTER = "dues:counter"
    """Take cash of members of one's sub-tree, print slips, see what is in whose hands."""

    DEPOSIT = "dues:deposit"
    """Confirm that the bank has what somebody else took, check batches, take a slip back."""

    PAY = "dues:pay"
    """See one's own bills, pay them, and find one's receipts and cards again."""


def is_own(actor: Actor, on: Any) -> bool:
    """Has a member's file here; where a row is given, it belongs to that file."""
    return actor.member_id is not None and (
        on is None or getattr(on, "member_id", None) == actor.member_id
    )


POLICY: Policy = {
    DuesPermission.BROWSE: ((role("unit_admin", "treasurer", "secretary"),),),
    DuesPermission.STANDARD: ((role("unit_admin", "treasurer", "secretary"),),),
    DuesPermission.ISSUE: ((role("unit_admin", "treasurer"),),),
    DuesPermission.EXEMPT: ((role("unit_admin", "treasurer"),),),
    DuesPermission.SETTING: ((role("unit_admin"),),),
    DuesPermission.REMIND: ((role("unit_admin", "treasurer", "secretary"),),),
    DuesPermission.CHECK: ((role("unit_admin", "treasurer"),),),
    DuesPermission.SUSPENSE: ((role("unit_admin", "treasurer"),),),
    DuesPermission.REFUND: ((role("unit_admin", "treasurer"),),),
    DuesPermission.CONTRIBUTION: ((role("unit_admin", "treasurer"),),),
    DuesPermission.HAND_UP: ((role("unit_admin", "treasurer", "cashier"),),),
    DuesPermission.COUNTER: ((role("unit_admin", "treasurer", "cashier", "secretary"),),),
    DuesPermission.DEPOSIT: ((role("unit_admin", "treasurer"),),),
    DuesPermission.PAY: ((is_own,),),
}
