"""The intake's answers, and the booker that books what it kept."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.db import OperationalError
from django.utils.asyncio import async_unsafe

from kernel.intake import Message
from kernel.unit import shared_context
from shared_apps.payments.models import ChannelEvent
from tenant_apps.dues.management.commands import intake
from tenant_apps.dues.management.commands.booker import round_of_booking
from tenant_apps.dues.management.commands.intake import answer
from tenant_apps.dues.models import Bill, Receipt
from tenant_apps.dues.services import booking, collection
from tests.loops import run

HOST = "pay.test"


@pytest.fixture
def sent(core, config):
    """A callback as it comes over the wire."""

    def act(paid, event="EV-1", host=HOST, path=None, method="POST"):
        message = core.callbacks.message(paid, event)
        return Message(
            method,
            path or f"/pay/n/wechat/{config.uid}",
            (("host", f"{host}:8000"), *_lowered(message.headers)),
            message.body,
        )

    return act


def _lowered(headers):
    return [(name.lower(), value) for name, value in headers.items()]


@pytest.fixture
def paid(cleo, start, pay):
    return pay(start(cleo, 202609))


def told(messages):
    with shared_context():
        return [reply.status for reply in answer(messages)]


def test_it_is_kept_answered_and_then_booked(paid, sent, books):
    assert told([sent(paid)]) == [204]
    assert not Receipt.objects.exists()
    round_of_booking()
    round_of_booking()
    assert Receipt.objects.count() == 1
    assert Bill.objects.filter(state="PAID").count() == 1
    books()


def test_twice_in_one_group_and_once_more_is_one_event(paid, sent, books):
    assert told([sent(paid), sent(paid), sent(paid, "EV-2")]) == [204, 204, 204]
    round_of_booking()
    assert told([sent(paid)]) == [204]
    round_of_booking()
    assert Receipt.objects.count() == 1
    books()


def test_a_forgery_among_others_is_refused_alone(paid, sent):
    forged = sent(paid)
    forged = Message(forged.method, forged.path, forged.headers, forged.body + b" ")
    genuine = sent(paid)
    first, second = answer([forged, genuine])
    assert (first.status, second.status) == (422, 204)
    assert b"FAIL" in first.body
    assert "签" not in first.body.decode()
    with shared_context():
        assert ChannelEvent.objects.count() == 1


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"host": "alpha.test"},
        {"method": "GET"},
        {"path": "/pay/n/wechat/not-a-key"},
        {"path": "/pay/n/stripe/018f0000-0000-7000-8000-000000000000"},
        {"path": "/dues/"},
    ],
)
def test_nothing_else_is_there(paid, sent, elsewhere):
    assert told([sent(paid, **elsewhere)]) == [404]
    with shared_context():
        assert not ChannelEvent.objects.exists()


def test_the_command_may_use_the_database_from_within_its_loop(monkeypatch):
    """Django refuses it to a running loop unless it is told that this one may wait."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "")
    reached = []

    async def one_turn():
        reached.append(async_unsafe("refused")(lambda: True)())

    def server(*_, **__):
        return SimpleNamespace(run=lambda: run(one_turn()))

    monkeypatch.setattr(intake.intake, "server", server)
    intake.Command().handle(host="127.0.0.1", port=0)
    assert reached == [True]


def test_it_says_that_it_lives():
    assert told([Message("GET", "/livez", (), b"")]) == [200]


def test_one_that_cannot_be_kept_does_not_hold_up_the_others(paid, sent, monkeypatch):
    keep = collection._keep

    def fragile(deliveries):
        if any(one.body == b"poison" for one in deliveries):
            raise ValueError("cannot be kept")
        return keep(deliveries)

    monkeypatch.setattr(collection, "_keep", fragile)
    poison = sent(paid)
    poison = Message(poison.method, poison.path, poison.headers, b"poison")
    assert told([poison, sent(paid)]) == [500, 204]


def test_a_lost_connection_is_tried_once_more_and_no_more(paid, sent, monkeypatch):
    tried = []

    def lost(deliveries):
        tried.append(len(deliveries))
        raise OperationalError("the server went away")

    monkeypatch.setattr(collection, "_keep", lost)
    monkeypatch.setattr("django.db.connection.close", lambda: tried.append("closed"))
    with pytest.raises(OperationalError):
        answer([sent(paid), sent(paid)])
    assert tried == [2, "closed", 2]


def test_what_failed_once_is_left_to_the_sweep(paid, sent, wall, monkeypatch):
    told([sent(paid)])
    with monkeypatch.context() as patch:
        patch.setattr(booking.paying, "mark_paid", lambda **_: 1 / 0)
        round_of_booking()
    round_of_booking()
    assert not Receipt.objects.exists()
    with shared_context():
        assert ChannelEvent.objects.get().attempts == 1
