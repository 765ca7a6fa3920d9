"""Who decides who may do what in a unit."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from kernel.actor import Actor
from kernel.permissions import Policy, role


class AccessPermission(StrEnum):
    """See each one."""

    MANAGE = "access:manage"
    """See who holds which role in the own sub-trees, invite, grant and revoke there."""

    TAKEOUT = "access:takeout"
    """Take everything the unit has as one file; whoever administers the whole unit."""

    SUPPORT_VIEW = "access:support_view"
    """See every request for support access and all that was looked at and done under one."""

    SUPPORT_DECIDE = "access:support_decide"
    """Accept, refuse and end support access; whoever administers the whole unit."""

    PERMISSIONS_READ = "access:permissions_read"
    """Read the table of all permissions and roles."""


def whole_unit(actor: Actor, on: Any) -> bool:
    """Administers the unit itself and not only a part of it."""
    return "" in actor.scopes("unit_admin")


whole_unit.roles = ("unit_admin",)  # type: ignore[attr-defined]  # read by the printed table

POLICY: Policy = {
    AccessPermission.MANAGE: ((role("unit_admin"),),),
    AccessPermission.TAKEOUT: ((whole_unit,),),
    AccessPermission.SUPPORT_VIEW: ((whole_unit,),),
    AccessPermission.SUPPORT_DECIDE: ((whole_unit,),),
    AccessPermission.PERMISSIONS_READ: (
        (role("unit_admin", "secretary", "treasurer", "cashier"),),
        (role("operator", "system_admin", "security_admin", "audit_admin"),),
    ),
}
