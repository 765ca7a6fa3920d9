"""Who may do what with a unit's account at a payment channel."""

from __future__ import annotations

from enum import StrEnum

from kernel.permissions import Policy, role


class PaymentPermission(StrEnum):
    CHANNEL_CONFIGURE = "payments:channel_configure"
    """Store the unit's merchant number and keys at a channel. Dues then flow to that account, so
    only the unit's own administrator may, never the bank or the platform."""


POLICY: Policy = {PaymentPermission.CHANNEL_CONFIGURE: ((role("unit_admin"),),)}
