"""Roles on the platform.  The three administrators are three people, by constraint."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.errors import Conflict
from kernel.unit import shared_context
from shared_apps.people.models import SEPARATED_ROLES, Person, PlatformGrant, PlatformRole
from shared_apps.people.services import events, sessions


class RolesSeparated(Conflict):
    code = "roles_separated"
    sentence = "系统管理员、安全管理员、审计管理员须由不同的人担任，不能兼任。"


@shared_context()
def give(*, person: Person, role: PlatformRole, actor: Actor, now: dt.datetime) -> PlatformGrant:
    """Gives a platform role and ends the person's sessions, so that it counts at once.

    Giving it again does nothing.  Raises RolesSeparated.
    """
    held = PlatformGrant.objects.filter(person=person, role=role).first()
    if held is not None:
        return held
    try:
        with transaction.atomic():
            made = PlatformGrant.objects.create(person=person, role=role, granted_at=now)
            sessions.end_all(person_id=person.id, now=now, but=actor.session_id)
            events.record("role.given", actor=actor, now=now, person_id=person.id, role=role.value)
    except IntegrityError as clash:
        if "people_three_administrators_are_three" in str(clash) and role in SEPARATED_ROLES:
            raise RolesSeparated from clash
        raise
    return made


@shared_context()
def take(*, person: Person, role: PlatformRole, actor: Actor, now: dt.datetime) -> None:
    """Takes a platform role away and ends the person's sessions."""
    with transaction.atomic():
        if PlatformGrant.objects.filter(person=person, role=role).delete()[0]:
            sessions.end_all(person_id=person.id, now=now)
            events.record("role.taken", actor=actor, now=now, person_id=person.id, role=role.value)
