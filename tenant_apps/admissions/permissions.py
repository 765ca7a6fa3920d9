"""Admission of members, step by step (rulebook 2.2 to 2.4 and 12).  Who may do what."""

from __future__ import annotations

from enum import StrEnum

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
    """See the own case on the phone and hand in thought reports."""


POLICY: Policy = {
    AdmissionPermission.BROWSE: ((role("unit_admin", "secretary"),),),
    AdmissionPermission.RECORD: ((role("unit_admin", "secretary"),),),
    AdmissionPermission.DECIDE: ((role("unit_admin"),),),
    AdmissionPermission.OWN: ((is_own,),),
}
