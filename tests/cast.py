"""The people of the tests, signed in: Ada runs the unit, Ben keeps its dues, Cleo is a member.

Sessions are opened by the services, as the sign-in pages do it; only the proofs are skipped.
"""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.conf import settings

from kernel.actor import Actor
from kernel.clock import now as current
from kernel.crypto import platform_cipher
from kernel.unit import shared_context, unit_context
from shared_apps.people.models import Affiliation, Person, PlatformGrant, SessionKind
from shared_apps.people.services import sessions
from tenant_apps.access.models import Grant

NOBODY = Actor()


def person(name: str) -> Person:
    """A person of that name, always the same one."""
    with shared_context():
        made, _ = Person.objects.get_or_create(
            login=f"test-{name}", defaults={"display_name": name, "created_at": current()}
        )
    return made


def officer(client, unit, *, role: str = "unit_admin", scope: str = "", name: str = "艾达"):
    """Signs ``client`` in at the unit's desk with a role, second factor passed."""
    who = person(f"{name}-{role}-{scope}-{unit.label}")
    with unit_context(unit.id):
        Grant.objects.get_or_create(
            person_id=who.id,
            role=role,
            scope=scope,
            revoked_at=None,
            defaults={"person_name": name, "granted_at": current()},
        )
    return _seat(client, who, SessionKind.ADMINISTRATOR, "unit", unit.id, f"{unit.label}.test")


def member(client, unit, member_id: UUID, *, host: str = ""):
    """Signs ``client`` in on the phone as that member; ``host`` m.test for the common host."""
    who = person(f"member-{member_id}")
    with shared_context():
        Affiliation.objects.get_or_create(
            member_id=member_id,
            defaults={
                "unit_id": unit.id,
                "unit_role": unit.schema_name,
                "identity_index": platform_cipher().index(str(member_id), purpose="identity"),
            },
        )
        Affiliation.objects.filter(member_id=member_id).update(person=who, activated_at=current())
    face = "member" if host == "m.test" else "unit"
    return _seat(
        client,
        who,
        SessionKind.MEMBER,
        face,
        unit.id,
        host or f"{unit.label}.test",
        member_id=member_id,
    )


def applicant(client, unit, case_id: UUID, *, host: str = ""):
    """Signs ``client`` in on the phone as who applied; the case must have told sign-in of them."""
    who = person(f"applicant-{case_id}")
    with shared_context():
        Affiliation.objects.filter(member_id=case_id).update(person=who, activated_at=current())
    face = "member" if host == "m.test" else "unit"
    host = host or f"{unit.label}.test"
    return _seat(client, who, SessionKind.MEMBER, face, unit.id, host, member_id=case_id)


def staff(client, role: str = "outreach"):
    """Signs ``client`` in on the console with a platform role, second factor passed."""
    who = person(f"staff-{role}")
    with shared_context():
        PlatformGrant.objects.get_or_create(
            person=who, role=role, defaults={"granted_at": current()}
        )
    return _seat(client, who, SessionKind.ADMINISTRATOR, "console", None, "console.test")


def _seat(client, who, kind, face, unit_id, host, *, member_id=None):
    moment = current()
    audience = sessions.Audience(face, unit_id if face == "unit" else None)
    half = sessions.open_half(person=who, kind=kind, audience=audience, actor=NOBODY, now=moment)
    opened = sessions.complete(
        session=half.session,
        second_factor_at=moment if kind == SessionKind.ADMINISTRATOR else None,
        unit_id=unit_id,
        member_id=member_id,
        now=moment + dt.timedelta(milliseconds=1),
    )
    client.cookies[settings.SIGN_IN_COOKIE] = opened.token
    client.defaults["SERVER_NAME"] = host
    return client
