"""Two people at once, over real connections and real commits: one step, one round, one post."""

from __future__ import annotations

import pytest
from django.db import connection, connections

from kernel.unit import unit_context
from tenant_apps.elections.models import Act, Ballot, CaseKind, Election, Office, Post
from tenant_apps.elections.services import appointing, meeting, opening, preparing
from tenants.models import Unit
from tenants.services import grants
from tests.factories.elections import branch, drive, paper, sheet, sought
from tests.factories.organizations import NOW, TODAY, somebody
from tests.tenant_apps.transfers.test_at_once import at_once

SHARED = "usage_outbox, people_affiliation"


@pytest.fixture
def place(really_written, django_db_setup, django_db_blocker):
    """Alpha with commits that last; the owner takes away afterwards what was written."""
    with django_db_blocker.unblock():
        connection.set_schema_to_public()
        unit = Unit.objects.get(label="alpha")
        try:
            with unit_context(unit.id):
                place = branch()
                place.unit, place.cleo = unit, somebody(("unit_admin", ""), name="克丽")
            yield place
        finally:
            own = [f'{unit.schema_name}."{model._meta.db_table}"' for model in grants.unit_models()]
            with connections["owner"].cursor() as cursor:
                cursor.execute(f"TRUNCATE {SHARED}, {', '.join(own)} CASCADE")
            connection.close()


def together(place, first, second):
    results = at_once((place.unit.id, first), (place.unit.id, second))
    return sorted(type(one).__name__ for one in results)


def test_two_who_answer_at_once_give_one_answer(place):
    with unit_context(place.unit.id):
        case = drive(place, Act.REPLY)

    def answer(actor, *, is_approved):
        return lambda: preparing.reply(
            election=Election.objects.get(pk=case.pk), is_approved=is_approved, actor=actor,
            paper=paper(note="意见"), now=NOW,
        )  # fmt: skip

    told = together(
        place, answer(place.ada, is_approved=True), answer(place.cleo, is_approved=False)
    )
    assert told[0] == "Election"
    assert told[1] in ("StepTaken", "StepOutOfOrder")
    with unit_context(place.unit.id):
        assert case.steps.filter(act=Act.REPLY).count() == 1


def test_two_who_count_at_once_keep_one_round(place):
    with unit_context(place.unit.id):
        case = drive(place, Act.ELECT)
        given = sheet(sought(case), 10, 10, 10, 0, present=10)

    def count(actor):
        return lambda: meeting.count(
            election=Election.objects.get(pk=case.pk), office=Office.COMMITTEE, sheet=given,
            actor=actor, now=NOW,
        )  # fmt: skip

    assert together(place, count(place.ben), count(place.ada)) == ["Ballot", "VoteSettled"]
    with unit_context(place.unit.id):
        assert Ballot.objects.count() == 1


def test_two_who_begin_or_appoint_at_once(place):
    """One case in an organisation, one secretary at its head."""

    def start(kind):
        return lambda: opening.start(
            org=place.org, kind=kind, paper=paper(), is_reminder=False, actor=place.ben, now=NOW
        )

    def appoint(number):
        return lambda: appointing.appoint(
            org=place.org, member=place.people[number], code="01", began_on=TODAY,
            document="党委 5 号", actor=place.ada, now=NOW,
        )  # fmt: skip

    both = start(CaseKind.REELECTION), start(CaseKind.BY_ELECTION)
    assert together(place, *both) == ["AlreadyOpen", "Election"]
    assert together(place, appoint(0), appoint(1)) == ["Post", "SecretaryInOffice"]
    with unit_context(place.unit.id):
        assert (Election.objects.count(), Post.objects.count()) == (1, 1)
