"""Paying through the channel: once, whatever happens on the way."""

from __future__ import annotations

import datetime as dt

import pytest

from kernel.clock import Month
from kernel.errors import Forbidden
from kernel.models import uuid7
from kernel.unit import unit_context
from shared_apps.payments import selectors as payments
from shared_apps.payments.services import paying
from shared_apps.payments.services.callbacks import CallbackRefused
from tenant_apps.audit import selectors as audit
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Bill, Receipt, Transfer
from tenant_apps.dues.services import billing, booking, collection, standards
from tests.factories.dues import as_member, make_owing_member, treasurer

OUT_OF_TIME = dt.timedelta(minutes=21)
"""The wall stays: the channel refuses requests signed at another time than its own."""

PAID, UNPAID = "PAID", "UNPAID"


def states(member):
    return list(
        Bill.objects.filter(member=member).order_by("month").values_list("state", flat=True)
    )


def untouched(member, order):
    return (
        set(states(member)) == {UNPAID}
        and not payments.order_by_id(order.pk).is_paid
        and not Transfer.objects.exists()
        and not Receipt.objects.exists()
    )


class TestStartPayment:
    def test_opens_an_order_over_the_chosen_months_and_leads_to_the_cashier(self, cleo, start):
        order = start(cleo, 202609, 202610)
        assert (order.amount_fen, order.is_open) == (25_800, True)
        address = collection.cashier(order=order, return_url="http://alpha.test/m/dues/")
        assert address.startswith("https://pay.channel.test/")
        event = audit.events_about(order.pk).get()
        assert (event.code, event.data["months"]) == ("payment.started", [202609, 202610])

    def test_asking_again_leads_to_the_same_order(self, cleo, start):
        actor = as_member(cleo)
        assert start(cleo, 202609, actor=actor).pk == start(cleo, 202609, actor=actor).pk

    def test_other_months_close_the_order_in_the_way(self, cleo, start):
        first, second = start(cleo, 202609), start(cleo, 202609, 202610)
        assert second.pk != first.pk
        assert not payments.order_by_id(first.pk).is_open

    def test_an_order_in_the_way_that_was_paid_is_booked_instead(self, cleo, start, pay, books):
        pay(start(cleo, 202609))
        with pytest.raises(collection.NotDue):
            start(cleo, 202609, 202610)
        assert states(cleo) == [PAID, UNPAID, UNPAID]
        books()

    def test_an_unclear_answer_stays_unclear_and_no_second_order_is_made(self, cleo, start, core):
        core.plant("order", "drop_after")
        core.plant("query", "drop_before", times=5)
        core.plant("close", "drop_before", times=5)
        order = start(cleo, 202609)
        assert order.is_open
        assert collection.cashier(order=order, return_url="") == ""
        with pytest.raises(collection.PaymentUnclear) as unclear:
            start(cleo, 202609, 202610)
        assert unclear.value.order_id == order.pk
        assert payments.orders_of_member(cleo.id).count() == 1

    @pytest.mark.parametrize(
        ("months", "error"),
        [
            ((), collection.NothingChosen),
            ((202612,), collection.NotDue),
            ((202610,), collection.OldestFirst),
            ((202609, 202611), collection.OldestFirst),
        ],
    )
    def test_refuses_a_choice_that_does_not_go(self, cleo, start, months, error):
        with pytest.raises(error):
            start(cleo, *months)
        assert not payments.orders_of_member(cleo.id).exists()

    def test_nobody_starts_a_payment_for_somebody_else(self, cleo, start):
        with pytest.raises(Forbidden):
            start(cleo, 202609, actor=as_member(make_owing_member(name="丹")))

    def test_without_an_account_at_the_channel_it_says_so(self, alpha, channel, wall):
        member = make_owing_member()
        with pytest.raises(payments.ChannelNotConfigured):
            collection.start_payment(
                member_id=member.id,
                months=[Month(202611)],
                actor=as_member(member),
                now=wall(),
            )


class TestReceiveNotification:
    def test_marks_bills_books_them_and_gives_a_receipt(self, cleo, start, pay, notify, books):
        order = start(cleo, 202609, 202610)
        notify(pay(order))
        assert states(cleo) == [PAID, PAID, UNPAID]
        receipt = Receipt.objects.get()
        year = receipt.issued_at.year
        assert receipt.serial == f"{year}-ALPHA-000001"
        assert (receipt.amount_fen, receipt.months) == (25_800, [202609, 202610])
        assert selectors.balance("1011") == 25_800 == -selectors.balance("4001")
        assert payments.order_by_id(order.pk).is_paid
        assert receipt.card_id is not None
        codes = {event.code for event in audit.all_events()}
        assert {"payment.settled", "receipt.issued"} <= codes
        books()

    @pytest.mark.parametrize(
        "mode",
        [
            "forged", "foreign_mchid", "other_amount", "oversized", "repeated_header",
            "signtest", "stale", "tampered_body", "unknown_serial",
        ],
    )  # fmt: skip
    def test_a_spoilt_one_changes_nothing(self, cleo, start, pay, notify, books, mode):
        order = start(cleo, 202609)
        paid = pay(order)
        with pytest.raises(CallbackRefused):
            notify(paid, mode)
        assert untouched(cleo, order)
        books()

    def test_a_replay_hours_later_changes_nothing(self, cleo, start, pay, notify, wall, core):
        order = start(cleo, 202609)
        paid = pay(order)
        with pytest.raises(CallbackRefused):
            notify(paid, now=wall() + dt.timedelta(hours=2))
        assert untouched(cleo, order)

    def test_a_replay_in_time_is_booked_once(self, cleo, start, pay, notify, books):
        paid = pay(start(cleo, 202609))
        for event_id in ("EV-1", "EV-1", "EV-2"):
            notify(paid, event_id=event_id)
        assert Transfer.objects.count() == Receipt.objects.count() == 1
        books()

    def test_one_sent_to_another_units_address_changes_nothing(
        self, cleo, start, pay, notify, beta, other_account, wall
    ):
        from kernel.actor import Actor  # noqa: PLC0415
        from kernel.unit import shared_context  # noqa: PLC0415
        from shared_apps.payments.services import accounts  # noqa: PLC0415

        with shared_context():
            theirs = accounts.configure(
                unit_id=beta.id, account=other_account, actor=Actor.system("x"), now=wall()
            )
        order = start(cleo, 202609)
        paid = pay(order)
        for uid in (theirs.uid, uuid7()):
            with pytest.raises(CallbackRefused):
                notify(paid, uid=uid)
        assert untouched(cleo, order)

    def test_it_may_come_before_the_answer_to_the_order(
        self, cleo, start, pay, notify, core, books
    ):
        core.plant("order", "drop_after")
        core.plant("query", "drop_before", times=5)
        order = start(cleo, 202609)
        assert collection.cashier(order=order, return_url="") == ""
        notify(pay(order))
        assert states(cleo)[0] == PAID
        books()

    def test_is_invisible_to_beta(self, cleo, start, pay, notify, beta):
        order = start(cleo, 202609)
        notify(pay(order))
        with unit_context(beta.id):
            assert not Receipt.objects.exists()
            assert not Transfer.objects.exists()
            with pytest.raises(payments.UnknownOrder):
                payments.order_by_id(order.pk)


class TestLosses:
    def test_a_death_between_storing_and_booking_is_made_good(
        self, cleo, start, pay, notify, wall, monkeypatch, books
    ):
        def die(**_):
            raise RuntimeError("killed")

        with monkeypatch.context() as patch:
            patch.setattr(paying, "mark_paid", die)
            notify(pay(start(cleo, 202609)))
        assert states(cleo)[0] == UNPAID
        assert booking.settle_pending(now=wall()) == 0
        wall.pass_by(15)
        assert booking.settle_pending(now=wall()) == 1
        assert booking.settle_pending(now=wall()) == 0
        assert states(cleo)[0] == PAID
        books()

    def test_a_lost_callback_is_found_by_asking(self, cleo, start, pay, wall, books):
        pay(start(cleo, 202609))
        assert booking.ask_channel(now=wall()) == 0
        wall.pass_by(31)
        booking.ask_channel(now=wall())
        assert states(cleo)[0] == PAID
        books()

    def test_the_member_who_waits_finds_out_by_the_page(self, cleo, start, pay, wall):
        order = start(cleo, 202609)
        pay(order)
        wall.pass_by(31)
        fresh = payments.order_by_id(order.pk)
        assert collection.follow(order=fresh, now=wall()).is_paid
        assert Receipt.objects.count() == 1

    def test_a_callback_after_the_question_is_a_duplicate(
        self, cleo, start, pay, notify, wall, books
    ):
        paid = pay(start(cleo, 202609))
        wall.pass_by(31)
        booking.ask_channel(now=wall())
        notify(paid)
        assert Transfer.objects.count() == 1
        books()

    def test_an_order_nobody_pays_is_closed_when_its_time_is_out(self, cleo, start, wall):
        order = start(cleo, 202609)
        booking.ask_channel(now=wall() + OUT_OF_TIME)
        assert payments.order_by_id(order.pk).state == "closed"
        assert start(cleo, 202609).pk != order.pk

    def test_paid_after_close_is_taken_while_the_month_is_open(
        self, cleo, start, pay, notify, wall, books
    ):
        order = start(cleo, 202609)
        booking.ask_channel(now=wall() + OUT_OF_TIME)
        notify(pay(order, after_close=True))
        assert states(cleo)[0] == PAID
        assert payments.order_by_id(order.pk).state == "paid_late"
        books()

    def test_paid_twice_through_two_orders_the_second_waits_for_a_person(
        self, cleo, start, pay, notify, wall, books
    ):
        first = start(cleo, 202609)
        booking.ask_channel(now=wall() + OUT_OF_TIME)
        second = start(cleo, 202609)
        notify(pay(second), event_id="EV-1")
        notify(pay(first, after_close=True), event_id="EV-2")
        assert Receipt.objects.count() == 1
        assert -selectors.balance("2001") == 12_900
        assert selectors.balance("1011") == 25_800
        event = next(e for e in audit.all_events() if e.code == "payment.suspended")
        assert event.subject_id == first.pk
        books()

    def test_the_sweep_goes_through_every_unit(self, cleo, start, pay, wall, monkeypatch):
        pay(start(cleo, 202609))
        wall.pass_by(31)
        monkeypatch.setattr(booking.clock, "now", wall)
        booking.sweep()
        assert states(cleo)[0] == PAID


class TestWhileMoneyIsUnderWay:
    def test_the_months_bills_stay_as_they_are(self, cleo, start, wall):
        start(cleo, 202609)
        bill = Bill.objects.get(month=202609)
        with pytest.raises(billing.MonthHasPayments):
            billing.withdraw_month(month=Month(202609), actor=treasurer(), now=wall())
        with pytest.raises(billing.BillNotOpen):
            billing.exempt(
                bill=bill, reason="困难", approved_by="党委", actor=treasurer(), now=wall()
            )
        with pytest.raises(standards.PaymentUnderWay):
            standards.set_one(
                member_id=cleo.id, category="WAGE", base_fen=900_000, month=Month(202609),
                reason="调薪", actor=treasurer(), now=wall(),
            )  # fmt: skip
