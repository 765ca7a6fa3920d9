"""The bank's gateway through the services: known by its address, counted by its name, lapsing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kernel.unit import shared_context
from shared_apps.payments.models import (
    Channel,
    ChannelEvent,
    EventOutcome,
    Order,
    OrderState,
    RejectedCallback,
)
from shared_apps.payments.services import accounts, callbacks, orders
from tests.shared_apps.payments.bank import bring
from tests.shared_apps.payments.services.conftest import ADA, SYSTEM


@pytest.fixture
def config(alpha, bank, bank_account, wall):
    with shared_context():
        return accounts.configure(
            unit_id=alpha.id, channel=Channel.BANK, account=bank_account, actor=SYSTEM, now=wall()
        )


@pytest.fixture
def awaiting(alpha, config, bills, wall, channel):
    order = orders.open_order(
        unit_id=alpha.id,
        channel=Channel.BANK,
        items=[orders.Item(bills[0], 3600)],
        description="党费 2026-11",
        actor=ADA,
        now=wall(),
    )
    return orders.submit(order=order, actor=ADA, now=wall())


@pytest.fixture
def brought(awaiting, core):
    """The payer is at the bank's page."""
    assert bring(core, awaiting.pay_url)[0] == 303
    return awaiting


@pytest.fixture
def paid(brought, pay):
    return pay(brought)


@pytest.fixture
def accept(config, delivery, wall):
    def act(paid, mode: str = "", event_id: str = "BK1"):
        headers, body = delivery(paid, mode, event_id)
        with shared_context():
            return callbacks.accept(
                channel="bank", config_uid=config.uid, headers=headers, body=body, now=wall()
            )

    return act


def test_the_form_is_all_that_the_payer_needs(awaiting, channel):
    form = orders.posted_form(order=awaiting)
    assert form.address.endswith("/PGWPortal/B2CMobileRecvOrder.do")
    assert dict(form.fields)["orderNo"] == awaiting.out_trade_no
    assert len(channel.calls) == 0


def test_the_payment_is_stored_once_and_acknowledged(accept, paid, brought):
    accepted = accept(paid)
    assert (accepted.order_id, accepted.is_new) == (brought.pk, True)
    assert accepted.acknowledgement.status == 200
    event = ChannelEvent.objects.get()
    assert (event.channel, event.amount_fen) == ("bank", 3600)
    assert not accept(paid, event_id="BK2").is_new


def test_nothing_of_the_payer_is_stored(accept, paid):
    accept(paid)
    row = str(ChannelEvent.objects.values().get())
    assert paid.openid[:6] not in row
    assert "某" not in row


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        ("wrong_signer", "signature_invalid"),
        ("forged", "signature_invalid"),
        ("tampered_body", "signature_invalid"),
        ("unsigned", "signature_missing"),
        ("shifted_field", "facts_malformed"),
        ("repeated_field", "body_malformed"),
        ("oversized", "body_too_large"),
        ("foreign_mchid", "merchant_mismatch"),
        ("other_amount", "amount_mismatch"),
        ("stale", "timestamp_stale"),
        ("status_unknown", "event_unsupported"),
    ],
)
def test_a_refused_one_leaves_a_count_and_nothing_else(
    accept, paid, channel, brought, mode, reason
):
    calls = len(channel.calls)
    with pytest.raises(callbacks.CallbackRefused):
        accept(paid, mode)
    with shared_context():
        counted = list(RejectedCallback.objects.values_list("channel", "reason", "count"))
    assert counted == [("bank", reason, 1)]
    assert len(channel.calls) == calls
    assert Order.objects.get(pk=brought.pk).state == OrderState.AWAITING
    assert not ChannelEvent.objects.exists()


def test_a_state_that_the_bank_does_not_know_ends_nothing(brought, core, wall):
    core.plant("query", "status_unknown", times=2)
    asked = orders.refresh(order=brought, now=wall()).order
    assert asked.state == OrderState.AWAITING
    late = wall() + timedelta(minutes=21)
    assert orders.close_expired(order=brought, now=late).order.is_open
    assert orders.close_expired(order=brought, now=late).order.state == OrderState.CLOSED


def test_an_order_is_open_until_its_time_is_over(awaiting, wall):
    """The gateway cannot close: whoever has the form may still pay, brought or not."""
    early = orders.close(order=awaiting, now=wall()).order
    assert early.state == OrderState.AWAITING
    over = orders.close_expired(order=awaiting, now=awaiting.expires_at).order
    assert over.state == OrderState.CLOSED
    assert over.ask_at is not None


def test_money_that_comes_at_the_last_moment_is_found_by_asking(awaiting, core, pay, wall, apply):
    bring(core, awaiting.pay_url)
    core.plant("callback", "never")
    pay(awaiting)
    followed = orders.close_expired(order=awaiting, now=awaiting.expires_at)
    assert followed.event_id is not None
    event = ChannelEvent.objects.get(pk=followed.event_id)
    assert event.outcome == EventOutcome.PENDING
