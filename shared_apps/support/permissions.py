"""Who may ask a unit to be let in, who may watch that, and who is in one right now."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from kernel.actor import Actor
from kernel.permissions import Policy, role


class SupportPermission(StrEnum):
    """Asking is the platform's; accepting is the unit's (``access:support_decide``)."""

    ASK = "support:ask"
    """Asks a unit for access, withdraws, enters once it was accepted, ends it."""
    VIEW = "support:view"
    """Sees every request and access: who, why, what, how long; never what was seen inside."""
    VISIT = "support:visit"
    """Is in a unit by an access: sees its terms and ends it."""


def is_visiting(actor: Actor, on: Any) -> bool:
    """Came into the unit by a support access that is in force."""
    return actor.support_id is not None


is_visiting.roles = ()  # type: ignore[attr-defined]  # read by the printed table

POLICY: Policy = {
    SupportPermission.ASK: ((role("operator"),),),
    SupportPermission.VIEW: ((role("operator", "security_admin", "audit_admin"),),),
    SupportPermission.VISIT: ((is_visiting,),),
}
