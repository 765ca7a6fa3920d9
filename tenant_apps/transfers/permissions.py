"""Transfer of organisational relations (rulebook 3).  Who may do what."""

from __future__ import annotations

from enum import StrEnum

from kernel.permissions import Policy, role
from tenant_apps.members.permissions import is_own


class TransferPermission(StrEnum):
    """Asked of the branch or the committee that the step is about, within the grant's sub-tree."""

    BROWSE = "transfers:browse"
    """See the transfers of the sub-tree, their letters and where they stand."""

    PREPARE = "transfers:prepare"
    """Begin a transfer of a branch's member, submit it, take it back, hand the letter over."""

    APPROVE = "transfers:approve"
    """Approve for the sending committee, give the letter, take the return slip; never what one
    submitted oneself."""

    RECEIVE = "transfers:receive"
    """Accept, refuse with a reason or give back for the receiving committee."""

    PLACE = "transfers:place"
    """Take somebody accepted into a branch."""

    REMIND = "transfers:remind"
    """Remind people by text message whose letters run out."""

    PUBLISH = "transfers:publish"
    """Say whether other units find this one as a receiver."""

    APPLY = "transfers:apply"
    """Apply for one's own transfer and see how far it is."""


POLICY: Policy = {
    TransferPermission.BROWSE: ((role("unit_admin", "secretary"),),),
    TransferPermission.PREPARE: ((role("unit_admin", "secretary"),),),
    TransferPermission.APPROVE: ((role("unit_admin"),),),
    TransferPermission.RECEIVE: ((role("unit_admin"),),),
    TransferPermission.PLACE: ((role("unit_admin", "secretary"),),),
    TransferPermission.REMIND: ((role("unit_admin", "secretary"),),),
    TransferPermission.PUBLISH: ((role("unit_admin"),),),
    TransferPermission.APPLY: ((is_own,),),
}
