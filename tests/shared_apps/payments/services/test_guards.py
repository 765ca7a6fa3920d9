"""What the database refuses by itself, and what the selectors tell."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from kernel.models import uuid7
from kernel.unit import unit_context
from shared_apps.payments import selectors
from shared_apps.payments.models import ChannelEvent, EventOutcome, Order, OrderState
from shared_apps.payments.services import orders
from tests.factories.payments import mark_paid
from tests.shared_apps.payments.services.conftest import ADA


class TestGuards:
    """The database refuses what the services would never ask."""

    @pytest.mark.parametrize(
        ("change", "constraint"),
        [
            ({"amount_fen": 1}, "payments_order_terms_fixed"),
            ({"out_trade_no": "GJ1"}, "payments_order_terms_fixed"),
            ({"state": "nonsense"}, "payments_order"),
            ({"state": "paid_late"}, "payments_order_step_legal"),
            ({"state": "paid"}, "payments_order_paid_has_facts"),
            ({"transaction_id": "1"}, "payments_order_paid_has_facts"),
        ],
    )
    def test_an_open_order(self, awaiting, change, constraint):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Order.objects.filter(pk=awaiting.pk).update(**change)

    @pytest.mark.parametrize(
        ("change", "constraint"),
        [
            ({"state": "awaiting"}, "payments_order_step_legal"),
            ({"state": "closed"}, "payments_order_step_legal"),
            ({"transaction_id": "2"}, "payments_order_payment_fixed"),
        ],
    )
    def test_a_paid_order(self, awaiting, pay, wall, change, constraint):
        pay(awaiting)
        event_id = orders.refresh(order=awaiting, now=wall()).event_id
        mark_paid(event_id, now=wall())
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Order.objects.filter(pk=awaiting.pk).update(**change)

    def test_amounts_are_positive(self, order):
        with pytest.raises(IntegrityError, match="item_amount_positive"), transaction.atomic():
            order.items.create(
                unit_id=order.unit_id, unit_role=order.unit_role, bill_id=uuid7(), amount_fen=0
            )

    def test_a_unit_cannot_write_rows_of_another(self, order, beta):
        with (
            unit_context(beta.id),
            pytest.raises(Exception, match="row-level security"),
            transaction.atomic(),
        ):
            order.items.model.objects.create(
                unit_id=order.unit_id,
                unit_role=order.unit_role,
                order_id=order.pk,
                bill_id=uuid7(),
                amount_fen=1,
            )


class TestSelectors:
    def test_open_orders_for_bills(self, awaiting, bills):
        assert list(selectors.open_orders_for_bills([bills[1]])) == [awaiting]
        assert list(selectors.open_orders_for_bills([uuid7()])) == []
        orders.close_expired(order=awaiting, now=awaiting.expires_at)
        assert list(selectors.open_orders_for_bills(bills)) == []

    def test_paid_orders_for_bill(self, awaiting, bills, pay, wall):
        pay(awaiting)
        event_id = orders.refresh(order=awaiting, now=wall()).event_id
        mark_paid(event_id, now=wall())
        assert list(selectors.paid_orders_for_bill(bills[0])) == [awaiting]
        assert list(selectors.orders_of_member(ADA.member_id)) == [awaiting]
        assert selectors.broken_invariants() == {"I3": 0, "I4": 0, "I11": 0}

    def test_a_payer_sees_their_own_order_only(self, order):
        assert selectors.order_of_payer(order.pk, ADA.person_id) == order
        with pytest.raises(selectors.UnknownOrder):
            selectors.order_of_payer(order.pk, uuid7())

    def test_broken_sums_are_found(self, order):
        order.items.model.objects.create(
            unit_id=order.unit_id,
            unit_role=order.unit_role,
            order=order,
            bill_id=uuid7(),
            amount_fen=1,
        )
        assert selectors.broken_invariants()["I4"] == 1

    def test_turns_come_after_thirty_seconds(self, awaiting, alpha, wall):
        assert selectors.orders_to_ask(wall()) == []
        due = selectors.orders_to_ask(wall() + timedelta(seconds=30))
        assert due == [(awaiting.pk, alpha.id)]
        assert selectors.orders_to_ask(awaiting.expires_at) == []
        assert selectors.orders_to_close(awaiting.expires_at) == [(awaiting.pk, alpha.id)]

    def test_an_event_over_another_amount_is_a_conflict(self, awaiting, pay, wall):
        """Refused before it is stored; if one were stored all the same, it would pay nothing."""
        pay(awaiting)
        event_id = orders.refresh(order=awaiting, now=wall()).event_id
        ChannelEvent.objects.filter(pk=event_id).update(amount_fen=3599)
        assert mark_paid(event_id, now=wall()) is None
        assert [event.outcome for event in selectors.conflicts()] == [EventOutcome.CONFLICT]
        assert Order.objects.get(pk=awaiting.pk).state == OrderState.AWAITING
