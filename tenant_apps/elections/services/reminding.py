"""Telling people by text message that a term runs out (rulebook 1.5: six, three, one month).

Once for each term and stage; the log of it is what keeps from telling it twice, and is written in
the transaction that queues the messages.  Somebody who answers for many organisations gets one
message for all of them.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict, TooMany
from shared_apps.delivery.services import sms
from shared_apps.people import selectors as people
from shared_apps.people.services import texting
from tenant_apps.audit.services import record
from tenant_apps.elections.models import Reminder
from tenant_apps.elections.selectors import cases, reminders
from tenant_apps.elections.selectors.reminders import Due, Sent, Told
from tenant_apps.elections.selectors.terms import Level, bodies_visible_to, level_of
from tenant_apps.members.services import sealing

MOST_TO_ONE: Final = 4
"""Messages to one person in a month."""
MOST_OF_UNIT: Final = 1_000
"""Messages of a unit in a month."""
MOST_URGED: Final = 4
"""Times in a month that a committee urges one organisation by message."""
_PURPOSE: Final = "term"
_NO_PHONE: Final = "没有可以接收短信的手机号码"
_MANY: Final = "{first}等 {count} 个党组织"


class NotOver(Conflict):
    code = "term_not_over"
    sentence = "「{name}」的任期没有届满，不需要催办；届满前系统会按期提醒。"


class UrgedToday(TooMany):
    code = "term_urged_today"
    sentence = "今天已经催办过「{name}」，请明天再试，或电话联系。"


class UrgedEnough(TooMany):
    code = "term_urged_enough"
    sentence = "本月已催办「{name}」{count} 次，请改用电话联系。"


class NobodyToUrge(Conflict):
    code = "term_nobody_to_urge"
    sentence = "「{name}」的书记没有登记可以接收短信的手机号码，请电话或书面提醒。"


@transaction.atomic
def remind_unit(*, unit_id: UUID, now: dt.datetime) -> int:
    """Tells the secretary and the committee above of every term that has come to a stage; returns
    how many messages were queued.  May be done again: what was told is in the log.
    """
    actor = Actor.system("换届提醒", unit_id=unit_id)
    due = reminders.due(bodies_visible_to(actor), today=day_of(now))
    if not due:
        return 0
    sent = reminders.sent_in_month(now)
    before = sent.of_unit
    told = _send(due, sent, actor, now)
    Reminder.objects.bulk_create(
        Reminder(
            org_id=one.org.pk, org_path=one.org.path, occasion=one.occasion,
            ends_on=one.org.term_ends_on, people=sorted(told[one.org.pk]),
            note="" if told[one.org.pk] else _NO_PHONE, by_name=actor.name, at=now,
        )
        for one in due
        if one.org.pk in told
    )  # fmt: skip
    record(
        "terms.reminded",
        actor=actor, now=now, subject_type="unit", subject_id=unit_id,
        organizations=len(told), messages=sent.of_unit - before,
    )  # fmt: skip
    return sent.of_unit - before


@transaction.atomic
def urge(*, org: Any, actor: Actor, now: dt.datetime) -> Reminder:
    """催办: the committee above tells the secretary that the term is over; once a day, a few times
    a month.  Raises NotOver, UrgedToday, UrgedEnough, NobodyToUrge.
    """
    name, today = org.short_name or org.name, day_of(now)
    if org.term_ends_on is None or level_of(org.term_ends_on, today) is not Level.OVERDUE:
        raise NotOver(name=name)
    month = f"{today:%Y-%m-}"
    count = reminders.reminders_of(org.pk).filter(occasion__startswith=month).count()
    made = _urged(org, name, actor, now)
    if count >= MOST_URGED:
        raise UrgedEnough(name=name, count=count)
    told = reminders.secretaries_of([org])[org.pk]
    reached = _text(
        told, "term_over",
        {
            "superior": cases.superior_of(org).name, "place": name,
            "day": org.term_ends_on.isoformat(),
        },
        actor, now,
    )  # fmt: skip
    if not reached:
        raise NobodyToUrge(name=name)
    made.people = reached
    made.save(update_fields=["people"])
    record(
        "term.urged",
        actor=actor, now=now, subject_type="organization", subject_id=org.pk,
        term_ends_on=org.term_ends_on.isoformat(), messages=len(reached),
    )  # fmt: skip
    return made


def _urged(org: Any, name: str, actor: Actor, now: dt.datetime) -> Reminder:
    """The line of the log, which there is once a day."""
    try:
        with transaction.atomic():
            made: Reminder = Reminder.objects.create(
                org_id=org.pk, org_path=org.path, occasion=day_of(now).isoformat(),
                ends_on=org.term_ends_on, by_id=actor.person_id, by_name=actor.name, at=now,
            )  # fmt: skip
    except IntegrityError as clash:
        raise UrgedToday(name=name) from clash
    return made


@dataclass
class _Round:
    """One round of reminders: what may still go out, and whom each organisation's reached."""

    sent: Sent
    actor: Actor
    now: dt.datetime
    reached: dict[UUID, set[str]] = field(default_factory=lambda: defaultdict(set))
    held_back: set[UUID] = field(default_factory=set)

    def tell(self, person: str, orgs: Sequence[Any], send: Callable[..., object]) -> None:
        """One message about all of these, unless a limit is reached."""
        is_much = self.sent.of_person.get(person, 0) >= MOST_TO_ONE
        if is_much or self.sent.of_unit >= MOST_OF_UNIT:
            self.held_back.update(org.pk for org in orgs)
            return
        send(
            template="term_due", parameters=_words(orgs), purpose=_PURPOSE,
            actor=self.actor, now=self.now,
        )  # fmt: skip
        self.sent.add(person)
        for org in orgs:
            self.reached[org.pk].add(person)

    def settled(self, due: Sequence[Due]) -> dict[UUID, set[str]]:
        """Whom each reminder reached; what reached nobody for the limits alone is told later."""
        return {
            one.org.pk: self.reached[one.org.pk]
            for one in due
            if self.reached[one.org.pk] or one.org.pk not in self.held_back
        }


def _send(
    due: Sequence[Due], sent: Sent, actor: Actor, now: dt.datetime
) -> Mapping[UUID, set[str]]:
    """Queues the messages; whom each organisation's reminder reached."""
    orgs = [one.org for one in due]
    below, above = reminders.secretaries_of(orgs), reminders.superiors_of(orgs)
    persons = {pk: told.persons | above[pk] for pk, told in below.items()}
    phones = people.phones_of(set().union(*persons.values()))
    about: dict[UUID, list[Any]] = defaultdict(list)
    for org in orgs:
        for person in persons[org.pk]:
            if phones.get(person):
                about[person].append(org)
    this = _Round(sent, actor, now)
    for person in sorted(about):
        this.tell(str(person), about[person], partial(texting.text, person_ids=[person]))
    for org in orgs:
        member = below[org.pk].member
        if member is not None and member.phone_sealed:
            phone = sealing.open_phone(member.phone_sealed)
            this.tell(str(member.pk), [org], partial(sms.send, phone=phone))
    return this.settled(due)


def _words(orgs: Sequence[Any]) -> dict[str, str]:
    """What the message says of these organisations, the one that ends first by name."""
    first = min(orgs, key=lambda one: (one.term_ends_on, one.path))
    name, day = first.short_name or first.name, first.term_ends_on.isoformat()
    if len(orgs) == 1:
        return {"place": name, "day": f"{day} "}
    return {"place": _MANY.format(first=name, count=len(orgs)), "day": f"{day} 起陆续"}


def _text(
    told: Told, template: str, words: Mapping[str, str], actor: Actor, now: dt.datetime
) -> list[str]:
    """Queues one message to each by the account at the desk, else to the member's own phone; who
    got one.
    """
    how: dict[str, Any] = {
        "template": template, "parameters": words, "purpose": _PURPOSE, "actor": actor, "now": now,
    }  # fmt: skip
    phones = people.phones_of(set(told.persons))
    persons = sorted(one for one in told.persons if phones.get(one))
    if persons:
        texting.text(person_ids=persons, **how)
        return [str(one) for one in persons]
    if told.member is not None and told.member.phone_sealed:
        sms.send(phone=sealing.open_phone(told.member.phone_sealed), **how)
        return [str(told.member.pk)]
    return []
