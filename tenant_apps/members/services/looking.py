"""That somebody opened or printed a file is a line in it (rulebook 12.2)."""

from __future__ import annotations

import datetime as dt
from typing import Final

from kernel.actor import Actor
from kernel.clock import BEIJING
from kernel.unit import may_write
from tenant_apps.audit import selectors as audit
from tenant_apps.audit.services import record
from tenant_apps.members.models import Member

_OPENED: Final = "member.file_opened"


def opened(*, member: Member, actor: Actor, now: dt.datetime) -> bool:
    """Records that the file was opened, once a day and person; the own file is nobody's business.

    Returns whether a line was written.  A unit that may only be read takes none.
    """
    if actor.member_id == member.pk or actor.person_id is None or not may_write():
        return False
    midnight = dt.datetime.combine(now.astimezone(BEIJING).date(), dt.time(), tzinfo=BEIJING)
    told = audit.events_about(member.pk).filter(
        code=_OPENED, actor_id=actor.person_id, at__gte=midnight
    )
    if told.exists():
        return False
    record(_OPENED, actor=actor, now=now, subject_type="member", subject_id=member.pk)
    return True


def printed(*, member: Member, actor: Actor, now: dt.datetime) -> None:
    """Records that the whole file was printed."""
    if may_write():
        record(
            "member.file_printed",
            actor=actor, now=now, subject_type="member", subject_id=member.pk,
        )  # fmt: skip
