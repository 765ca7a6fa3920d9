"""The unit alpha with an account at the simulated channel, and a member who pays."""

from __future__ import annotations

from uuid import UUID

import pytest

from kernel.actor import Actor
from kernel.models import uuid7
from kernel.unit import shared_context, unit_context
from shared_apps.payments.services import accounts, callbacks, orders
from tests.factories.payments import mark_paid

ADA = Actor(kind="person", name="Ada", person_id=uuid7(), member_id=uuid7(), ip="192.0.2.7")
SYSTEM = Actor.system("test")


@pytest.fixture
def config(alpha, account, wall):
    with shared_context():
        return accounts.configure(unit_id=alpha.id, account=account, actor=SYSTEM, now=wall())


@pytest.fixture
def bills() -> list[UUID]:
    return [uuid7(), uuid7()]


@pytest.fixture
def order(alpha, config, bills, wall):
    """Alpha's order over two bills, 36.00 yuan, not yet known to the channel."""
    return orders.open_order(
        unit_id=alpha.id,
        items=[orders.Item(bills[0], 1200), orders.Item(bills[1], 2400)],
        description="党费 2026 年 10、11 月",
        actor=ADA,
        now=wall(),
    )


@pytest.fixture
def awaiting(order, channel, wall):
    return orders.submit(order=order, actor=ADA, now=wall())


@pytest.fixture
def pay(core):
    """The payer pays at the channel."""

    def act(order, **how):
        return core.pay(core.books.orders_numbered(order.out_trade_no)[0].prepay_id, **how)

    return act


@pytest.fixture
def delivery(core):
    """A callback for a paid order as (headers, body), genuine or spoilt."""

    def build(paid, mode: str = "", event_id: str = "EV-1"):
        message = core.callbacks.message(paid, event_id, mode)
        return message.headers.items(), message.body

    return build


@pytest.fixture
def accept(config, delivery, wall):
    """Hands a paid order's callback in, as the view on the pay host does."""

    def act(paid, mode: str = "", *, event_id: str = "EV-1", uid=None, now=None):
        headers, body = delivery(paid, mode, event_id)
        with shared_context():
            return callbacks.accept(
                channel="wechat",
                config_uid=uid or config.uid,
                headers=headers,
                body=body,
                now=now or wall(),
            )

    return act


@pytest.fixture
def apply(wall):
    """Applies an event in its unit, as the dues app does."""

    def act(accepted):
        with unit_context(accepted.unit_id):
            return mark_paid(accepted.event_id, now=wall())

    return act
