"""Who may do what with messages between units (rulebook 3 and 8.4)."""

from __future__ import annotations

from enum import StrEnum

from kernel.permissions import Policy, role


class ExchangePermission(StrEnum):
    """No permission here leads to a message: what units write to each other is theirs alone."""

    TRAFFIC_VIEW = "exchange:traffic_view"
    """See how many messages wait and were delivered, and why they wait."""


POLICY: Policy = {ExchangePermission.TRAFFIC_VIEW: ((role("operator"),),)}
