"""What a unit does when another one's message arrives (rulebook 3.2, 3.3).

Each runs in the transaction that marks the message as delivered, as the system: what cannot be
done any more because somebody decided here meanwhile is left as it is and noted.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from shared_apps.exchange.services.handlers import Arrival, register
from tenant_apps.transfers.models import Handover, Kind, Side, State
from tenant_apps.transfers.selectors import machine, places
from tenant_apps.transfers.selectors.machine import Verb
from tenant_apps.transfers.services import answering, approving, dossiers
from tenant_apps.transfers.services.receiving import sealed, thread_of
from tenant_apps.transfers.services.stepping import SYSTEM, step, told

_OUTCOMES: Final = {
    answering.ACCEPTED: Verb.ACCEPT,
    answering.REFUSED: Verb.REFUSE,
    answering.RETURNED: Verb.GIVE_BACK,
}


def letter(arrival: Arrival, now: dt.datetime) -> None:
    """A letter came: it lies before the unit's outermost committee, the file sealed, the preview
    masked.  One that follows a letter which ran out takes its place.
    """
    content, root = arrival.content, places.root()
    if content.get("replaces"):
        _end(UUID(content["replaces"]), Verb.EXPIRE, "已由新介绍信代替", now)
    person = content["person"]
    handover = Handover.objects.create(
        batch_id=UUID(content["batch"]),
        side=Side.IN,
        kind=Kind.INTER_TENANT,
        is_whole=content["is_whole"],
        state=State.IN_TRANSIT,
        name=person["name"],
        category=content["category"],
        org_id=root.pk,
        org_path=root.path,
        other_unit_id=arrival.from_unit_id,
        other_name=content["from_committee"],
        thread_id=arrival.thread_id,
        file_sealed=sealed(person),
        preview=_preview(content),
        reason=content["reason"],
        note=content["note"],
        papers=content["papers"],
        paid_to=content["paid_to"],
        arrears_note=content["arrears_note"],
        letter=content["letter"],
        issued_on=dt.date.fromisoformat(content["issued_on"]),
        valid_until=dt.date.fromisoformat(content["valid_until"]),
        created_at=now,
        changed_at=now,
    )
    told(handover, "arrived", actor=SYSTEM, now=now, letter=handover.letter)
    answering.tell(handover, topic=answering.ARRIVED, now=now)


def arrived(arrival: Arrival, now: dt.datetime) -> None:
    """The receiver has the letter: it is on its way no longer, but in somebody's hands."""
    _take(arrival, Side.OUT, Verb.DISPATCH, now)


def answered(arrival: Arrival, now: dt.datetime) -> None:
    """The receiver accepted, refused or gave back."""
    outcome = str(arrival.content.get("reason", ""))
    _take(arrival, Side.OUT, _OUTCOMES[arrival.topic], now, outcome=outcome)


def placed(arrival: Arrival, now: dt.datetime) -> None:
    """The receipt: the member leaves here."""
    handover = thread_of(arrival.thread_id, Side.OUT)
    if handover is None or _is_past(handover, Verb.RECEIPT, now):
        return
    approving.receipt_came(
        handover,
        on=dt.date.fromisoformat(arrival.content["on"]),
        branch=f"已编入{arrival.content['branch']}",
        now=now,
    )


def closed(arrival: Arrival, now: dt.datetime) -> None:
    """The sender filed the receipt."""
    _take(arrival, Side.IN, Verb.CLOSE, now)


def withdrawn(arrival: Arrival, now: dt.datetime) -> None:
    """The sender took it back before anybody here decided."""
    _end(arrival.thread_id, Verb.WITHDRAW, str(arrival.content["reason"]), now)


def connect() -> None:
    """Registers who takes which message; called once, in ``AppConfig.ready``."""
    takes: dict[str, Callable[[Arrival, dt.datetime], None]] = {
        answering.LETTER: letter,
        answering.ARRIVED: arrived,
        answering.ACCEPTED: answered,
        answering.REFUSED: answered,
        answering.RETURNED: answered,
        answering.PLACED: placed,
        answering.CLOSED: closed,
        answering.WITHDRAWN: withdrawn,
    }
    for topic, take in takes.items():
        register(topic, take)


def _take(arrival: Arrival, side: Side, verb: Verb, now: dt.datetime, **changes: Any) -> None:
    handover = thread_of(arrival.thread_id, side)
    if handover is not None and not _is_past(handover, verb, now):
        step(handover, verb, actor=SYSTEM, now=now, **changes)


def _end(thread_id: UUID, verb: Verb, outcome: str, now: dt.datetime) -> None:
    handover = thread_of(thread_id, Side.IN)
    if handover is not None and not _is_past(handover, verb, now):
        step(handover, verb, actor=SYSTEM, now=now, outcome=outcome[:200], file_sealed=None)


def _is_past(handover: Handover, verb: Verb, now: dt.datetime) -> bool:
    """Whether the message came too late to be acted on, which is noted."""
    if machine.transition(handover, verb, by_system=True) is not None:
        return False
    told(handover, "message_late", actor=SYSTEM, now=now, message=str(verb))
    return True


def _preview(content: Any) -> dict[str, Any]:
    return dossiers.preview(content["person"]) | {
        "from_unit": content["from_unit"],
        "from_branch": content["from_branch"],
        "branch": content["branch"],
    }
