"""Who may see whether the books of all units hold."""

from __future__ import annotations

from enum import StrEnum

from kernel.permissions import Policy, role


class ProofPermission(StrEnum):
    """Numbers of violations by unit and rule; neither names nor amounts."""

    WATCH = "proof:watch"
    """See which rule of the books holds in which unit, over the whole platform."""


POLICY: Policy = {
    ProofPermission.WATCH: ((role("operator", "audit_admin"),),),
}
