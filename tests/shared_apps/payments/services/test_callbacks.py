"""Callbacks: verified, matched, stored once, applied once; refused ones leave a count only."""

from __future__ import annotations

import logging
from datetime import timedelta
from uuid import uuid4

import pytest

from kernel.models import uuid7
from kernel.unit import shared_context, unit_context
from shared_apps.payments import selectors
from shared_apps.payments.models import (
    ChannelEvent,
    EventOutcome,
    EventSource,
    Order,
    OrderState,
    RejectedCallback,
)
from shared_apps.payments.services import accounts, callbacks, inbox, orders, paying
from tests.factories.payments import mark_paid
from tests.shared_apps.payments.services.conftest import ADA, SYSTEM


@pytest.fixture
def paid(awaiting, pay):
    return pay(awaiting)


def count(reason: str) -> int:
    with shared_context():
        return sum(row.count for row in RejectedCallback.objects.filter(reason=reason))


def unchanged(order) -> bool:
    now = Order.objects.get(pk=order.pk)
    return now.state == OrderState.AWAITING and not ChannelEvent.objects.exists()


class TestAccept:
    def test_stores_the_fact_and_leaves_the_order_to_the_books(self, accept, paid, awaiting, alpha):
        accepted = accept(paid)
        assert (accepted.unit_id, accepted.order_id) == (alpha.id, awaiting.pk)
        assert (accepted.is_new, accepted.is_applied) == (True, False)
        event = ChannelEvent.objects.get(pk=accepted.event_id)
        assert event.source == EventSource.CALLBACK
        assert event.transaction_id == paid.transaction_id
        assert set(event.headers) == {
            "wechatpay-timestamp",
            "wechatpay-nonce",
            "wechatpay-serial",
        }
        assert len(event.raw_sha256) == 64
        assert Order.objects.get(pk=awaiting.pk).state == OrderState.AWAITING

    def test_keeps_nothing_of_the_payer(self, accept, paid):
        accept(paid)
        row = ChannelEvent.objects.values().get()
        assert paid.openid not in str(row)

    def test_a_repeated_callback_is_the_same_event(self, accept, paid, apply):
        first = accept(paid)
        again = accept(paid)
        assert (again.event_id, again.is_new, again.is_applied) == (first.event_id, False, False)
        apply(first)
        assert accept(paid).is_applied

    @pytest.mark.parametrize(
        ("mode", "reason"),
        [
            ("forged", "signature_invalid"),
            ("tampered_body", "signature_invalid"),
            ("stale", "timestamp_stale"),
            ("signtest", "signature_probe"),
            ("unknown_serial", "serial_unknown"),
            ("repeated_header", "header_repeated"),
            ("oversized", "body_too_large"),
            ("foreign_mchid", "merchant_mismatch"),
            ("other_amount", "amount_mismatch"),
        ],
    )
    def test_refuses_and_counts(self, accept, paid, awaiting, mode, reason):
        with pytest.raises(callbacks.CallbackRefused) as caught:
            accept(paid, mode)
        assert caught.value.reason.value == reason
        assert reason not in caught.value.message
        assert count(reason) == 1
        assert unchanged(awaiting)

    def test_refuses_a_replay_after_five_minutes(self, delivery, paid, config, awaiting, wall):
        headers, body = delivery(paid)
        with shared_context(), pytest.raises(callbacks.CallbackRefused):
            callbacks.accept(
                channel="wechat",
                config_uid=config.uid,
                headers=headers,
                body=body,
                now=wall() + timedelta(seconds=302),
            )
        assert count("timestamp_stale") == 1
        assert unchanged(awaiting)

    def test_refuses_an_address_that_is_nobodys(self, accept, paid, awaiting):
        with pytest.raises(callbacks.CallbackRefused):
            accept(paid, uid=uuid4())
        assert count("config_unknown") == 1
        assert unchanged(awaiting)

    def test_refuses_at_another_units_address(self, accept, paid, awaiting, beta, wall, store):
        """A genuine callback of alpha handed in at beta's address changes nothing in either."""
        material = store.merchant_material("unit beta", name="河湾镇党委")
        with shared_context():
            foreign = accounts.configure(
                unit_id=beta.id,
                account=accounts.MerchantAccount(**material, base_url="https://pay.channel.test"),
                actor=SYSTEM,
                now=wall(),
            )
        with pytest.raises(callbacks.CallbackRefused):
            accept(paid, uid=foreign.uid)
        assert count("decryption_failed") == 1
        assert unchanged(awaiting)

    def test_refuses_another_units_order_of_the_same_merchant(
        self, accept, paid, awaiting, beta, account, wall
    ):
        """Two units with the same merchant number: the address decides whose money it is."""
        with shared_context():
            shared = accounts.configure(unit_id=beta.id, account=account, actor=SYSTEM, now=wall())
        with pytest.raises(callbacks.CallbackRefused):
            accept(paid, uid=shared.uid)
        assert count("unit_mismatch") == 1
        assert unchanged(awaiting)

    def test_refuses_an_unknown_order(self, accept, paid, core, awaiting):
        core.books._run("UPDATE orders SET out_trade_no = 'GJ9999999999999X'")
        unknown = core.books.orders_numbered("GJ9999999999999X")[0]
        with pytest.raises(callbacks.CallbackRefused):
            accept(unknown)
        assert count("order_unknown") == 1
        assert unchanged(awaiting)

    def test_refuses_another_currency(self, accept, paid, core, awaiting):
        core.books._run("UPDATE orders SET currency = 'USD'")
        foreign = core.books.orders_numbered(paid.out_trade_no)[0]
        with pytest.raises(callbacks.CallbackRefused):
            accept(foreign)
        assert count("currency_mismatch") == 1
        assert unchanged(awaiting)

    def test_understands_callbacks_under_replaced_keys(self, accept, paid, config, alpha, wall):
        """An order keeps the account it was made under; its callbacks go to that address."""
        with shared_context():
            replaced = accounts.configure(
                unit_id=alpha.id,
                account=accounts.MerchantAccount(
                    **{
                        field: getattr(accounts.account_of(config), field)
                        for field in accounts.MerchantAccount.__slots__
                    }
                    | {"merchant_serial": "AB" * 20}
                ),
                actor=SYSTEM,
                now=wall(),
            )
        assert accept(paid).is_new
        with pytest.raises(callbacks.CallbackRefused):
            accept(paid, uid=replaced.uid)
        assert count("merchant_mismatch") == 1

    def test_a_flood_costs_one_row(self, accept, paid):
        for _ in range(5):
            with pytest.raises(callbacks.CallbackRefused):
                accept(paid, "forged")
        with shared_context():
            assert RejectedCallback.objects.get().count == 5
            assert selectors.rejections_since(RejectedCallback.objects.get().hour)[0].count == 5

    def test_old_counts_are_forgotten(self, db, wall):
        reason = inbox.Reason.SIGNATURE_INVALID
        old = wall() - timedelta(days=91)
        inbox.count_rejection(channel="wechat", reason=reason, now=old)
        inbox.count_rejection(channel="wechat", reason=reason, now=wall())
        assert RejectedCallback.objects.count() == 1

    def test_logs_no_keys(self, accept, paid, caplog, account):
        with caplog.at_level(logging.DEBUG):
            accept(paid)
        assert account.apiv3_key not in caplog.text
        assert account.apiv3_key not in repr(account)


class TestApply:
    def test_hands_the_money_out_once(self, accept, paid, apply, awaiting, bills):
        accepted = accept(paid)
        payment = apply(accepted)
        assert (payment.amount_fen, payment.out_trade_no) == (3600, awaiting.out_trade_no)
        assert payment.transaction_id == paid.transaction_id
        assert {item.bill_id for item in payment.items} == set(bills)
        assert sum(item.amount_fen for item in payment.items) == 3600
        assert apply(accepted) is None
        assert Order.objects.get(pk=awaiting.pk).state == OrderState.PAID
        assert selectors.broken_invariants() == {"I3": 0, "I4": 0, "I11": 0}

    def test_a_second_event_of_the_same_payment_is_a_duplicate(
        self, accept, paid, apply, awaiting, wall
    ):
        found = orders.refresh(order=awaiting, now=wall()).event_id
        assert apply(accept(paid)) is not None
        assert mark_paid(found, now=wall()) is None
        assert ChannelEvent.objects.get(pk=found).outcome == EventOutcome.DUPLICATE

    def test_another_payment_of_the_same_order_waits_for_a_person(
        self, accept, paid, apply, awaiting, core
    ):
        apply(accept(paid))
        core.books._run("UPDATE orders SET transaction_id = '420000000000000000000000001'")
        second = core.books.orders_numbered(paid.out_trade_no)[0]
        assert apply(accept(second, event_id="EV-2")) is None
        assert [event.transaction_id for event in selectors.conflicts()] == [second.transaction_id]

    def test_late_money_is_told_apart(self, awaiting, pay, accept, apply):
        orders.close_expired(order=awaiting, now=awaiting.expires_at)
        payment = apply(accept(pay(awaiting, after_close=True)))
        assert payment.is_late
        assert Order.objects.get(pk=awaiting.pk).state == OrderState.PAID_LATE

    def test_an_unknown_event_is_refused(self, alpha, wall):
        with pytest.raises(paying.UnknownEvent):
            mark_paid(uuid7(), now=wall())

    def test_beta_cannot_apply_alphas_event(self, accept, paid, beta, wall):
        accepted = accept(paid)
        with unit_context(beta.id), pytest.raises(paying.UnknownEvent):
            mark_paid(accepted.event_id, now=wall())

    def test_what_a_crash_left_is_swept_up(self, accept, paid, apply, alpha, wall):
        accepted = accept(paid)
        with shared_context():
            assert selectors.events_to_apply(wall()) == []
            left = selectors.events_to_apply(wall() + timedelta(seconds=11))
        assert left == [(accepted.event_id, alpha.id)]
        paying.note_failed_attempt(event_id=accepted.event_id)
        assert ChannelEvent.objects.get(pk=accepted.event_id).attempts == 1
        apply(accepted)
        paying.note_failed_attempt(event_id=accepted.event_id)
        assert ChannelEvent.objects.get(pk=accepted.event_id).attempts == 2
        with shared_context():
            assert selectors.events_to_apply(wall() + timedelta(seconds=11)) == []


def test_ada_pays_under_her_own_name(awaiting):
    assert awaiting.payer_member_id == ADA.member_id
