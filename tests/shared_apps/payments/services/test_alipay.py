"""Alipay through the services: known by its address, counted by its name, closed in time."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from kernel.actor import Actor
from kernel.models import uuid7
from kernel.unit import shared_context
from shared_apps.payments import selectors
from shared_apps.payments.channels.base import NothingToKeep
from shared_apps.payments.models import (
    Channel,
    ChannelEvent,
    Order,
    OrderState,
    Refund,
    RefundState,
    RejectedCallback,
)
from shared_apps.payments.services import accounts, callbacks, orders, refunds
from tests.shared_apps.payments.services.conftest import ADA, SYSTEM

BEN = Actor(kind="person", name="Ben", person_id=uuid7(), ip="192.0.2.8")


@pytest.fixture
def config(alpha, alipay_account, wall):
    with shared_context():
        return accounts.configure(
            unit_id=alpha.id,
            channel=Channel.ALIPAY,
            account=alipay_account,
            actor=SYSTEM,
            now=wall(),
        )


@pytest.fixture
def awaiting(alpha, config, bills, wall, channel):
    order = orders.open_order(
        unit_id=alpha.id,
        channel=Channel.ALIPAY,
        items=[orders.Item(bills[0], 3600)],
        description="党费 2026-11",
        actor=ADA,
        now=wall(),
    )
    return orders.submit(order=order, actor=ADA, now=wall())


@pytest.fixture
def opened(awaiting):
    address = orders.pay_page(order=awaiting, return_url="https://m.test/")
    assert requests.get(address, allow_redirects=False, timeout=5).status_code == 302
    return awaiting


@pytest.fixture
def paid(opened, pay):
    return pay(opened)


@pytest.fixture
def accept(config, delivery, wall):
    def act(paid, mode: str = "", event_id: str = "20261122P1", channel: str = "alipay"):
        headers, body = delivery(paid, mode, event_id)
        with shared_context():
            return callbacks.accept(
                channel=channel, config_uid=config.uid, headers=headers, body=body, now=wall()
            )

    return act


def counted() -> list[tuple[str, str, int]]:
    with shared_context():
        return list(RejectedCallback.objects.values_list("channel", "reason", "count"))


def test_the_payment_is_stored_and_is_to_be_acknowledged_with_the_word(accept, paid, opened):
    accepted = accept(paid)
    assert (accepted.order_id, accepted.is_new) == (opened.pk, True)
    assert tuple(accepted.acknowledgement) == (200, "text/plain", "success")
    event = ChannelEvent.objects.get()
    assert (event.channel, event.amount_fen) == ("alipay", 3600)
    assert paid.openid not in str(ChannelEvent.objects.values().get())
    assert accept(paid).event_id == accepted.event_id
    assert not accept(paid).is_new


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("forged", "signature_invalid"),
        ("tampered_body", "signature_invalid"),
        ("unsigned", "signature_missing"),
        ("wrong_sign_type", "signature_type"),
        ("hidden_field", "body_malformed"),
        ("stale", "timestamp_stale"),
        ("foreign_app_id", "merchant_mismatch"),
        ("other_amount", "amount_mismatch"),
    ],
)
def test_a_refused_one_leaves_a_count_and_nothing_else(accept, paid, channel, opened, mode, reason):
    calls = len(channel.calls)
    with pytest.raises(callbacks.CallbackRefused):
        accept(paid, mode)
    assert counted() == [("alipay", reason, 1)]
    assert len(channel.calls) == calls
    assert Order.objects.get(pk=opened.pk).state == OrderState.AWAITING
    assert not ChannelEvent.objects.exists()


def test_the_address_of_another_channel_is_nobodys(accept, paid):
    with pytest.raises(callbacks.CallbackRefused):
        accept(paid, channel="wechat")
    assert counted() == [("wechat", "config_unknown", 1)]


def test_an_order_that_ended_unpaid_is_neither_kept_nor_counted(
    accept, opened, core, mailbag, config, wall
):
    orders.close(order=opened, now=wall())
    core.callbacks.deliver_due()
    _, headers, body = mailbag.received[-1]
    with shared_context(), pytest.raises(NothingToKeep):
        callbacks.accept(
            channel="alipay", config_uid=config.uid, headers=headers.items(), body=body, now=wall()
        )
    assert counted() == []
    assert not ChannelEvent.objects.exists()


def test_a_page_that_nobody_opened_stays_open_until_its_time_is_over(awaiting, wall):
    """The channel cannot take it back: whoever has the address may still pay."""
    assert orders.close(order=awaiting, now=wall()).order.state == OrderState.AWAITING
    lapsed = orders.close_expired(order=awaiting, now=wall() + timedelta(minutes=20)).order
    assert lapsed.state == OrderState.CLOSED
    assert lapsed.ask_at is not None


def test_a_payment_nobody_told_of_is_found_by_asking(paid, opened, wall):
    assert orders.refresh(order=opened, now=wall()).event_id is not None


def test_a_unit_has_one_account_at_each_channel(alpha, config, account, wall):
    with shared_context():
        accounts.configure(unit_id=alpha.id, account=account, actor=SYSTEM, now=wall())
    found = selectors.active_configs(alpha.id)
    assert [one.channel for one in found] == ["wechat", "alipay"]
    assert selectors.active_config(alpha.id, Channel.ALIPAY) == config


class TestRefund:
    @pytest.fixture
    def approved(self, paid, opened, accept, apply, wall):
        apply(accept(paid))
        asked = refunds.request(
            order_id=opened.pk, amount_fen=1000, cause_id=uuid7(), actor=ADA, now=wall()
        )
        return refunds.approve(refund_id=asked.pk, actor=BEN, now=wall())

    def test_an_answer_that_moved_nothing_is_asked_about(self, approved, core, wall):
        core.plant("refund", "fund_unchanged")
        sent = refunds.submit(refund_id=approved.pk, now=wall())
        assert (sent.state, sent.error_code) == (RefundState.UNKNOWN, "FUND_UNCHANGED")
        found = refunds.refresh(refund_id=approved.pk, now=wall())
        assert (found.state, found.amount_fen) == (RefundState.SUCCEEDED, 1000)

    def test_its_notification_ends_a_refund_whose_answer_was_lost(
        self, approved, core, mailbag, config, wall
    ):
        """Told as TRADE_SUCCESS, since a part stays: no second payment comes of it."""
        core.plant("refund", "drop_after")
        core.callbacks.deliver_due()
        assert refunds.submit(refund_id=approved.pk, now=wall()).state == RefundState.UNKNOWN
        core.callbacks.deliver_due()
        _, headers, body = mailbag.received[-1]
        with shared_context():
            heard = callbacks.accept(
                channel="alipay",
                config_uid=config.uid,
                headers=headers.items(),
                body=body,
                now=wall(),
            )
        assert isinstance(heard, callbacks.AcceptedRefund)
        assert Refund.objects.get(pk=approved.pk).state == RefundState.SUCCEEDED
        assert ChannelEvent.objects.count() == 1
