"""Who may see and change members.  Every role acts within the sub-tree of its grant."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from kernel.actor import Actor
from kernel.permissions import Policy, role


class MemberPermission(StrEnum):
    """See each one."""

    BROWSE = "members:browse"
    """See the list of members with identity numbers and phones masked."""

    READ = "members:read"
    """See a member's file, masked; everybody sees the own one."""

    READ_CLOSE = "members:read_close"
    """See the family, the discipline and the hardship of a member; everybody sees the own."""

    EDIT = "members:edit"
    """Correct a file: name, phone, posts, education, dates and, with a reason, category."""

    MOVE = "members:move"
    """Move a member to another branch, asked of both; put members of a branch into its groups."""

    REVEAL = "members:reveal"
    """See an identity number or a phone unmasked, with a reason that stays in the file."""

    EXPORT = "members:export"
    """Take the list away as a workbook, masked as on the screen."""

    EXPORT_FULL = "members:export_full"
    """Take it away with identity numbers and phones unmasked, with a reason (rulebook 8.4)."""

    ENTER = "members:enter"
    """Take somebody into the roll who is missing there (补录)."""

    LEAVE = "members:leave"
    """Record a death; submit the other ways in which a membership ends, rests or is restored."""

    DECIDE = "members:decide"
    """Decide what another person submitted; take back what was recorded by mistake."""

    FORMER = "members:former"
    """See the files of those who left or whose membership is suspended."""

    STATES = "members:states"
    """Keep the special states with their contacts: mobile, lost, abroad, to make amends."""

    MERGE = "members:merge"
    """Look for people with two files and make one of them; undo it."""

    CHECK_CARD = "members:check_card"
    """Check the card that a member of the unit shows."""

    SELF = "members:self"
    """See what the unit holds about oneself and who looked at it, ask for corrections."""


OFFICE = ("unit_admin", "secretary", "treasurer")
"""The roles that work at the unit's desk."""


def is_own(actor: Actor, on: Any) -> bool:
    """Has a member's file here; where a row is given, it is that file."""
    return actor.member_id is not None and (
        on is None or getattr(on, "member_id", None) == actor.member_id
    )


POLICY: Policy = {
    MemberPermission.BROWSE: ((role(*OFFICE),),),
    MemberPermission.READ: ((role(*OFFICE),), (is_own,)),
    MemberPermission.READ_CLOSE: ((role("unit_admin", "secretary"),), (is_own,)),
    MemberPermission.EDIT: ((role("unit_admin", "secretary"),),),
    MemberPermission.MOVE: ((role("unit_admin", "secretary"),),),
    MemberPermission.REVEAL: ((role("unit_admin", "secretary"),),),
    MemberPermission.EXPORT: ((role(*OFFICE),),),
    MemberPermission.EXPORT_FULL: ((role("unit_admin"),),),
    MemberPermission.ENTER: ((role("unit_admin", "secretary"),),),
    MemberPermission.LEAVE: ((role("unit_admin", "secretary"),),),
    MemberPermission.DECIDE: ((role("unit_admin"),),),
    MemberPermission.FORMER: ((role("unit_admin", "secretary"),),),
    MemberPermission.STATES: ((role("unit_admin", "secretary"),),),
    MemberPermission.MERGE: ((role("unit_admin"),),),
    MemberPermission.CHECK_CARD: ((role(*OFFICE),),),
    MemberPermission.SELF: ((is_own,),),
}
