"""Parcels between units: written with the sender's change, handed over once, never lost.

A parcel is a row, sealed under the receiver's key in the transaction of the sender's change.
Handing it over is one transaction too: the receiving unit's rows and the mark on the parcel
stand or fall together, so a process may be killed at any point and the sweep goes on.  A unit
that takes no writes now (suspended, read-only, closing) is asked again later.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.crypto import KeyDestroyed, seal_for, unit_cipher
from kernel.errors import Conflict
from kernel.jobs import job
from kernel.models import uuid7
from kernel.unit import UnitNotServing, current_unit_id, may_write, shared_context, unit_context
from shared_apps.exchange.models import Parcel
from shared_apps.exchange.services.handlers import Arrival, handler_of
from tenants.models import UnitState
from tenants.selectors import UnknownUnit, unit_by_id

log = logging.getLogger(__name__)
Decision = Parcel.Decision
CONTENT: Final = "exchange.content"
KEPT: Final = dt.timedelta(days=400)
"""How long the row of a delivered parcel stays; what was in it is gone at once."""
_PATIENCE: Final = dt.timedelta(seconds=30)
_LONGEST_WAIT: Final = dt.timedelta(hours=1)
_DOUBLINGS: Final = 7
_BATCH: Final = 200


class ReceiverGone(Conflict):
    code = "exchange_receiver_gone"
    sentence = "对方单位已注销或不在本平台分区，不能在线发送，请改用纸质介绍信。"


class Hindered(Exception):
    """The receiving unit cannot take a parcel now."""

    def __init__(self, hindrance: Parcel.Hindrance) -> None:
        self.hindrance = hindrance
        super().__init__(hindrance)


def send(
    *,
    to: UUID,
    topic: str,
    content: Mapping[str, Any],
    now: dt.datetime,
    thread_id: UUID | None = None,
) -> UUID:
    """Puts a parcel from the unit in force on its way and returns its key.

    Call it in the transaction of the change that it tells of.  Raises ReceiverGone.
    """
    sender, parcel_id = current_unit_id(), uuid7()
    with shared_context():
        try:
            receiver = unit_by_id(to)
            sealed = seal_for(to, json.dumps(content, ensure_ascii=False), column=CONTENT)
        except (UnknownUnit, KeyDestroyed) as gone:
            raise ReceiverGone from gone
        Parcel.objects.create(
            id=parcel_id,
            unit_id=receiver.id,
            unit_role=receiver.schema_name,
            from_unit_id=sender,
            topic=topic,
            thread_id=thread_id or parcel_id,
            content_sealed=sealed,
            created_at=now,
            next_try_at=now,
        )
        deliver.after_commit(parcel_id=str(parcel_id))
    return parcel_id


@shared_context()
def decide(
    *,
    thread_id: UUID,
    decision: Decision,
    now: dt.datetime,
    after: str = "",
) -> bool:
    """Settles what becomes of a correspondence; False when the other unit was quicker.

    Both units decide about the same row, so that exactly one of two opposite decisions holds.
    ``after`` names the decision that must hold until now.  Nobody contradicts where the row is
    gone with its unit.
    """
    rows = Parcel.objects.filter(pk=thread_id)
    if rows.filter(decision=after).update(decision=decision, decided_at=now):
        return True
    return not rows.exists()


@job()
def deliver(*, parcel_id: str) -> None:
    """Hands one parcel over, unless that was done or somebody else is doing it."""
    hand_over(UUID(parcel_id), now=clock.now())


@job()
def sweep(*, now: dt.datetime | None = None) -> None:
    """Everything that waits and is due, oldest first.  Safe to run twice."""
    moment = now or clock.now()
    due = Parcel.objects.filter(state=Parcel.State.WAITING, next_try_at__lte=moment)
    for parcel_id in due.order_by("id").values_list("id", flat=True)[:_BATCH]:
        hand_over(parcel_id, now=moment)
    past = Parcel.objects.filter(state=Parcel.State.DELIVERED, delivered_at__lt=moment - KEPT)
    past.delete()


def hand_over(parcel_id: UUID, *, now: dt.datetime) -> bool:
    """Hands one parcel over in the unit that it is for; True if it is there now through us."""
    with shared_context():
        try:
            with transaction.atomic():
                return _handed_over(parcel_id, now)
        except Hindered as hindered:
            _put_off(parcel_id, hindered.hindrance, now)
        except Exception:
            log.exception("parcel %s was not handed over", parcel_id)
            _put_off(parcel_id, Parcel.Hindrance.FAILED, now)
    return False


def _handed_over(parcel_id: UUID, now: dt.datetime) -> bool:
    waiting = Parcel.objects.filter(state=Parcel.State.WAITING)
    held = waiting.select_for_update(skip_locked=True).filter(pk=parcel_id).first()
    if held is None:
        return False
    if waiting.filter(thread_id=held.thread_id, unit_id=held.unit_id, pk__lt=held.pk).exists():
        raise Hindered(Parcel.Hindrance.EARLIER)
    try:
        unit = unit_by_id(held.unit_id)
    except UnknownUnit as unknown:
        raise Hindered(Parcel.Hindrance.ELSEWHERE) from unknown
    if unit.state == UnitState.CLOSED:
        raise Hindered(Parcel.Hindrance.CLOSED)
    try:
        with unit_context(held.unit_id), transaction.atomic():
            _take_in(parcel_id, now)
    except UnitNotServing as refusal:
        raise Hindered(Parcel.Hindrance.SUSPENDED) from refusal
    held.state, held.delivered_at = Parcel.State.DELIVERED, now
    held.content_sealed, held.hindrance = b"", ""
    held.save(update_fields=["state", "delivered_at", "content_sealed", "hindrance"])
    return True


def _take_in(parcel_id: UUID, now: dt.datetime) -> None:
    """In the receiving unit, with its own role and its own key."""
    if not may_write():
        raise Hindered(Parcel.Hindrance.READ_ONLY)
    parcel = Parcel.objects.get(pk=parcel_id)
    content = json.loads(unit_cipher().open(parcel.content_sealed, column=CONTENT))
    arrival = Arrival(parcel.pk, parcel.topic, parcel.thread_id, parcel.from_unit_id, content)
    handler_of(parcel.topic)(arrival, now)


def _put_off(parcel_id: UUID, hindrance: Parcel.Hindrance, now: dt.datetime) -> None:
    rows = Parcel.objects.filter(pk=parcel_id, state=Parcel.State.WAITING)
    attempts = rows.values_list("attempts", flat=True).first()
    if attempts is None:
        return
    wait = min(_PATIENCE * 2 ** min(attempts, _DOUBLINGS), _LONGEST_WAIT)
    rows.update(attempts=attempts + 1, hindrance=hindrance, next_try_at=now + wait)
