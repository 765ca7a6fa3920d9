"""Who may do what with organisations.  A secretary acts within the sub-tree of the grant."""

from __future__ import annotations

from enum import StrEnum

from kernel.permissions import Policy, role


class OrganizationPermission(StrEnum):
    """See each one."""

    BROWSE = "organizations:browse"
    """See the tree, an organisation's sheet, its head count and its warnings."""

    EDIT = "organizations:edit"
    """Add an organisation below another one; change its name, type, code and dates."""

    MOVE = "organizations:move"
    """Hang a sub-tree somewhere else; asked of the sub-tree and of the new parent."""

    RESTRUCTURE = "organizations:restructure"
    """Merge, split, raise, lower and dissolve; asked of the organisation and of its superior,
    which decides about it (rulebook 1.2)."""

    REVEAL = "organizations:reveal"
    """See the phone of an organisation's contact unmasked, with a reason that stays on record."""


OFFICE = ("unit_admin", "secretary", "treasurer")
"""The roles that work at the unit's desk."""

POLICY: Policy = {
    OrganizationPermission.BROWSE: ((role(*OFFICE),),),
    OrganizationPermission.EDIT: ((role("unit_admin", "secretary"),),),
    OrganizationPermission.MOVE: ((role("unit_admin", "secretary"),),),
    OrganizationPermission.RESTRUCTURE: ((role("unit_admin"),),),
    OrganizationPermission.REVEAL: ((role("unit_admin", "secretary"),),),
}
