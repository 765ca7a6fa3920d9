"""Who may read the rules."""

from __future__ import annotations

from enum import StrEnum

from kernel.permissions import Policy, role, signed_in


class RulesPermission(StrEnum):
    """The rules are public documents, shown to whoever signed in; calls are the platform's."""

    RULES_READ = "rules:read"
    """Read the rules in force and their sources."""

    CAMPAIGN = "rules:campaign"
    """Enter the Centre's call for special dues, end it early."""


POLICY: Policy = {
    RulesPermission.RULES_READ: ((signed_in,),),
    RulesPermission.CAMPAIGN: ((role("operator"),),),
}
