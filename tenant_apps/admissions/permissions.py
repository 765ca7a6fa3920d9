"""Admission of members, step by step (rulebook 2.2 to 2.4 and 12).  Who may do what."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from kernel.actor import Actor
from kernel.permissions import Policy, role
from tenant_apps.members.permissions import is_own


class AdmissionPermission(StrEnum):
    """See each one."""

    BROWSE = "admissions:browse"
    """See the cases, their steps, papers and terms; identity numbers and phones masked."""

    RECORD = "admissions:record"
    """Open a case, record what the branch does, submit to the committee, close a case."""

    DECIDE = "admissions:decide"
    """Decide for the approving committee; asked of the committee, never of who submitted."""

    OWN = "admissions:own"
    """See the own case on the phone, hand in thought reports and the papers that are asked for."""

    REVEAL = "admissions:reveal"
    """See the identity number or the phone of a case unmasked, with a reason that stays in it."""


def is_applicant(actor: Actor, on: Any) -> bool:
    """Asked to become a member here; where a case is given, it is the own one."""
    return actor.applicant_id is not None and (
        on is None or getattr(on, "pk", None) == actor.applicant_id
    )


POLICY: Policy = {
    AdmissionPermission.BROWSE: ((role("unit_admin", "secretary"),),),
    AdmissionPermission.RECORD: ((role("unit_admin", "secretary"),),),
    AdmissionPermission.DECIDE: ((role("unit_admin"),),),
    AdmissionPermission.OWN: ((is_own,), (role("applicant"), is_applicant)),
    AdmissionPermission.REVEAL: ((role("unit_admin", "secretary"),),),
}
