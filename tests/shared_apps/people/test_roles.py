"""Platform roles: three administrators are three people; a change counts at once."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from kernel.unit import shared_context
from shared_apps.people import selectors
from shared_apps.people.models import PlatformGrant, PlatformRole, SessionKind
from shared_apps.people.services import roles, sessions
from tests.factories.people import DESK, make_staff

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)


def give(person, role):
    return roles.give(person=person, role=PlatformRole(role), actor=DESK, now=NOW)


@pytest.mark.parametrize("second", ["security_admin", "audit_admin"])
def test_one_person_cannot_be_two_of_the_three(second):
    ada = make_staff(roles=("system_admin",))
    with pytest.raises(roles.RolesSeparated):
        give(ada, second)


def test_the_database_itself_refuses_it():
    ada = make_staff(roles=("system_admin",))
    with shared_context(), pytest.raises(IntegrityError), transaction.atomic():
        PlatformGrant.objects.create(person=ada, role="audit_admin", granted_at=NOW)


def test_other_roles_go_together():
    ada = make_staff(roles=("system_admin",))
    give(ada, "operator")
    assert give(ada, "operator") is not None


def session_of(person):
    half = sessions.open_half(
        person=person,
        kind=SessionKind.ADMINISTRATOR,
        audience=sessions.Audience("console"),
        actor=DESK,
        now=NOW,
    )
    return sessions.complete(session=half.session, second_factor_at=NOW, now=NOW)


@pytest.mark.parametrize("change", ["give", "take"])
def test_a_change_ends_the_sessions(change):
    ada = make_staff(roles=("outreach",))
    opened = session_of(ada)
    if change == "give":
        give(ada, "operator")
    else:
        roles.take(person=ada, role=PlatformRole.OUTREACH, actor=DESK, now=NOW)
    digest = sessions.digest_of(opened.token)
    assert selectors.session_by_digest(digest, audience="console") is None
