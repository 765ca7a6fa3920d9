"""Text messages to people by who they are: their numbers stay here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from uuid import UUID

from kernel.actor import Actor
from kernel.crypto import platform_cipher
from kernel.unit import shared_context
from shared_apps.delivery.services import sms
from shared_apps.people.models import Person


def text(
    *,
    person_ids: Collection[UUID],
    template: str,
    parameters: Mapping[str, str],
    purpose: str,
    actor: Actor,
    now: dt.datetime,
) -> int:
    """Queues one message to each of these people who has a phone and may sign in, in the
    transaction in force and in the name of the unit in force; returns how many.
    """
    phones = _phones_of(person_ids)
    for phone in phones:
        sms.send(
            phone=phone,
            template=template,
            parameters=parameters,
            purpose=purpose,
            actor=actor,
            now=now,
        )
    return len(phones)


@shared_context()
def _phones_of(person_ids: Collection[UUID]) -> list[str]:
    cipher = platform_cipher()
    people = Person.objects.filter(pk__in=person_ids, is_active=True).order_by("id")
    return [
        cipher.open(sealed, column="people_person.phone")
        for sealed in people.values_list("phone_sealed", flat=True)
        if sealed is not None
    ]
