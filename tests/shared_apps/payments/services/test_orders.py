"""Orders: opened, submitted, followed, closed. What is unknown stays unknown until asked."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kernel.actor import Actor
from kernel.errors import Forbidden
from kernel.models import uuid7
from kernel.unit import shared_context, unit_context
from shared_apps.payments import selectors
from shared_apps.payments.models import (
    ChannelConfig,
    ChannelEvent,
    EventSource,
    Order,
    OrderState,
)
from shared_apps.payments.services import accounts, orders
from shared_apps.payments.simulator.skins import Heard
from tests.factories.payments import mark_paid
from tests.shared_apps.payments.services.conftest import ADA

NO_ANSWER = ["drop_before", "error_before", "unsigned", "badly_signed"]


def stored(order) -> Order:
    return Order.objects.get(pk=order.pk)


class TestOpen:
    def test_writes_the_whole_order_before_the_channel_hears_of_it(self, order, alpha, core, bills):
        assert (order.state, order.amount_fen) == (OrderState.CREATED, 3600)
        assert (order.payer_person_id, order.payer_member_id) == (ADA.person_id, ADA.member_id)
        assert {item.bill_id: item.amount_fen for item in order.items.all()} == {
            bills[0]: 1200,
            bills[1]: 2400,
        }
        assert order.expires_at - order.created_at == timedelta(minutes=20)
        assert core.books.orders_numbered(order.out_trade_no) == []

    @pytest.mark.parametrize("amounts", [[], [0], [1200, -1]])
    def test_refuses_an_order_over_nothing(self, config, alpha, wall, amounts):
        with pytest.raises(orders.EmptyOrder):
            orders.open_order(
                unit_id=alpha.id,
                items=[orders.Item(uuid7(), fen) for fen in amounts],
                description="党费",
                actor=ADA,
                now=wall(),
            )

    def test_refuses_who_is_no_member(self, config, alpha, wall):
        with pytest.raises(Forbidden):
            orders.open_order(
                unit_id=alpha.id,
                items=[orders.Item(uuid7(), 1)],
                description="党费",
                actor=Actor(),
                now=wall(),
            )

    def test_refuses_a_unit_without_an_account(self, alpha, wall):
        with pytest.raises(selectors.ChannelNotConfigured):
            orders.open_order(
                unit_id=alpha.id,
                items=[orders.Item(uuid7(), 1)],
                description="党费",
                actor=ADA,
                now=wall(),
            )

    def test_is_invisible_to_beta(self, order, beta):
        with unit_context(beta.id):
            assert not Order.objects.exists()
            with pytest.raises(selectors.UnknownOrder):
                selectors.order_by_id(order.pk)


class TestSubmit:
    def test_awaits_the_payer(self, awaiting):
        assert awaiting.state == OrderState.AWAITING
        page = orders.pay_page(order=awaiting, return_url="http://m.localhost:8000/dues/")
        assert page.startswith(awaiting.pay_url + "&redirect_url=http%3A%2F%2Fm.localhost")

    def test_again_returns_the_same_order_without_asking(self, awaiting, channel, wall):
        calls = len(channel.calls)
        again = orders.submit(order=awaiting, actor=ADA, now=wall())
        assert (again.pay_url, len(channel.calls)) == (awaiting.pay_url, calls)

    @pytest.mark.parametrize("mode", ["drop_before", "drop_after", "error_after", "unsigned"])
    def test_a_lost_answer_is_asked_about_and_repeated(self, order, core, channel, wall, mode):
        """Query before retry, and the retry carries the same number."""
        core.plant("order", mode)
        order = orders.submit(order=order, actor=ADA, now=wall())
        assert order.state == OrderState.AWAITING
        assert len(core.books.orders_numbered(order.out_trade_no)) == 1
        assert [call.request.method for call in channel.calls] == ["POST", "GET", "POST"]

    def test_is_unknown_while_the_channel_is_silent(self, order, core, channel, wall):
        core.plant("order", "drop_after")
        core.plant("query", "drop_before")
        order = orders.submit(order=order, actor=ADA, now=wall())
        assert (order.state, order.error_code) == (OrderState.UNKNOWN, "NO_CONNECTION")
        assert stored(order).ask_at == wall() + timedelta(seconds=30)

    def test_an_unknown_order_is_not_submitted_again(self, order, core, channel, wall):
        core.plant("order", "error_before")
        core.plant("query", "error_before")
        orders.submit(order=order, actor=ADA, now=wall())
        calls = len(channel.calls)
        assert orders.submit(order=order, actor=ADA, now=wall()).state == OrderState.UNKNOWN
        assert len(channel.calls) == calls

    def test_fails_when_the_channel_refuses(self, order, config, channel, wall):
        with shared_context():
            ChannelConfig.objects.filter(pk=config.pk).update(merchant_serial="0" * 40)
        refused = orders.submit(order=order, actor=ADA, now=wall())
        assert (refused.state, refused.error_code) == (OrderState.FAILED, "SIGN_ERROR")
        assert refused.closed_at == wall()

    def test_refuses_an_expired_order(self, order, channel, wall):
        with pytest.raises(orders.OrderExpired):
            orders.submit(order=order, actor=ADA, now=order.expires_at)
        assert len(channel.calls) == 0

    def test_a_callback_may_be_faster_than_the_answer(
        self, order, core, channel, wall, mailbag, accept, apply
    ):
        def take(url, headers, body):
            paid = core.books.orders_numbered(order.out_trade_no)[0]
            assert apply(accept(paid)).amount_fen == 3600
            return Heard(204)

        core.callbacks.post = take
        core.plant("order", "callback_first")
        assert orders.submit(order=order, actor=ADA, now=wall()).state == OrderState.PAID

    def test_an_order_found_waiting_gets_its_page_again(self, order, core, channel, wall):
        """The order's answer was lost and the query found it: the page is asked for once more."""
        core.plant("order", "drop_after")
        core.plant("query", "drop_before")
        orders.submit(order=order, actor=ADA, now=wall())
        found = orders.refresh(order=order, now=wall()).order
        assert (found.state, found.pay_url) == (OrderState.AWAITING, "")
        assert orders.submit(order=found, actor=ADA, now=wall()).pay_url

    def test_without_its_page_it_goes_on_waiting(self, order, core, channel, wall):
        """The page could not be fetched again: the order is as open at the channel as before."""
        core.plant("order", "drop_after")
        core.plant("query", "drop_before")
        orders.submit(order=order, actor=ADA, now=wall())
        found = orders.refresh(order=order, now=wall()).order
        core.plant("order", "error_before")
        core.plant("query", "error_before")
        again = orders.submit(order=found, actor=ADA, now=wall())
        assert (again.state, again.error_code) == (OrderState.AWAITING, "SYSTEM_ERROR")

    def test_an_order_of_nobody_is_unknown(self, order, wall):
        order.pk = uuid7()
        with pytest.raises(selectors.UnknownOrder):
            orders.submit(order=order, actor=ADA, now=wall())


class TestRefresh:
    def test_waits_on(self, awaiting, wall):
        followed = orders.refresh(order=awaiting, now=wall())
        assert (followed.order.state, followed.event_id) == (OrderState.AWAITING, None)

    def test_finds_a_payment_that_no_callback_told(self, awaiting, pay, wall, alpha):
        paid = pay(awaiting)
        followed = orders.refresh(order=awaiting, now=wall())
        assert followed.order.state == OrderState.AWAITING
        event = ChannelEvent.objects.get(pk=followed.event_id)
        assert (event.source, event.transaction_id) == (EventSource.QUERY, paid.transaction_id)
        payment = mark_paid(event.pk, now=wall())
        assert (payment.amount_fen, payment.is_late) == (3600, False)
        assert stored(awaiting).state == OrderState.PAID
        assert orders.refresh(order=awaiting, now=wall()).event_id is None

    def test_finding_it_twice_stores_it_once(self, awaiting, pay, wall):
        pay(awaiting)
        first = orders.refresh(order=awaiting, now=wall())
        assert orders.refresh(order=awaiting, now=wall()).event_id == first.event_id
        assert ChannelEvent.objects.count() == 1

    @pytest.mark.parametrize("mode", NO_ANSWER)
    def test_unknown_stays_unknown(self, order, core, channel, wall, mode):
        core.plant("order", "drop_after")
        core.plant("query", mode, times=2)
        orders.submit(order=order, actor=ADA, now=wall())
        assert orders.refresh(order=order, now=wall()).order.state == OrderState.UNKNOWN
        assert orders.refresh(order=order, now=wall()).order.state == OrderState.AWAITING

    def test_an_order_that_never_arrived_has_failed(self, order, core, channel, wall):
        core.plant("order", "drop_before")
        core.plant("query", "drop_before")
        orders.submit(order=order, actor=ADA, now=wall())
        followed = orders.refresh(order=order, now=wall())
        assert (followed.order.state, followed.order.error_code) == (
            OrderState.FAILED,
            "ORDER_NOT_EXIST",
        )

    def test_a_crash_in_mid_submission_is_found(self, order, channel, wall):
        Order.objects.filter(pk=order.pk).update(state=OrderState.SUBMITTING, ask_at=wall())
        assert [row.order_id for row in selectors.orders_to_ask(wall())] == [order.pk]
        assert orders.refresh(order=order, now=wall()).order.state == OrderState.FAILED

    def test_another_amount_is_left_to_a_person(self, order, core, channel, wall, pay):
        """The channel says that something else was paid under our number."""
        orders.submit(order=order, actor=ADA, now=wall())
        core.books._run("UPDATE orders SET amount_fen = 3601")
        pay(order)
        followed = orders.refresh(order=order, now=wall())
        assert followed.event_id is None
        assert (followed.order.state, followed.order.error_code) == (
            OrderState.AWAITING,
            "AMOUNT_MISMATCH",
        )

    def test_an_order_not_submitted_is_not_asked_about(self, order, channel, wall):
        assert orders.refresh(order=order, now=wall()).order.state == OrderState.CREATED
        assert len(channel.calls) == 0

    def test_an_order_refunded_at_the_channel_is_closed_here(self, awaiting, core, pay, wall):
        """The merchant gave the money back at the channel before we heard of it."""
        core.books.set_state(pay(awaiting), "REFUND")
        followed = orders.refresh(order=awaiting, now=wall())
        assert (followed.order.state, followed.event_id) == (OrderState.CLOSED, None)

    def test_a_crash_and_a_silent_channel_leave_it_unknown(self, order, core, channel, wall):
        Order.objects.filter(pk=order.pk).update(state=OrderState.SUBMITTING, ask_at=wall())
        core.plant("query", "drop_before")
        assert orders.refresh(order=order, now=wall()).order.state == OrderState.UNKNOWN

    def test_a_payment_booked_meanwhile_is_left_alone(self, awaiting, core, pay, wall, monkeypatch):
        """The callback is applied while the query is under way."""
        pay(awaiting)
        event_id = orders.refresh(order=awaiting, now=wall()).event_id
        original = accounts.adapter_for(awaiting.config).query

        class Slow:
            def query(self, number):
                standing = original(number)
                mark_paid(event_id, now=wall())
                return standing

        monkeypatch.setattr(accounts, "adapter_for", lambda _config: Slow())
        followed = orders.refresh(order=awaiting, now=wall())
        assert (followed.order.state, followed.event_id) == (OrderState.PAID, None)

    def test_asks_ever_more_seldom(self, awaiting, wall):
        gaps = []
        now = wall()
        for _ in range(7):
            now = stored(awaiting).ask_at
            orders.refresh(order=awaiting, now=now)
            gaps.append((stored(awaiting).ask_at - now).total_seconds())
        assert gaps == [60, 180, 300, 600, 1800, 1800, 1800]


class TestClose:
    def test_leaves_an_order_its_time(self, awaiting, wall):
        assert orders.close_expired(order=awaiting, now=wall()).order.state == OrderState.AWAITING

    def test_closes_and_asks_once_more(self, awaiting, core):
        now = awaiting.expires_at
        followed = orders.close_expired(order=awaiting, now=now)
        assert followed.order.state == OrderState.CLOSED
        assert core.books.orders_numbered(awaiting.out_trade_no)[0].state == "CLOSED"
        assert selectors.orders_to_ask(now) == []
        later = now + timedelta(minutes=10)
        assert [row.order_id for row in selectors.orders_to_ask(later)] == [awaiting.pk]
        orders.refresh(order=awaiting, now=later)
        assert stored(awaiting).ask_at is None

    def test_an_order_never_submitted_is_closed_here_only(self, order, channel):
        followed = orders.close_expired(order=order, now=order.expires_at)
        assert followed.order.state == OrderState.CLOSED
        assert len(channel.calls) == 0
        assert stored(order).ask_at is None

    def test_a_payment_found_while_closing_counts(self, awaiting, pay):
        pay(awaiting)
        followed = orders.close_expired(order=awaiting, now=awaiting.expires_at)
        payment = mark_paid(followed.event_id, now=awaiting.expires_at)
        assert not payment.is_late
        assert stored(awaiting).state == OrderState.PAID

    def test_money_after_the_close_is_late_money(self, awaiting, pay):
        orders.close_expired(order=awaiting, now=awaiting.expires_at)
        pay(awaiting, after_close=True)
        later = awaiting.expires_at + timedelta(minutes=10)
        followed = orders.refresh(order=awaiting, now=later)
        assert followed.order.state == OrderState.CLOSED
        payment = mark_paid(followed.event_id, now=later)
        assert payment.is_late
        assert stored(awaiting).state == OrderState.PAID_LATE

    def test_a_silent_channel_closes_nothing(self, awaiting, core):
        core.plant("close", "drop_before")
        core.plant("query", "drop_before")
        now = awaiting.expires_at
        assert orders.close_expired(order=awaiting, now=now).order.state == OrderState.AWAITING
        assert selectors.orders_to_close(now) == []
        assert len(selectors.orders_to_close(now + timedelta(minutes=1))) == 1

    def test_a_close_that_was_not_taken_is_tried_again(self, awaiting, core):
        core.plant("close", "error_before")
        followed = orders.close_expired(order=awaiting, now=awaiting.expires_at)
        assert followed.order.state == OrderState.AWAITING

    def test_a_closed_order_is_not_closed_again(self, awaiting, channel):
        orders.close_expired(order=awaiting, now=awaiting.expires_at)
        calls = len(channel.calls)
        orders.close_expired(order=awaiting, now=awaiting.expires_at)
        assert len(channel.calls) == calls
