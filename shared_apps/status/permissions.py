"""Who may see how the platform fares and who may speak about it."""

from __future__ import annotations

from enum import StrEnum

from kernel.permissions import Policy, role


class StatusPermission(StrEnum):
    """Nothing here leads to a unit or a person; the public status page asks no permission."""

    VIEW = "status:view"
    """Sees incidents, the runs of the probe and how each part of the platform fared."""
    REPORT = "status:report"
    """Opens an incident, adds to it, ends it; has the probe run at once."""


POLICY: Policy = {
    StatusPermission.VIEW: ((role("operator", "system_admin", "audit_admin"),),),
    StatusPermission.REPORT: ((role("operator", "system_admin"),),),
}
