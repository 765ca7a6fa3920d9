"""Any order of issuing, paying, telling, asking, closing, giving back: the books hold after every
step.
"""

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
from shared_apps.payments.models import Refund
from shared_apps.payments.simulator.protocol import Refusal
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Bill, Resolution
from tenant_apps.dues.selectors import refunds as cases
from tenant_apps.dues.services import billing, booking, collection, refund_booking, refunds
from tests.factories.dues import as_member, make_owing_member, treasurer

MONTHS = (202609, 202610, 202611)
PEOPLE = st.integers(0, 1)
FAULTS = (
    "", "", "drop_before", "drop_after", "unsigned", "error_after", "refund_not_enough",
    "refund_abnormal", "refund_closed", "refund_processing",
)  # fmt: skip


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
        self.desk = [treasurer(), treasurer(role="unit_admin")]
        self.world["core"].clock.scale = 1000  # a refund ends a few milliseconds after it began

    def teardown(self):
        if hasattr(self, "savepoint"):
            self.world["core"].books.clear_faults()
            self.world["wall"].pass_by(4)
            for hours in (1, 8, 16, 24):
                self.later(dt.timedelta(hours=hours))
            self.return_what_is_abnormal()
            self.the_books_hold()
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
        self.world["wall"].pass_by(0.01)
        refund_booking.follow_all(now=self.now + by)

    def agrees_with_the_channel(self):
        """The simulator's books are the truth: what was paid there and not given back stands in
        ours, and nothing is owed to anybody any more.
        """
        books = self.world["core"].books
        numbers = {paid.out_trade_no for paid in self.paid}
        told = [order for number in numbers for order in books.orders_numbered(number)]
        back = sum(books.refunded_fen(order) for order in told)
        assert selectors.balance("1011") == sum(paid.amount_fen for paid in self.paid) - back
        waiting = sum(one.amount_fen for one in Resolution.objects.filter(state="asked"))
        assert -selectors.balance("2003") <= waiting
        assert not Resolution.objects.filter(state="sent").exists()

    def return_what_is_abnormal(self):
        for one in Resolution.objects.filter(state="sent"):
            refunds.mark_returned(
                held=one, number=f"BY-HAND-{one.pk.hex}", reason="银行卡已注销",
                actor=treasurer(), now=self.now,
            )  # fmt: skip

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
        self.hear(message, mode)

    def hear(self, message, mode):
        with shared_context():
            try:
                collection.receive_notification(
                    channel="wechat",
                    config_uid=self.world["config"].uid,
                    headers=list(message.headers.items()),
                    body=message.body,
                    now=self.now,
                )
                collection.book_received(now=self.now)
            except DomainError:
                assert mode

    @rule(who=PEOPLE, whole=st.booleans(), by=PEOPLE)
    def ask_for_a_refund(self, who, whole, by):
        receipts = selectors.receipts_of_member(self.members[who].id)
        held = receipts.filter(voided_at=None).first()
        if held is None:
            return
        bills = [bill.pk for bill in cases.refundable(held)]
        try:
            refunds.ask_paid(
                receipt=held, bill_ids=bills if whole else bills[:1], reason="本人误交",
                actor=self.desk[by], now=self.now,
            )  # fmt: skip
        except DomainError:
            assert not bills

    @rule(who=PEOPLE, whole=st.booleans(), by=PEOPLE, fault=st.sampled_from(FAULTS))
    def give_back(self, who, whole, by, fault):
        """The whole way at once, after a payment where there is none yet."""
        if not selectors.receipts_of_member(self.members[who].id).filter(voided_at=None):
            self.start(who, 2)
            for number in range(len(self.orders)):
                self.pay(number, hear=True)
        self.ask_for_a_refund(who, whole, by)
        self.decide_about_a_refund(1 - by, fault, approves=True)
        self.world["wall"].pass_by(4)
        self.hear_of_a_refund(who, "")

    @rule(by=PEOPLE)
    def ask_suspended_money_back(self, by):
        for one in selectors.suspended_visible_to(self.desk[by]):
            if one.is_open:
                refunds.ask_suspended(
                    suspended=one, reason="本人误交", actor=self.desk[by], now=self.now
                )

    @rule(by=PEOPLE, fault=st.sampled_from(FAULTS), approves=st.booleans())
    def decide_about_a_refund(self, by, fault, approves):
        held = Resolution.objects.filter(state="asked").order_by("asked_at").first()
        if held is None:
            return
        if fault:
            self.world["core"].plant("refund", fault)
        actor = self.desk[by]
        try:
            if approves:
                refunds.approve(held=held, actor=actor, now=self.now)
            else:
                refunds.withdraw(held=held, reason="不用退了", actor=actor, now=self.now)
        except DomainError:
            assert held.asked_by == actor.person_id
        self.world["core"].books.clear_faults()

    @rule(which=st.integers(0, 9), mode=st.sampled_from(["", "", "forged", "other_amount"]))
    def hear_of_a_refund(self, which, mode):
        known = list(Refund.objects.exclude(state__in=["requested", "withdrawn"]).order_by("id"))
        self.world["wall"].pass_by(0.01)
        if not known:
            return
        refund = known[which % len(known)]
        (order,) = self.world["core"].books.orders_numbered(refund.order.out_trade_no)
        end = self.world["core"].books.refund_end(order.mchid, refund.out_refund_no)
        if end is None or self.now.timestamp() < end["due_at"]:
            return  # the channel has nothing to tell yet
        event_id = f"RF-{refund.out_refund_no}"
        self.hear(self.world["core"].callbacks.message(order, event_id, mode), mode)

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
            max_examples=10,
            stateful_step_count=16,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
