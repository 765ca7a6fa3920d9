"""Who may watch all units at once, and who may act on one."""

from __future__ import annotations

from enum import StrEnum

from kernel.permissions import Policy, role


class FleetPermission(StrEnum):
    """States, counts, amounts and moments of units; no permission here leads to a person."""

    VIEW = "fleet:view"
    """Sees every unit with its state, figures and troubles; keeps pins and filters of one's own."""
    EXPORT = "fleet:export"
    """Takes the units that are shown away as a workbook."""


POLICY: Policy = {
    FleetPermission.VIEW: ((role("operator", "audit_admin"),),),
    FleetPermission.EXPORT: ((role("operator"),),),
}
