"""Members and applicants signing in: from a proven phone to the name that only the unit knows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.unit import Purpose, shared_context, unit_context
from shared_apps.people.selectors import Choice
from shared_apps.people.services import member_sign_in, sessions
from shared_apps.usage.services import outbox
from tenant_apps.access.selectors import neighbours
from tenant_apps.audit.services import record


@dataclass(frozen=True, slots=True)
class NamedChoice:
    """What the phone's holder chooses from; the name is masked but for its first character."""

    id: UUID
    unit_name: str
    masked_name: str
    is_applicant: bool = False


@dataclass(frozen=True, slots=True)
class Proven:
    """A phone proven: signed in already, or waiting for a choice."""

    opened: sessions.Opened
    choices: list[NamedChoice]


def prove(
    *,
    phone: str,
    code: str,
    audience: sessions.Audience,
    device: str,
    actor: Actor,
    now: dt.datetime,
) -> Proven:
    """Accepts the code; where the phone belongs to one member only, signs in as that one.

    Raises as ``people.services.member_sign_in.prove``; NotOnRoster as well when every member of
    that phone has left.
    """
    proven = member_sign_in.prove(
        phone=phone, code=code, audience=audience, device=device, actor=actor, now=now
    )
    choices = named(proven.choices)
    if not choices:
        raise member_sign_in.NotOnRoster
    if len(choices) > 1:
        return Proven(proven.opened, choices)
    only = choices[0].id
    session = proven.opened.session
    return Proven(choose(session=session, choice_id=only, actor=actor, now=now), [])


def choose(
    *, session: sessions.Held, choice_id: UUID, actor: Actor, now: dt.datetime
) -> sessions.Opened:
    """Signs in as the chosen member or applicant; the unit records a first time and reports what
    members do.

    Raises NotOneOfYours.
    """
    with transaction.atomic():
        signed_in = member_sign_in.choose(
            session=session, choice_id=choice_id, actor=actor, now=now
        )
        with unit_context(signed_in.unit_id, for_=Purpose.KEPT_OPEN) as unit:
            if signed_in.is_first:
                what = "admission" if signed_in.is_applicant else "member"
                record(
                    f"{what}.activated",
                    actor=actor,
                    now=now,
                    subject_type=what,
                    subject_id=signed_in.member_id,
                )
            if not signed_in.is_applicant:
                if signed_in.is_first:
                    outbox.emit(unit=unit, kind="activations", now=now, delta=1)
                outbox.emit(unit=unit, kind="sign_ins", now=now, delta=1)
    return signed_in.opened


def named(choices: Sequence[Choice]) -> list[NamedChoice]:
    """The choices with their names, each read in its own unit; who has left is left out."""
    found = []
    ordered = sorted(choices, key=lambda choice: (choice.unit_name, str(choice.unit_id)))
    with shared_context():
        for unit_id, group in groupby(ordered, key=lambda choice: choice.unit_id):
            mine = list(group)
            with unit_context(unit_id):
                standings = _standings(mine)
            found += [
                NamedChoice(
                    choice.id,
                    choice.unit_name,
                    _mask(standings[choice.member_id].name),
                    choice.is_applicant,
                )
                for choice in mine
                if choice.member_id in standings
            ]
    return found


def _standings(choices: Sequence[Choice]) -> dict[UUID, neighbours.Standing]:
    """Members are looked for among members, applicants among cases, never the other way."""
    cases = [choice.member_id for choice in choices if choice.is_applicant]
    ids = [choice.member_id for choice in choices if not choice.is_applicant]
    found = neighbours.standings_of(ids) if ids else {}
    return found | (neighbours.applicants_of(cases) if cases else {})


def _mask(name: str) -> str:
    """张三 -> 张*, 欧阳明月 -> 欧**月: enough for its owner."""
    inner = "*" * max(len(name) - 2, 1)
    return name[:1] + inner + (name[-1] if len(name) > 2 else "")
