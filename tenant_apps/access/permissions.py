"""Who decides who may do what in a unit."""

from __future__ import annotations

from enum import StrEnum

from kernel.permissions import Policy, role


class AccessPermission(StrEnum):
    """See each one."""

    MANAGE = "access:manage"
    """See who holds which role in the own sub-trees, invite, grant and revoke there."""

    PERMISSIONS_READ = "access:permissions_read"
    """Read the table of all permissions and roles."""


POLICY: Policy = {
    AccessPermission.MANAGE: ((role("unit_admin"),),),
    AccessPermission.PERMISSIONS_READ: (
        (role("unit_admin", "secretary", "treasurer"),),
        (role("operator", "system_admin", "security_admin", "audit_admin"),),
    ),
}
