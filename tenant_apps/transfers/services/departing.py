"""What becomes of an open transfer when the membership ends otherwise (``members.departures``)."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from shared_apps.exchange.services.post import Decision
from tenant_apps.members.services.departures import Ended
from tenant_apps.transfers.models import OPEN, TRAVELLING, Handover, Side, State
from tenant_apps.transfers.selectors import machine
from tenant_apps.transfers.selectors.machine import ONLINE, Verb
from tenant_apps.transfers.services import answering
from tenant_apps.transfers.services.answering import DecidedThere
from tenant_apps.transfers.services.stepping import SYSTEM, step, told, write

_CANNOT: Final = "组织关系转接对方已接收，等待回执或退回"
_REOPENS: Final = (State.DRAFT, State.SUBMITTED, State.IN_TRANSIT, State.RECEIVER_ACCEPTED)


class TransferEnds:
    """Withdraws the member's open transfer; what the other unit has accepted is left to people."""

    key = "transfers"

    def preview(self, member: Any, *, actor: Actor) -> Ended:
        found = _open_of(member)
        if found is None:
            return Ended(())
        if machine.transition(found, Verb.WITHDRAW, by_system=True) is None:
            return Ended((), left=(_CANNOT,))
        return Ended((_words(found),))

    def end(self, member: Any, *, change: Any, actor: Actor, now: dt.datetime) -> Ended:
        """The transfer by which the member leaves is not ended by its own end."""
        found = _open_of(member, lock=True)
        if found is None or change.data.get("transfer") == str(found.pk):
            return Ended(())
        if machine.transition(found, Verb.WITHDRAW, by_system=True) is None:
            return Ended((), left=(_CANNOT,))
        words, was = _words(found), found.state
        try:
            with transaction.atomic():
                _withdraw(found, f"党员已{change.get_kind_display()}", now)
        except DecidedThere:  # the word of the other unit is still on its way
            return Ended((), left=(_CANNOT,))
        return Ended((words,), kept={"transfer": str(found.pk), "was": was})

    def put_back(
        self, member: Any, *, kept: Any, change: Any, actor: Actor, now: dt.datetime
    ) -> None:
        """Goes on where it stood; a letter that was withdrawn is void and stays so."""
        rows = Handover.objects.select_for_update(of=("self",))
        found = rows.filter(pk=UUID(kept["transfer"]), state=State.WITHDRAWN).first()
        if found is None or kept["was"] not in _REOPENS or found.letter:
            return
        if _open_of(member) is not None:
            return
        write(found, state=kept["was"], outcome="", now=now)
        told(found, "reopened", actor=actor, now=now, was=State.WITHDRAWN)


def _withdraw(handover: Handover, outcome: str, now: dt.datetime) -> None:
    """Raises DecidedThere where the other unit was quicker."""
    was_sent = handover.state in TRAVELLING and handover.kind in ONLINE
    if was_sent:
        answering.settle(handover, Decision.WITHDRAWN, now=now)
    step(handover, Verb.WITHDRAW, actor=SYSTEM, now=now, outcome=outcome)
    if was_sent:
        answering.tell(handover, topic=answering.WITHDRAWN, now=now, reason=outcome)


def _open_of(member: Any, *, lock: bool = False) -> Handover | None:
    rows = Handover.objects.filter(member_id=member.pk, state__in=OPEN).exclude(side=Side.IN)
    return (rows.select_for_update(of=("self",)) if lock else rows).first()


def _words(handover: Handover) -> str:
    letter = f"，介绍信{handover.letter}作废" if handover.letter else ""
    return f"办理中的组织关系转接（{handover.get_state_display()}{letter}）"
