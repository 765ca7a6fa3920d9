"""What the database refuses about refunds by itself, and that their sum never exceeds a payment."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from kernel.models import uuid7
from shared_apps.payments import selectors
from shared_apps.payments.models import Refund
from shared_apps.payments.services import orders, refunds
from tests.factories.payments import mark_paid
from tests.shared_apps.payments.services.conftest import ADA

BEN = dataclasses.replace(ADA, name="Ben", person_id=uuid7())


@pytest.fixture
def paid(awaiting, pay, wall):
    """36.00 yuan that arrived."""
    pay(awaiting)
    mark_paid(orders.refresh(order=awaiting, now=wall()).event_id, now=wall())
    return awaiting


@pytest.fixture
def ask(paid, wall):
    def act(fen, **how):
        return refunds.request(
            order_id=paid.pk, amount_fen=fen, cause_id=uuid7(), actor=ADA, now=wall(), **how
        )

    return act


class TestTheSum:
    def test_never_exceeds_what_was_paid(self, ask):
        first = ask(2400)
        with pytest.raises(refunds.RefundTooMuch) as told:
            ask(1201)
        assert "12.00" in told.value.message
        ask(1200)
        refunds.withdraw(refund_id=first.pk)
        assert ask(2400).out_refund_no.startswith("GR")

    def test_never_exceeds_it_for_the_database_either(self, ask):
        first = ask(2400)
        copy = {
            field.attname: getattr(first, field.attname) for field in Refund._meta.concrete_fields
        }
        for fen, constraint in ((1201, "payments_refund_sum"), (3601, "payments_refund_sum")):
            other = copy | {
                "id": uuid7(), "cause_id": uuid7(), "out_refund_no": f"GR{fen}", "amount_fen": fen,
            }  # fmt: skip
            with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
                Refund.objects.create(**other)

    def test_is_of_a_payment(self, order, awaiting, ask, wall):
        with pytest.raises(refunds.NotRefundable):
            ask(100, transaction_id="4200000000000000000000000000")
        with pytest.raises(refunds.NotRefundable):
            refunds.request(order_id=uuid7(), amount_fen=1, cause_id=uuid7(), actor=ADA, now=wall())


class TestTheGuard:
    @pytest.mark.parametrize(
        ("change", "constraint"),
        [
            ({"amount_fen": 1}, "payments_refund_terms_fixed"),
            ({"out_refund_no": "GR1"}, "payments_refund_terms_fixed"),
            ({"state": "succeeded"}, "payments_refund_step_legal"),
            ({"state": "submitting"}, "payments_refund_step_legal"),
            ({"state": "approved"}, "payments_refund_two_people"),
            ({"refunded_at": dt.datetime(2026, 11, 22, tzinfo=dt.UTC)}, "success_has_facts"),
        ],
    )
    def test_a_refund_that_waits(self, ask, change, constraint):
        held = ask(1200)
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Refund.objects.filter(pk=held.pk).update(**change)

    @pytest.mark.parametrize(
        ("change", "constraint"),
        [
            ({"state": "requested"}, "payments_refund_step_legal"),
            ({"state": "closed"}, "payments_refund_step_legal"),
            ({"approved_by": uuid7()}, "payments_refund_marks_fixed"),
        ],
    )
    def test_a_refund_that_succeeded(self, ask, wall, change, constraint):
        held = refunds.approve(refund_id=ask(1200).pk, actor=BEN, now=wall())
        refunds.submit(refund_id=held.pk, now=wall())
        wall.pass_by(5)
        done = refunds.refresh(refund_id=held.pk, now=wall())
        assert (done.state, done.is_ended) == ("succeeded", True)
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Refund.objects.filter(pk=held.pk).update(**change)


class TestFollowing:
    def test_the_intent_is_stored_before_the_channel_is_told(self, ask, wall, monkeypatch):
        held = refunds.approve(refund_id=ask(1200).pk, actor=BEN, now=wall())

        def dies(config):
            raise RuntimeError("the process dies here")

        monkeypatch.setattr(refunds.accounts, "adapter_for", dies)
        with pytest.raises(RuntimeError, match="dies"):
            refunds.submit(refund_id=held.pk, now=wall())
        monkeypatch.undo()
        assert Refund.objects.get().state == "submitting"
        assert selectors.refunds_to_ask(wall()) == []
        later = wall() + dt.timedelta(minutes=1)
        assert [turn.refund_id for turn in selectors.refunds_to_ask(later)] == [held.pk]
        again = refunds.refresh(refund_id=held.pk, now=later)
        assert (again.state, again.out_refund_no) == ("processing", held.out_refund_no)

    def test_what_the_channel_never_takes_on_is_closed_at_last(self, ask, core, wall):
        core.plant("refund", "refund_not_enough", times=9)
        held = refunds.approve(refund_id=ask(1200).pk, actor=BEN, now=wall())
        assert refunds.submit(refund_id=held.pk, now=wall()).state == "unknown"
        core.books.clear_faults()
        ended = refunds.refresh(refund_id=held.pk, now=wall() + refunds.GIVE_UP_AFTER)
        assert (ended.state, ended.ask_at) == ("closed", None)

    def test_another_sum_than_asked_for_is_not_taken_over(self, ask, core, wall):
        held = refunds.approve(refund_id=ask(1200).pk, actor=BEN, now=wall())
        refunds.submit(refund_id=held.pk, now=wall())
        core.books._run("UPDATE refund_ends SET amount_fen = 1199")
        wall.pass_by(5)
        after = refunds.refresh(refund_id=held.pk, now=wall())
        assert (after.state, after.error_code) == ("processing", "AMOUNT_MISMATCH")

    def test_how_it_ended_is_handed_out_once(self, ask, wall):
        held = refunds.approve(refund_id=ask(1200).pk, actor=BEN, now=wall())
        refunds.submit(refund_id=held.pk, now=wall())
        assert refunds.settle(refund_id=held.pk, now=wall()) is None
        wall.pass_by(5)
        refunds.refresh(refund_id=held.pk, now=wall())
        assert [turn.refund_id for turn in selectors.refunds_to_settle()] == [held.pk]
        assert refunds.settle(refund_id=held.pk, now=wall()) is not None
        assert refunds.settle(refund_id=held.pk, now=wall()) is None
        assert selectors.refunds_to_settle() == []
