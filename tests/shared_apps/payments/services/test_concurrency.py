"""The same payment told many times at once, over real connections and real commits."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections, transaction

from kernel.models import uuid7
from kernel.unit import shared_context, unit_context
from shared_apps.payments import selectors
from shared_apps.payments.models import ChannelEvent, EventOutcome, Order, OrderState
from shared_apps.payments.services import accounts, callbacks, orders
from tenants.models import Unit
from tests.factories.payments import mark_paid
from tests.shared_apps.payments.services.conftest import ADA, SYSTEM

AT_ONCE = 6
TABLES = "payments_channelevent, payments_orderitem, payments_order, payments_channelconfig"


@pytest.fixture
def alpha(really_written, django_db_setup, django_db_blocker):
    """Alpha with commits that last; what the test wrote is taken away by the owner afterwards."""
    with django_db_blocker.unblock():
        connection.set_schema_to_public()
        try:
            with unit_context(Unit.objects.get(label="alpha").id) as unit:
                yield unit
        finally:
            with connections["owner"].cursor() as cursor:
                cursor.execute(f"TRUNCATE {TABLES}, payments_rejectedcallback CASCADE")
            connection.close()


@pytest.fixture
def paid(alpha, account, wall, core, channel, pay):
    """An order that is committed, submitted and paid; as (order, payment at the channel)."""
    with shared_context():
        accounts.configure(unit_id=alpha.id, account=account, actor=SYSTEM, now=wall())
    order = orders.open_order(
        unit_id=alpha.id,
        items=[orders.Item(uuid7(), 3600)],
        description="党费",
        actor=ADA,
        now=wall(),
    )
    order = orders.submit(order=order, actor=ADA, now=wall())
    return order, pay(order)


def at_once(act: Callable[[int], object]) -> list[object]:
    """Run `act` in several threads that start together, each with its own connection."""
    gate = threading.Barrier(AT_ONCE)
    results: list[object] = []

    def run(number: int) -> None:
        try:
            gate.wait()
            results.append(act(number))
        except Exception as error:  # noqa: BLE001 - handed to the test
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def apply(unit_id, event_id, now):
    with unit_context(unit_id), transaction.atomic():
        return mark_paid(event_id, now=now)


def test_one_callback_many_times_at_once_pays_once(alpha, paid, delivery, wall):
    order, payment = paid
    headers, body = delivery(payment)

    def take(_number: int):
        accepted = callbacks.accept(
            channel="wechat", config_uid=order.config.uid, headers=headers, body=body, now=wall()
        )
        return apply(accepted.unit_id, accepted.event_id, wall())

    results = at_once(take)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert len([result for result in results if result is not None]) == 1
    assert ChannelEvent.objects.count() == 1
    assert Order.objects.get().state == OrderState.PAID
    assert selectors.broken_invariants() == {"I3": 0, "I4": 0, "I11": 0}


def test_callback_and_query_at_once_pay_once(alpha, paid, delivery, wall):
    """The same payment told under different event ids: one is applied, the rest are duplicates."""
    order, payment = paid
    deliveries = [delivery(payment, event_id=f"EV-{number}") for number in range(AT_ONCE)]

    def take(number: int):
        if number == 0:
            with unit_context(alpha.id):
                event_id = orders.refresh(order=order, now=wall()).event_id
            return apply(alpha.id, event_id, wall()) if event_id else None
        headers, body = deliveries[number]
        accepted = callbacks.accept(
            channel="wechat", config_uid=order.config.uid, headers=headers, body=body, now=wall()
        )
        return apply(accepted.unit_id, accepted.event_id, wall())

    results = at_once(take)
    assert [result for result in results if isinstance(result, Exception)] == []
    assert len([result for result in results if result is not None]) == 1
    outcomes = list(ChannelEvent.objects.values_list("outcome", flat=True))
    assert outcomes.count(EventOutcome.APPLIED) == 1
    assert EventOutcome.CONFLICT not in outcomes
    assert selectors.broken_invariants() == {"I3": 0, "I4": 0, "I11": 0}


def test_money_is_not_handed_out_when_the_books_fail(alpha, paid, delivery, wall):
    """Order and books change together or not at all; the event stays for the sweep."""
    order, payment = paid
    headers, body = delivery(payment)
    with shared_context():
        accepted = callbacks.accept(
            channel="wechat", config_uid=order.config.uid, headers=headers, body=body, now=wall()
        )
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        mark_paid(accepted.event_id, now=wall())
        raise ZeroDivisionError
    assert Order.objects.get().state == OrderState.AWAITING
    assert ChannelEvent.objects.get().outcome == EventOutcome.PENDING
    assert apply(alpha.id, accepted.event_id, wall()).amount_fen == 3600


def test_outside_a_transaction_no_money_is_handed_out(alpha):
    with pytest.raises(RuntimeError):
        mark_paid(uuid7(), now=None)


def test_the_order_is_committed_before_the_channel_is_called(alpha, paid):
    order, _ = paid
    with pytest.raises(RuntimeError), transaction.atomic():
        orders.submit(order=order, actor=ADA, now=order.created_at)
