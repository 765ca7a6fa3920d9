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
    LIFE_CYCLE = "fleet:life_cycle"
    """Makes a unit live or read-only, suspends it and lets it go on, saying why."""
    WORK_RETRY = "fleet:work_retry"
    """Has periodic work of a unit that failed or is late done at once."""
    RENAME = "fleet:rename"
    """Gives a unit another name or another address."""
    WAVES_VIEW = "fleet:waves_view"
    """Sees migration waves, what they send, how far they are, and schemas in quarantine."""
    BACKUPS_VIEW = "fleet:backups_view"
    """Sees backups, restores and drills: whose, when, how large, how they went."""
    BACKUPS_ACT = "fleet:backups_act"
    """Has a unit backed up, takes the encrypted file away."""
    RESTORE = "fleet:restore"
    """Asks for a unit to be brought back to a backup, confirms somebody else's request, undoes."""
    WAVES_ACT = "fleet:waves_act"
    """Plans, starts, pauses and ends waves; says who goes first; skips units; ends a quarantine."""


POLICY: Policy = {
    FleetPermission.VIEW: ((role("operator", "audit_admin"),),),
    FleetPermission.EXPORT: ((role("operator"),),),
    FleetPermission.LIFE_CYCLE: ((role("operator"),),),
    FleetPermission.WORK_RETRY: ((role("operator"),),),
    FleetPermission.RENAME: ((role("operator"),),),
    FleetPermission.WAVES_VIEW: ((role("operator", "outreach", "system_admin", "audit_admin"),),),
    FleetPermission.BACKUPS_VIEW: ((role("operator", "system_admin", "audit_admin"),),),
    FleetPermission.BACKUPS_ACT: ((role("operator"),),),
    FleetPermission.RESTORE: ((role("operator", "system_admin"),),),
    FleetPermission.WAVES_ACT: ((role("operator"),),),
}
