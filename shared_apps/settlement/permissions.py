"""Who may move the units' money from the pool to their accounts, and who watches."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from kernel.actor import Actor
from kernel.permissions import Policy, role


class SettlementPermission(StrEnum):
    """The bank's side works on all units, a unit's own people on theirs."""

    VIEW = "settlement:view"
    """See batches, instructions, the pool's statement, and accounts by their last four digits."""
    PREPARE = "settlement:prepare"
    """Take the day's cut-off snapshot."""
    WITHDRAW = "settlement:withdraw"
    """Take back a batch that nobody has approved: its maker, or the checker who found a fault."""
    APPROVE = "settlement:approve"
    """Approve a batch that somebody else prepared; it is then sent to the bank."""
    CONFIRM = "settlement:account_confirm"
    """Compare a unit's dedicated account with its opening papers and confirm or refuse it."""
    STATEMENT = "settlement:statement"
    """Hand in the pool's statement, say what a line is that nothing matches, take that back."""
    OWN_VIEW = "settlement:own_view"
    """See the unit's own account, terms and settlements."""
    OWN_CHANGE = "settlement:own_change"
    """Register or close the unit's account, choose how and how often it is settled."""


def keeps_all(actor: Actor, on: Any) -> bool:
    """Keeps the dues of the whole unit and not only of a part of it."""
    return "" in actor.scopes("unit_admin", "treasurer")


keeps_all.roles = ("unit_admin", "treasurer")  # type: ignore[attr-defined]  # read by the table
_BANK = ("operator", "settlement_maker", "settlement_checker")

POLICY: Policy = {
    SettlementPermission.VIEW: ((role(*_BANK, "audit_admin"),),),
    SettlementPermission.PREPARE: ((role("settlement_maker"),),),
    SettlementPermission.WITHDRAW: ((role("settlement_maker", "settlement_checker"),),),
    SettlementPermission.APPROVE: ((role("settlement_checker"),),),
    SettlementPermission.CONFIRM: ((role("settlement_maker", "settlement_checker"),),),
    SettlementPermission.STATEMENT: ((role("settlement_maker", "settlement_checker"),),),
    SettlementPermission.OWN_VIEW: ((keeps_all,),),
    SettlementPermission.OWN_CHANGE: ((keeps_all,),),
}
