"""Sessions: how long they last, whose they are, how they end."""

import datetime as dt

import pytest

from kernel.actor import Actor
from kernel.models import uuid7
from kernel.unit import shared_context
from shared_apps.people import selectors
from shared_apps.people.models import Session, SessionKind
from shared_apps.people.services import housekeeping, sessions
from tests.factories.people import DESK, make_staff

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
CONSOLE = sessions.Audience("console")


def administrator(person, audience=CONSOLE, at=NOW):
    half = sessions.open_half(
        person=person,
        kind=SessionKind.ADMINISTRATOR,
        audience=audience,
        actor=DESK,
        device="Mozilla/5.0 (Windows NT 10.0) Chrome/120",
        now=at,
    )
    return sessions.complete(session=half.session, second_factor_at=at, now=at)


def member(person, unit, at=NOW):
    half = sessions.open_half(
        person=person,
        kind=SessionKind.MEMBER,
        audience=sessions.Audience("unit", unit.id),
        actor=DESK,
        now=at,
    )
    return sessions.complete(session=half.session, member_id=uuid7(), now=at)


def alive(session, after):
    return sessions.is_alive(session, now=NOW + after)


class TestLife:
    def test_of_half_a_sign_in_is_ten_minutes(self):
        half = sessions.open_half(
            person=make_staff(),
            kind=SessionKind.ADMINISTRATOR,
            audience=CONSOLE,
            actor=DESK,
            now=NOW,
        ).session
        assert alive(half, 9 * MINUTE)
        assert not alive(half, 10 * MINUTE)

    def test_of_an_administrator_ends_after_half_an_hour_of_nothing(self):
        session = administrator(make_staff()).session
        assert alive(session, 29 * MINUTE)
        assert not alive(session, 30 * MINUTE)

    def test_of_an_administrator_ends_after_twelve_hours_of_work(self):
        session = administrator(make_staff()).session
        for minutes in range(20, 12 * 60, 20):
            assert alive(session, minutes * MINUTE)
            sessions.note_seen(session=session, now=NOW + minutes * MINUTE)
        assert not alive(session, 12 * HOUR)

    def test_of_a_member_is_thirty_days_whatever_is_done(self, alpha):
        session = member(make_staff(), alpha).session
        assert alive(session, 30 * DAY - MINUTE)
        sessions.note_seen(session=session, now=NOW + 29 * DAY)
        assert not alive(session, 30 * DAY)

    def test_is_written_at_most_once_a_minute(self, django_assert_num_queries):
        session = administrator(make_staff()).session
        with django_assert_num_queries(0):
            sessions.note_seen(session=session, now=NOW + dt.timedelta(seconds=59))


class TestLookup:
    def find(self, opened, audience):
        digest = sessions.digest_of(opened.token)
        return selectors.session_by_digest(digest, audience=audience.name)

    def test_finds_it_at_its_own_audience_only(self, alpha, beta):
        opened = administrator(make_staff(), sessions.Audience("unit", alpha.id))
        assert self.find(opened, sessions.Audience("unit", alpha.id)) == opened.session
        for elsewhere in (
            sessions.Audience("unit", beta.id),
            sessions.Audience("unit"),
            sessions.Audience("member"),
            CONSOLE,
        ):
            assert self.find(opened, elsewhere) is None

    def test_brings_the_platform_roles_in_one_query(self, django_assert_num_queries):
        opened = administrator(make_staff(roles=("outreach", "operator")))
        with shared_context():
            assert Session.objects.exists()  # the connection is on the shared tables
            with django_assert_num_queries(1):
                roles = self.find(opened, CONSOLE).roles
        assert roles == ["operator", "outreach"]

    def test_finds_nothing_for_somebody_out_of_service(self):
        ada = make_staff()
        opened = administrator(ada)
        ada.is_active = False
        with shared_context():
            ada.save()
        assert self.find(opened, CONSOLE) is None

    def test_stores_a_digest_never_the_token(self):
        opened = administrator(make_staff())
        assert len(opened.token) >= 43
        assert opened.token.encode() not in bytes(opened.session.digest)


class TestEnd:
    def test_ends_ones_own(self):
        ada = make_staff()
        opened = administrator(ada)
        sessions.end(
            session_id=opened.session.id, actor=Actor(person_id=ada.id, kind="person"), now=NOW
        )
        with shared_context():
            opened.session.refresh_from_db()
        assert opened.session.ended_at == NOW

    def test_refuses_anybody_elses(self):
        opened = administrator(make_staff())
        ben = make_staff(login="ben.zhou")
        for actor in (Actor(), Actor(person_id=ben.id, kind="person")):
            with pytest.raises(sessions.NoSuchSession):
                sessions.end(session_id=opened.session.id, actor=actor, now=NOW)

    def test_in_one_unit_leaves_the_others_and_the_members_sign_in(self, alpha, beta):
        ada = make_staff()
        here = administrator(ada, sessions.Audience("unit", alpha.id))
        there = administrator(ada, sessions.Audience("unit", beta.id))
        phone = member(ada, alpha)
        assert sessions.end_all(person_id=ada.id, unit_id=alpha.id, now=NOW) == 1
        with shared_context():
            ended = {one.id: one.ended_at for one in Session.objects.filter(person_id=ada.id)}
        assert ended == {here.session.id: NOW, there.session.id: None, phone.session.id: None}


class TestOwn:
    def test_lists_what_is_alive_this_one_first(self, alpha):
        ada = make_staff()
        administrator(ada, at=NOW - 13 * HOUR)
        other = administrator(ada, sessions.Audience("unit", alpha.id))
        this = administrator(ada)
        actor = Actor(kind="person", person_id=ada.id, session_id=this.session.id)
        listed = sessions.own(actor=actor, now=NOW)
        assert [one.id for one in listed] == [this.session.id, other.session.id]
        assert listed[0].device == "Chrome 浏览器，Windows 电脑"
        assert [one.place for one in listed] == ["控制台", alpha.name]

    def test_of_nobody_is_empty(self):
        assert sessions.own(actor=Actor(), now=NOW) == []


def test_sweep_clears_what_ran_out_long_ago():
    ada = make_staff()
    old, new = administrator(ada, at=NOW - 41 * DAY), administrator(ada)
    with shared_context():
        housekeeping.sweep(now=NOW)
        left = set(Session.objects.values_list("id", flat=True))
    assert new.session.id in left
    assert old.session.id not in left
