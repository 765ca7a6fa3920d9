"""Who may do what with the unit's money.  会计 enters, 出纳 pays, somebody else approves."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from kernel.actor import Actor
from kernel.permissions import Policy, role

OFFICE: Final = ("unit_admin", "treasurer", "cashier", "secretary")


class TreasuryPermission(StrEnum):
    """See each one.  Every role acts within the sub-tree of its grant."""

    BROWSE = "treasury:browse"
    """See the books of one's sub-trees: accounts, lines, vouchers, sweeps, the three accounts."""

    ENTER = "treasury:enter"
    """Keep the books (会计): enter income, expenses with their decision, and reversals."""

    APPROVE = "treasury:approve"
    """Approve an expense that somebody else entered."""

    PAY = "treasury:pay"
    """Pay (出纳) what somebody else entered, and confirm a colleague's reversal."""

    RULES = "treasury:rules"
    """Set how each level hands up and returns; whoever is responsible for the whole unit."""

    SWEEP = "treasury:sweep"
    """Prepare a sweep or a return over the unit's tree, and take one back."""

    CONFIRM = "treasury:confirm"
    """Confirm a sweep or a return that somebody else prepared."""

    TAKE = "treasury:take"
    """Confirm that what was handed to one's organisation arrived."""

    PUBLISH = "treasury:publish"
    """Publish a year to the members, withdraw it, answer comments."""

    HAND_OVER = "treasury:hand_over"
    """Draw up the list of what one leaves to a successor, and take over by such a list."""

    WATCH = "treasury:watch"
    """Watch a handover between two others, and sign for it."""

    READ = "treasury:read"
    """Read what is published, and comment on it, as a member of the unit."""


def is_member(actor: Actor, on: Any) -> bool:
    """Has a member's file here."""
    return actor.member_id is not None


POLICY: Policy = {
    TreasuryPermission.BROWSE: ((role(*OFFICE),),),
    TreasuryPermission.ENTER: ((role("treasurer"),),),
    TreasuryPermission.APPROVE: ((role("unit_admin", "secretary"),),),
    TreasuryPermission.PAY: ((role("cashier"),),),
    TreasuryPermission.RULES: ((role("unit_admin"),),),
    TreasuryPermission.SWEEP: ((role("unit_admin", "treasurer"),),),
    TreasuryPermission.CONFIRM: ((role("unit_admin", "cashier"),),),
    TreasuryPermission.TAKE: ((role("treasurer", "cashier", "secretary"),),),
    TreasuryPermission.PUBLISH: ((role("unit_admin", "treasurer"),),),
    TreasuryPermission.HAND_OVER: ((role("treasurer", "cashier"),),),
    TreasuryPermission.WATCH: ((role("unit_admin", "secretary"),),),
    TreasuryPermission.READ: ((is_member,),),
}
