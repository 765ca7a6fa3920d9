"""Any order of issuing, paying, telling, asking, closing: the books hold after every step."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kernel.clock import Month
from kernel.errors import DomainError
from kernel.unit import shared_context
from shared_apps.payments import selectors as payments
from shared_apps.payments.simulator.protocol import Refusal
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Bill
from tenant_apps.dues.services import billing, booking, collection
from tests.factories.dues import as_member, make_owing_member, treasurer

MONTHS = (202609, 202610, 202611)
PEOPLE = st.integers(0, 1)


class Collecting(RuleBasedStateMachine):
    """Two members, the channel, the clock.  ``world`` is put in by the test."""

    world: dict

    @initialize()
    def begin(self):
        self.savepoint = transaction.atomic()
        self.savepoint._from_testcase = True
        self.savepoint.__enter__()
        self.members = [make_owing_member(*MONTHS, name=name) for name in ("克莱", "丹")]
        self.actors = [as_member(member) for member in self.members]
        self.orders, self.paid = [], []

    def teardown(self):
        if hasattr(self, "savepoint"):
            self.later(dt.timedelta(hours=1))
            self.agrees_with_the_channel()
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    @property
    def now(self):
        return self.world["wall"]()

    def later(self, by):
        """The job runs some time later; the channel's own clock stays."""
        booking.settle_pending(now=self.now + by)
        booking.ask_channel(now=self.now + by)

    def agrees_with_the_channel(self):
        """The simulator's books are the truth: what was paid there stands in ours."""
        assert selectors.balance("1011") == sum(paid.amount_fen for paid in self.paid)

    @rule(who=PEOPLE, count=st.integers(1, 3))
    def start(self, who, count):
        owed = selectors.unpaid_months(self.members[who].id).months
        try:
            order = collection.start_payment(
                member_id=self.members[who].id,
                months=[Month(month) for month in owed[:count]],
                actor=self.actors[who],
                now=self.now,
            )
        except DomainError:
            return
        if order.pk not in [known.pk for known in self.orders]:
            self.orders.append(order)

    @precondition(lambda self: self.orders)
    @rule(which=st.integers(0, 9), hear=st.booleans())
    def pay(self, which, hear):
        order = self.orders[which % len(self.orders)]
        told = self.world["core"].books.orders_numbered(order.out_trade_no)
        try:
            self.paid.append(self.world["core"].pay(told[0].prepay_id, after_close=True))
        except Refusal:
            return
        if hear:
            self.deliver(len(self.paid) - 1, "")

    @precondition(lambda self: self.paid)
    @rule(which=st.integers(0, 9), mode=st.sampled_from(["", "", "forged", "other_amount"]))
    def deliver(self, which, mode):
        paid = self.paid[which % len(self.paid)]
        message = self.world["core"].callbacks.message(paid, f"EV-{paid.out_trade_no}", mode)
        with shared_context():
            try:
                collection.receive_notification(
                    channel="wechat",
                    config_uid=self.world["config"].uid,
                    headers=list(message.headers.items()),
                    body=message.body,
                    now=self.now,
                )
                collection.book_received()
            except DomainError:
                assert mode

    @rule(minutes=st.sampled_from([1, 25]))
    def time_passes(self, minutes):
        self.later(dt.timedelta(minutes=minutes))

    @rule(month=st.sampled_from(MONTHS), act=st.sampled_from(["issue", "withdraw", "exempt"]))
    def work_at_the_desk(self, month, act):
        ben = treasurer()
        try:
            if act == "issue":
                billing.issue_month(month=Month(month), actor=ben, now=self.now)
            elif act == "withdraw":
                billing.withdraw_month(month=Month(month), actor=ben, now=self.now)
            else:
                bill = Bill.objects.filter(month=month).first()
                if bill is not None:
                    billing.exempt(
                        bill=bill, reason="困难", approved_by="党委", actor=ben, now=self.now
                    )
        except DomainError:
            pass

    @invariant()
    def the_books_hold(self):
        broken = [check for check in selectors.invariants() if not check.holds]
        assert not broken, broken

    @invariant()
    def no_bill_is_asked_for_twice(self):
        if not hasattr(self, "members"):
            return
        for member in self.members:
            for bill in selectors.bills_of_member(member.id):
                assert payments.open_orders_for_bills([bill.id]).count() <= 1


@pytest.mark.slow
def test_the_books_hold_whatever_happens(alpha, config, core, channel, wall):
    Collecting.world = {"config": config, "core": core, "wall": wall}
    run_state_machine_as_test(
        Collecting,
        settings=settings(
            max_examples=8,
            stateful_step_count=12,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
