"""What people may do with their own account."""

from __future__ import annotations

from enum import StrEnum

from kernel.permissions import Policy, signed_in


class PeoplePermission(StrEnum):
    """Everybody's own; nobody's account is shown to anybody else here."""

    ACCOUNT = "people:account"
    """See and end the own sessions, change the own password and second factor, sign out."""


POLICY: Policy = {PeoplePermission.ACCOUNT: ((signed_in,),)}
