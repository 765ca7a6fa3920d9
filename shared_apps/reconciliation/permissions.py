"""Who may see how our orders agree with the channels' bills, and who decides about differences."""

from __future__ import annotations

from enum import StrEnum

from kernel.permissions import Policy, role
from shared_apps.settlement.permissions import keeps_all


class ReconciliationPermission(StrEnum):
    """A unit decides about its own differences; operators see numbers and amounts, no names."""

    BROWSE = "reconciliation:browse"
    """See the unit's reconciliation list and its differences."""

    DECIDE = "reconciliation:decide"
    """Settle a difference with a reason, have the channel asked again, take a decision back."""

    BANK = "reconciliation:bank"
    """Hand in the statements of the unit's dedicated account, match and explain their entries."""

    WATCH = "reconciliation:watch"
    """See differences per unit and day over the whole platform, without names."""

    RERUN = "reconciliation:rerun"
    """Have a bill fetched again that could not be fetched or read."""


POLICY: Policy = {
    ReconciliationPermission.BROWSE: ((role("unit_admin", "treasurer"),),),
    ReconciliationPermission.DECIDE: ((role("unit_admin", "treasurer"),),),
    ReconciliationPermission.BANK: ((keeps_all,),),
    ReconciliationPermission.WATCH: ((role("operator", "audit_admin"),),),
    ReconciliationPermission.RERUN: ((role("operator"),),),
}
