"""Money that was paid reaches the books also while the unit is held up; nothing else does."""

import datetime as dt

import pytest

from kernel import clock
from kernel.unit import Purpose, UnitNotServing, shared_context, unit_context
from shared_apps.payments import selectors as payments
from shared_apps.payments.models import ChannelEvent, EventOutcome
from tenant_apps.dues.models import Bill, Receipt, Transfer
from tenant_apps.dues.services import booking, collection
from tenants.models import UnitState
from tests.tenants.life import put

HELD_UP = [UnitState.READ_ONLY, UnitState.SUSPENDED, UnitState.CLOSING]
LATER = dt.timedelta(seconds=30)


@pytest.fixture
def paid(cleo, start, pay):
    """An order of 129.00 that the payer has just paid at the channel."""
    return pay(start(cleo, 202609))


def booked(unit):
    with unit_context(unit.pk, for_=Purpose.READING):
        return (
            Bill.objects.filter(state="PAID").count(),
            Receipt.objects.count(),
            Transfer.objects.count(),
        )


@pytest.mark.parametrize("state", HELD_UP)
def test_a_callback_is_received_stored_and_applied_once(alpha, paid, notify, books, state):
    put(alpha, state)
    notify(paid)
    notify(paid)
    assert booked(alpha) == (1, 1, 1)
    with shared_context():
        assert ChannelEvent.objects.get().outcome == EventOutcome.APPLIED
    with unit_context(alpha.pk, for_=Purpose.READING):
        books()


@pytest.mark.parametrize("state", HELD_UP)
def test_the_sweep_finds_a_payment_whose_callback_was_lost(alpha, paid, wall, state):
    put(alpha, state)
    booking.ask_channel(now=wall() + LATER)
    assert booked(alpha) == (1, 1, 1)


def test_the_pay_face_answers_the_channel_for_a_suspended_unit(alpha, client, config, core, paid):
    put(alpha, UnitState.SUSPENDED)
    message = core.callbacks.message(paid, "EV-1")
    answer = client.generic(
        "POST",
        f"/pay/n/wechat/{config.uid}",
        message.body,
        content_type="application/json",
        headers={"host": "pay.test", **dict(message.headers.items())},
    )
    assert answer.status_code == 204
    collection.book_received(now=clock.now())
    assert booked(alpha) == (1, 1, 1)


def test_nothing_else_gets_in(alpha, config):
    put(alpha, UnitState.SUSPENDED)
    with pytest.raises(UnitNotServing), unit_context(alpha.pk):
        Bill.objects.count()
    with shared_context():
        assert payments.accepts_payments(alpha.pk)
