"""Who may see the figures of all units, and who may see what left one unit."""

from __future__ import annotations

from enum import StrEnum

from kernel.permissions import Policy, role


class UsagePermission(StrEnum):
    """Figures are counts and amounts; no permission here leads to a person."""

    OPERATIONS_VIEW = "usage:operations_view"
    """Sees the platform's figures and how far every unit has come."""
    OPERATIONS_EXPORT = "usage:operations_export"
    """Takes the table of units and figures away as a workbook."""
    OUTSIDE_VIEW = "usage:outside_view"
    """Sees everything that left the unit, as it was sent, and takes it away."""


POLICY: Policy = {
    UsagePermission.OPERATIONS_VIEW: ((role("operator"),),),
    UsagePermission.OPERATIONS_EXPORT: ((role("operator"),),),
    UsagePermission.OUTSIDE_VIEW: ((role("unit_admin"),),),
}
