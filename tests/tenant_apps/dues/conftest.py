"""The unit alpha with an account at the simulated channel (one core, two skins)."""

from __future__ import annotations

import pytest

from kernel.actor import Actor
from kernel.clock import Month
from kernel.unit import shared_context
from shared_apps.payments.services import accounts
from tenant_apps.dues import selectors
from tenant_apps.dues.services import collection
from tests.factories.dues import as_member, make_owing_member
from tests.shared_apps.payments.conftest import (  # noqa: F401 - fixtures of the simulator
    account,
    channel,
    core,
    mailbag,
    other_account,
    store,
    wall,
)


@pytest.fixture
def config(alpha, account, wall):  # noqa: F811
    with shared_context():
        return accounts.configure(
            unit_id=alpha.id, account=account, actor=Actor.system("tests"), now=wall()
        )


@pytest.fixture
def cleo(config):
    """A member who owes September to November, 129.00 each."""
    return make_owing_member(202609, 202610, 202611)


@pytest.fixture
def start(channel, wall):  # noqa: F811
    """The member asks to pay months; returns the order."""

    def act(member, *months, actor=None):
        return collection.start_payment(
            member_id=member.id,
            months=[Month(month) for month in months],
            actor=actor or as_member(member),
            now=wall(),
        )

    return act


@pytest.fixture
def pay(core):  # noqa: F811
    """The payer taps 支付 on the channel's page."""

    def act(order, **how):
        return core.pay(core.books.orders_numbered(order.out_trade_no)[0].prepay_id, **how)

    return act


@pytest.fixture
def notify(config, core, wall):  # noqa: F811
    """The channel's callback about a paid order, genuine or spoilt, handed to the pay face."""

    def act(paid, mode="", *, event_id="EV-1", uid=None, now=None):
        message = core.callbacks.message(paid, event_id, mode)
        with shared_context():
            collection.receive_notification(
                channel="wechat",
                config_uid=uid or config.uid,
                headers=list(message.headers.items()),
                body=message.body,
                now=now or wall(),
            )
        collection.book_received(now=now or wall())

    return act


@pytest.fixture
def books():
    """Fails the test whenever an invariant of the ledger does not hold."""

    def check():
        broken = [found for found in selectors.invariants() if not found.holds]
        assert not broken, broken

    return check
