"""Posts, terms and re-election (rulebook 1.3 to 1.6).  Who may do what.

An act of the organisation itself is asked of the organisation, an act of the committee above it
of that committee's place in the tree; and whoever submitted a paper never answers it
(``services.acting``).
"""

from __future__ import annotations

from enum import StrEnum

from kernel.permissions import Policy, role
from tenant_apps.members.permissions import is_own


class ElectionPermission(StrEnum):
    """See each one."""

    BROWSE = "elections:browse"
    """See terms, boards, posts and re-elections of the organisations."""

    PREPARE = "elections:prepare"
    """Act for the organisation that elects: from the decision to the archive."""

    DECIDE = "elections:decide"
    """Act for the committee above it: answer, examine, approve; asked of that committee."""

    APPOINT = "elections:appoint"
    """Appoint to a post and end one between elections; asked of the committee above it."""

    OWN = "elections:own"
    """See the elections of one's own organisations as members are told of them."""


OFFICE = ("unit_admin", "secretary", "treasurer")

POLICY: Policy = {
    ElectionPermission.BROWSE: ((role(*OFFICE),),),
    ElectionPermission.PREPARE: ((role("unit_admin", "secretary"),),),
    ElectionPermission.DECIDE: ((role("unit_admin", "secretary"),),),
    ElectionPermission.APPOINT: ((role("unit_admin", "secretary"),),),
    ElectionPermission.OWN: ((is_own,),),
}
