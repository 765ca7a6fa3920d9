"""Parcels between units: once, in order, whatever dies in between."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from kernel.unit import shared_context, unit_context
from shared_apps.exchange.models import Parcel
from shared_apps.exchange.services import handlers, post
from shared_apps.exchange.services.post import Decision
from tenant_apps.audit.models import Event
from tenant_apps.audit.services import record
from tenants.models import UnitState
from tests.factories.organizations import JOB, NOW
from tests.tenants.life import put

TOPIC = "test.topic"
LATER = post.dt.timedelta(hours=2)


class Killed(BaseException):
    """The process is gone: nothing catches this."""


class Inbox:
    """Writes a row for every arrival, and dies when told so, before or after writing."""

    def __init__(self):
        self.dies = ""

    def __call__(self, arrival, now):
        if self.dies == "before":
            raise Killed
        record("parcel.came", actor=JOB, now=now, word=arrival.content["word"])
        if self.dies == "after":
            raise Killed
        if self.dies == "wrong":
            raise ValueError("cannot be done")


@pytest.fixture
def inbox(monkeypatch):
    taking = Inbox()
    monkeypatch.setitem(handlers._handlers, TOPIC, taking)
    return taking


def send(to, word="一", thread_id=None):
    return post.send(to=to.id, topic=TOPIC, content={"word": word}, now=NOW, thread_id=thread_id)


def words(unit):
    with unit_context(unit.id):
        events = Event.objects.filter(code="parcel.came").order_by("id")
        return [event.data["word"] for event in events]


def swept(now=NOW):
    with shared_context():
        post.sweep(now=now)


def parcel():
    with shared_context():
        return Parcel.objects.get()


def test_it_arrives_once_however_often_it_is_handed_over(alpha, beta, inbox):
    key = send(beta)
    assert post.hand_over(key, now=NOW)
    assert not post.hand_over(key, now=NOW)
    swept()
    assert words(beta) == ["一"]
    assert (parcel().state, bytes(parcel().content_sealed)) == ("DELIVERED", b"")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_process_killed_at_any_point_leaves_it_to_the_next(alpha, beta, inbox, moment):
    send(beta)
    inbox.dies = moment
    with pytest.raises(Killed), transaction.atomic():
        swept()
    assert words(beta) == []
    assert parcel().state == "WAITING"
    inbox.dies = ""
    swept()
    assert words(beta) == ["一"]


def test_killed_when_the_mark_is_set_it_arrives_once(alpha, beta, inbox, monkeypatch):
    send(beta)
    whole = Parcel.save

    def dying(self, *args, **kwargs):
        raise Killed

    monkeypatch.setattr(Parcel, "save", dying)
    with pytest.raises(Killed), transaction.atomic():
        swept()
    monkeypatch.setattr(Parcel, "save", whole)
    assert words(beta) == []
    swept()
    assert words(beta) == ["一"]


def test_what_was_not_committed_was_never_sent(alpha, beta, inbox):
    with pytest.raises(Killed), transaction.atomic():
        send(beta)
        raise Killed
    swept()
    assert words(beta) == []


def test_a_handler_that_fails_is_asked_again_later(alpha, beta, inbox):
    send(beta)
    inbox.dies = "wrong"
    swept()
    waiting = parcel()
    assert (waiting.state, waiting.hindrance, waiting.attempts) == ("WAITING", "FAILED", 1)
    assert waiting.next_try_at > NOW
    assert words(beta) == []
    inbox.dies = ""
    swept()
    assert words(beta) == [], "not before its time"
    swept(NOW + LATER)
    assert words(beta) == ["一"]


def test_a_correspondence_arrives_in_its_order(alpha, beta, inbox):
    first = send(beta, "一")
    second = send(beta, "二", first)
    assert not post.hand_over(second, now=NOW)
    swept(NOW + LATER)
    assert words(beta) == ["一", "二"]


@pytest.mark.parametrize(
    ("state", "hindrance"),
    [
        (UnitState.SUSPENDED, "SUSPENDED"),
        (UnitState.READ_ONLY, "READ_ONLY"),
        (UnitState.CLOSING, "READ_ONLY"),
        (UnitState.CLOSED, "CLOSED"),
    ],
)
def test_it_waits_for_a_unit_that_takes_no_writes_and_says_why(
    alpha, beta, inbox, state, hindrance
):
    send(beta)
    put(beta, state)
    swept()
    assert (parcel().state, parcel().hindrance) == ("WAITING", hindrance)
    put(beta, UnitState.LIVE)
    swept(NOW + LATER)
    assert words(beta) == ["一"]


def test_a_unit_of_another_cell_is_waited_for(alpha, beta, inbox):
    key = send(beta)
    with shared_context():
        Parcel.objects.filter(pk=key).update(unit_id=post.uuid7())
    swept()
    assert (parcel().state, parcel().hindrance) == ("WAITING", "ELSEWHERE")


def test_nothing_is_sent_to_a_unit_that_is_not_there(alpha):
    with pytest.raises(post.ReceiverGone):
        post.send(to=post.uuid7(), topic=TOPIC, content={}, now=NOW)


def test_exactly_one_of_two_decisions_holds(alpha, beta, inbox):
    key = send(beta)
    assert post.decide(thread_id=key, decision=Decision.WITHDRAWN, now=NOW)
    with unit_context(beta.id):
        assert not post.decide(thread_id=key, decision=Decision.ACCEPTED, now=NOW)
    assert parcel().decision == "WITHDRAWN"


def test_a_later_decision_says_which_one_it_follows(alpha, beta, inbox):
    key, accepted = send(beta), Decision.ACCEPTED
    returned = {"thread_id": key, "decision": Decision.RETURNED, "now": NOW}
    assert not post.decide(**returned, after=accepted)
    assert post.decide(thread_id=key, decision=accepted, now=NOW)
    assert post.decide(**returned, after=accepted)


def test_a_unit_sees_only_what_is_for_it_and_writes_nothing(alpha, beta, inbox):
    send(beta)
    assert Parcel.objects.count() == 0
    with unit_context(beta.id):
        assert Parcel.objects.count() == 1
        with pytest.raises(DatabaseError), transaction.atomic():
            Parcel.objects.update(state="DELIVERED")
    connection.set_tenant(alpha)


def test_what_was_delivered_long_ago_is_forgotten(alpha, beta, inbox):
    send(beta)
    swept()
    swept(NOW + post.KEPT)
    assert parcel().state == "DELIVERED"
    swept(NOW + post.KEPT + LATER)
    with shared_context():
        assert not Parcel.objects.exists()
