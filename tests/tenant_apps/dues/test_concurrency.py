"""Twice at once, over real connections and real commits: one payment, one receipt, one order."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections

from kernel.clock import Month, day_of
from kernel.unit import shared_context, unit_context
from shared_apps.payments import selectors as payments
from tenant_apps.dues.models import Bill, Lot, Receipt, Slip, Transfer
from tenant_apps.dues.selectors import proxy as proxy_lists
from tenant_apps.dues.services import billing, collection, counter, entrusting, proxy
from tenants.models import Unit
from tenants.services import grants
from tests.factories.dues import (
    NOVEMBER,
    as_member,
    make_member,
    make_owing_member,
    make_standard,
    treasurer,
)

AT_ONCE = 4
SHARED = (
    "payments_channelevent, payments_orderitem, payments_order, payments_channelconfig,"
    " payments_rejectedcallback, usage_outbox"
)


@pytest.fixture
def alpha(really_written, django_db_setup, django_db_blocker):
    """Alpha with commits that last; the owner takes away afterwards what the test wrote."""
    with django_db_blocker.unblock():
        connection.set_schema_to_public()
        try:
            with unit_context(Unit.objects.get(label="alpha").id) as unit:
                yield unit
        finally:
            own = [f'{unit.schema_name}."{m._meta.db_table}"' for m in grants.unit_models()]
            with connections["owner"].cursor() as cursor:
                cursor.execute(f"TRUNCATE {SHARED}, {', '.join(own)} CASCADE")
            connection.close()


def at_once(unit, act: Callable[[int], object]) -> list[object]:
    """Runs ``act`` in several threads that start together, each with a connection of its own."""
    gate = threading.Barrier(AT_ONCE)
    results: list[object] = []

    def run(number: int) -> None:
        try:
            with unit_context(unit.id):
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


def refused(results):
    return [result for result in results if isinstance(result, Exception)]


def test_one_callback_many_times_at_once_gives_one_receipt(
    alpha, cleo, start, pay, core, config, wall, books
):
    paid = pay(start(cleo, 202609, 202610))
    deliveries = [core.callbacks.message(paid, f"EV-{number % 2}") for number in range(AT_ONCE)]

    def deliver(number):
        with shared_context():
            collection.receive_notification(
                channel="wechat",
                config_uid=config.uid,
                headers=list(deliveries[number].headers.items()),
                body=deliveries[number].body,
                now=wall(),
            )
            collection.book_received(now=wall())

    assert refused(at_once(alpha, deliver)) == []
    assert Receipt.objects.count() == 1
    assert Transfer.objects.count() == 2
    assert Bill.objects.filter(state="PAID").count() == 2
    books()


def test_starting_many_times_at_once_makes_one_order(alpha, cleo, start):
    actor = as_member(cleo)
    results = at_once(alpha, lambda _: start(cleo, 202609, actor=actor).pk)
    assert refused(results) == []
    assert len(set(results)) == 1
    assert payments.orders_of_member(cleo.id).count() == 1


def test_issuing_many_times_at_once_bills_everybody_once(alpha, wall):
    for _ in range(3):
        make_standard(make_member())
    actor = treasurer()
    results = at_once(
        alpha, lambda _: billing.issue_month(month=NOVEMBER, actor=actor, now=wall()).count
    )
    assert sorted(results) == [0] * (AT_ONCE - 1) + [3]
    assert Bill.objects.count() == 3


def test_receipts_given_at_once_have_no_gap(alpha, cleo, start, pay, notify, core, config, wall):
    people = [cleo, *(make_owing_member(202611, name=f"党员{n}") for n in range(AT_ONCE - 1))]
    paid = [pay(start(m, 202609 if m == cleo else 202611)) for m in people]
    messages = [core.callbacks.message(p, f"EV-{n}") for n, p in enumerate(paid)]

    def deliver(number):
        with shared_context():
            collection.receive_notification(
                channel="wechat",
                config_uid=config.uid,
                headers=list(messages[number].headers.items()),
                body=messages[number].body,
                now=wall(),
            )
            collection.book_received(now=wall())

    assert refused(at_once(alpha, deliver)) == []
    numbers = sorted(serial[-6:] for serial in Receipt.objects.values_list("serial", flat=True))
    assert numbers == [f"{n:06d}" for n in range(1, AT_ONCE + 1)]


def test_two_who_take_the_same_cash_at_once_one_is_refused(alpha, wall, books):
    cleo = make_owing_member(202609, 202610)
    people = [treasurer() for _ in range(AT_ONCE)]
    results = at_once(
        alpha,
        lambda number: counter.take(
            chosen={cleo.pk: [Month(202609)]},
            received_fen=12_900,
            actor=people[number],
            now=wall(),
        ),
    )
    assert [type(one) for one in refused(results)] == [collection.NotDue] * (AT_ONCE - 1)
    assert (Slip.objects.count(), Receipt.objects.count(), Transfer.objects.count()) == (1, 1, 1)
    books()


def test_a_slip_is_deposited_or_taken_back_and_never_both(alpha, wall, books):
    cleo = make_owing_member(202609, 202610)
    eva, others = treasurer(), [treasurer() for _ in range(AT_ONCE)]
    taken = {cleo.pk: [Month(202609)]}
    (slip,) = counter.take(chosen=taken, received_fen=12_900, actor=eva, now=wall())

    def act(number):
        if number % 2:
            return counter.reverse(slip=slip, reason="误收退还", actor=others[number], now=wall())
        return counter.deposit(
            collector=eva.person_id,
            slip_ids=[slip.pk],
            bank="1001",
            bank_number=f"HD000{number}",
            banked_on=day_of(wall()),
            amount_fen=12_900,
            actor=others[number],
            now=wall(),
        )

    wrong = {type(one) for one in refused(at_once(alpha, act))}
    assert wrong <= {counter.SlipMoved, counter.NothingToDeposit}
    assert Lot.objects.count() + Slip.objects.filter(state="reversed").count() == 1
    books()


def test_a_batch_banked_many_times_at_once_is_booked_once(alpha, wall, books):
    cleo = make_owing_member(202609, 202610)
    eva, others = treasurer(), [treasurer() for _ in range(AT_ONCE)]
    entrusting.enter_paper(
        member=cleo, first=Month(202601), last=None, note="委托书", actor=eva, now=wall()
    )
    rows = proxy_lists.rows_of_entrusted(eva, [cleo.pk])
    lot = proxy.draw_up(rows=rows, title="", is_their_money=True, actor=eva, now=wall())
    lot = proxy.check(lot=lot, actor=others[0], now=wall())

    def act(number):
        return proxy.bank(
            lot=lot,
            account="1001",
            number=f"HD000{number}",
            banked_on=day_of(wall()),
            amount_fen=25_800,
            actor=others[number],
            now=wall(),
        )

    assert [type(one) for one in refused(at_once(alpha, act))] == [proxy.LotMoved] * (AT_ONCE - 1)
    assert (Receipt.objects.count(), Bill.objects.filter(state="PAID").count()) == (1, 2)
    books()
