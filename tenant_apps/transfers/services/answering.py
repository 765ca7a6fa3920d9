"""What one unit tells the other about a transfer (rulebook 3.2: INTER_TENANT)."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from kernel.errors import Conflict
from kernel.unit import current_unit
from shared_apps.exchange.services import post
from shared_apps.exchange.services.post import Decision
from tenant_apps.transfers.models import Handover

LETTER: Final = "transfer.letter"
ARRIVED: Final = "transfer.arrived"
ACCEPTED: Final = "transfer.accepted"
REFUSED: Final = "transfer.refused"
RETURNED: Final = "transfer.returned"
PLACED: Final = "transfer.placed"
CLOSED: Final = "transfer.closed"
WITHDRAWN: Final = "transfer.withdrawn"


class DecidedThere(Conflict):
    code = "transfer_decided_there"
    sentence = "对方单位刚刚已对「{name}」的转接作出决定，请刷新查看，不能重复办理。"


def settle(handover: Handover, decision: Decision, *, now: dt.datetime, after: str = "") -> None:
    """Decides for both units.  Raises DecidedThere when the other one was quicker."""
    if handover.thread_id and not post.decide(
        thread_id=handover.thread_id, decision=decision, now=now, after=after
    ):
        raise DecidedThere(name=handover.name)


def tell(handover: Handover, *, topic: str, now: dt.datetime, **content: Any) -> None:
    """Sends word to the other unit; nobody is told where it is gone for good."""
    if handover.other_unit_id is None or handover.thread_id is None:
        return
    try:
        post.send(
            to=handover.other_unit_id,
            topic=topic,
            content={"from_unit": current_unit().name, **content},
            thread_id=handover.thread_id,
            now=now,
        )
    except post.ReceiverGone:
        return
