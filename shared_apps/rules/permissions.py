"""Who may read the rules."""

from __future__ import annotations

from enum import StrEnum

from kernel.permissions import Policy, signed_in


class RulesPermission(StrEnum):
    """The rules themselves are public documents; they are shown to whoever signed in."""

    RULES_READ = "rules:read"
    """Read the rules in force and their sources."""


POLICY: Policy = {RulesPermission.RULES_READ: ((signed_in,),)}
