"""Text messages: written in the caller's transaction, sent after it, swept when that failed."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from django.db.models import F, Q

from kernel import clock
from kernel.actor import Actor
from kernel.crypto import platform_cipher
from kernel.jobs import job
from kernel.masks import masked
from kernel.unit import current_unit_id, in_unit, shared_context
from shared_apps.delivery.models import Message, State
from shared_apps.delivery.services import gateway
from shared_apps.delivery.services.templates import TEMPLATES, text_of

_log = logging.getLogger(__name__)
PENDING: Final = (State.QUEUED, State.UNKNOWN)
_PATIENCE: Final = dt.timedelta(seconds=30)
_LONGEST_WAIT: Final = dt.timedelta(minutes=30)
_BATCH: Final = 200


def send(
    *,
    phone: str,
    template: str,
    parameters: Mapping[str, str],
    purpose: str,
    actor: Actor,
    now: dt.datetime,
) -> Message:
    """Queues one message in the transaction in force; it leaves when that has committed.

    ``parameters`` fill the blanks of the template; KeyError, a mistake in the code, when one is
    missing.  ``purpose`` says in a word what for ("sign_in", "receipt").
    """
    (message,) = _queued([(phone, parameters)], template, purpose, actor, now)
    return message


def send_all(
    *,
    messages: Sequence[tuple[str, Mapping[str, str]]],
    template: str,
    purpose: str,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Queues one message to each phone with its own parameters, as ``send`` does, in one
    statement; returns how many.
    """
    return len(_queued(messages, template, purpose, actor, now))


def _queued(
    messages: Sequence[tuple[str, Mapping[str, str]]],
    template: str,
    purpose: str,
    actor: Actor,
    now: dt.datetime,
) -> list[Message]:
    for _, parameters in messages:
        text_of(template, parameters)
    unit_id = current_unit_id() if in_unit() else None
    with shared_context():
        cipher = platform_cipher()
        made = Message.objects.bulk_create(
            Message(
                unit_id=unit_id,
                phone_sealed=cipher.seal(phone, column="delivery_message.phone"),
                phone_masked=masked(phone),
                template=template,
                parameters_sealed=cipher.seal(
                    json.dumps(dict(parameters)), column="delivery_message.parameters"
                ),
                purpose=purpose,
                requested_by=actor.person_id,
                created_at=now,
                next_try_at=now,
                expires_at=now + TEMPLATES[template].life,
            )
            for phone, parameters in messages
        )
        for message in made:
            deliver.after_commit(message_id=str(message.id))
    return made


@job()
def deliver(*, message_id: str) -> None:
    """Hands one message to the gateway, unless somebody else is doing so or it is done."""
    _deliver(UUID(message_id), now=clock.now())


@job()
def resend_pending(*, now: dt.datetime | None = None) -> None:
    """The sweep: messages whose job was lost or whose answer never came.  Safe to run twice."""
    moment = now or clock.now()
    due = Message.objects.filter(state__in=PENDING, next_try_at__lte=moment)
    for message_id in due.order_by("next_try_at").values_list("id", flat=True)[:_BATCH]:
        _deliver(message_id, now=moment)


def _deliver(message_id: UUID, *, now: dt.datetime) -> None:
    message = _claim(message_id, now)
    if message is None:
        return
    if message.expires_at <= now:
        _finish(message, State.FAILED, now, refusal="expired")
        return
    cipher = platform_cipher()
    parameters = json.loads(
        cipher.open(message.parameters_sealed, column="delivery_message.parameters")
    )
    answer = gateway.post(
        phone=cipher.open(message.phone_sealed, column="delivery_message.phone"),
        text=text_of(message.template, parameters),
        key=str(message.id),
    )
    match answer:
        case gateway.Taken(gateway_id):
            _finish(message, State.SENT, now, gateway_id=gateway_id)
        case gateway.Refused(reason):
            _finish(message, State.FAILED, now, refusal=reason)
        case gateway.NoAnswer(reason):
            _log.warning("message %s: no answer (%s)", message.id, reason)
            Message.objects.filter(pk=message.pk).update(state=State.UNKNOWN, refusal=reason)


def _claim(message_id: UUID, now: dt.datetime) -> Message | None:
    """Takes the message for one attempt by moving its next one away; None when it is taken."""
    message = Message.objects.filter(pk=message_id).first()
    if message is None:
        return None
    wait = min(_PATIENCE * 2**message.attempts, _LONGEST_WAIT)
    taken = Message.objects.filter(
        Q(next_try_at__lte=now), pk=message_id, state__in=PENDING, attempts=message.attempts
    ).update(attempts=F("attempts") + 1, next_try_at=now + wait)
    return message if taken else None


def _finish(
    message: Message, state: State, now: dt.datetime, *, gateway_id: str = "", refusal: str = ""
) -> None:
    changes = {
        "state": state,
        "gateway_id": gateway_id,
        "refusal": refusal,
        "finished_at": now,
    }
    if TEMPLATES[message.template].is_secret:
        changes["parameters_sealed"] = b""
    if state is State.FAILED:
        _log.error("message %s was not sent: %s", message.id, refusal)
    Message.objects.filter(pk=message.pk).update(**changes)
