"""Giving more than one's dues: the limit, the accounts, the receipt, the way up and back."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from kernel.clock import day_of
from kernel.errors import Forbidden
from kernel.unit import unit_context
from shared_apps.payments import selectors as payments
from shared_apps.payments.selectors import Channel
from tenant_apps.audit import selectors as audit
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Contribution, HandUp, Receipt, Transfer
from tenant_apps.dues.selectors import books as kept
from tenant_apps.dues.selectors import contributions as given
from tenant_apps.dues.selectors.refunds import refundable
from tenant_apps.dues.services import booking, handing_up, refund_booking, refunds, voluntary
from tests.factories.dues import as_member, make_member, make_owing_member, treasurer
from tests.tenant_apps.dues.test_refunds import balances, tell  # noqa: F401 - the callback

LIMIT = 100_000
BANK = "1001"
WHY = "本人误点，已核实"


@pytest.fixture
def give(cleo, channel, wall):
    """The member asks to give an amount; returns the order."""

    def act(fen, *, member=cleo, actor=None, **how):
        return voluntary.start(
            member_id=member.id,
            amount_fen=fen,
            actor=actor or as_member(member),
            now=wall(),
            **how,
        )

    return act


@pytest.fixture
def gave(give, pay, notify):
    """It is paid and booked; returns the contribution."""

    def act(fen, **how):
        order = give(fen, **how)
        notify(pay(order), event_id=f"EV-{order.out_trade_no}")
        return Contribution.objects.get(order_id=order.pk)

    return act


@pytest.fixture
def ben(alpha):
    return treasurer()


@pytest.fixture
def ada(alpha):
    return treasurer(role="unit_admin")


@pytest.fixture
def confirm(wall):
    def act(held, actor, **how):
        facts = {"bank": BANK, "paid_on": day_of(wall()), "reference": "HU-20261122-1"} | how
        return handing_up.confirm(held=held, actor=actor, now=wall(), **facts)

    return act


class TestALimitThatTheRulesSet:
    """Vectors 33 and 34 of rulebook 4.9: the test is on the extra alone."""

    def test_below_it_stays_in_the_pool(self, gave, books, cleo):
        one = gave(LIMIT - 1)
        assert (one.kind, one.state, one.limit_fen) == ("VOLUNTARY", "PAID", LIMIT)
        assert balances("4005", "2004", "4001", "1011") == [-99_999, 0, 0, 99_999]
        assert selectors.unpaid_months(cleo.id).fen == 38_700
        books()

    def test_from_it_on_everything_is_the_centres(self, gave, books, cleo, wall):
        one = gave(LIMIT)
        assert one.kind == "LARGE"
        assert balances("4005", "2004", "1011") == [0, -LIMIT, LIMIT]
        day = day_of(wall())
        found = kept.standings(day, day)[cleo.org_id]
        assert (found.collected_fen, found.share_fen) == (0, 0)
        books()

    def test_the_pool_counts_where_sweeps_and_reports_look(self, gave, cleo, wall):
        gave(5_000)
        day = day_of(wall())
        assert kept.standings(day, day)[cleo.org_id].collected_fen == 5_000

    @pytest.mark.parametrize(
        "change",
        [
            {"kind": "VOLUNTARY", "amount_fen": LIMIT},
            {"kind": "LARGE", "amount_fen": LIMIT - 1},
            {"kind": "SPECIAL"},
            {"state": "OPEN"},
            {"central_receipt": "1"},
        ],
    )
    def test_the_database_holds_it(self, gave, change):
        one = gave(LIMIT)
        with pytest.raises(IntegrityError), transaction.atomic():
            Contribution.objects.filter(pk=one.pk).update(**change)


class TestGiving:
    def test_gives_a_numbered_receipt_of_its_kind_and_says_so(self, gave, start, pay, notify):
        notify(pay(start(make_member_owing(), 202611)))
        one = gave(LIMIT)
        receipt = Receipt.objects.get(order_id=one.order_id)
        assert (receipt.kind, receipt.months, receipt.amount_fen) == ("LARGE", [], LIMIT)
        assert receipt.serial.endswith("-000002")
        checked = selectors.verify(serial=receipt.serial, code=receipt.verify_code)
        assert (checked.kind, checked.months) == ("LARGE", ())
        codes = {event.code for event in audit.events_about(one.pk)}
        assert codes == {"contribution.started", "contribution.paid"}

    def test_asking_again_leads_to_the_same_order_and_another_sum_closes_it(self, give, cleo):
        actor = as_member(cleo)
        first = give(5_000, actor=actor)
        assert give(5_000, actor=actor).pk == first.pk
        second = give(6_000, actor=actor)
        assert second.pk != first.pk
        assert not payments.order_by_id(first.pk).is_open

    def test_a_bill_under_way_is_not_in_the_way(self, give, start, cleo):
        order = start(cleo, 202609)
        give(5_000)
        assert payments.order_by_id(order.pk).is_open

    def test_money_that_comes_late_is_taken(self, give, pay, core, wall, books):
        order = give(5_000)
        pay(order)
        later = wall() + dt.timedelta(minutes=21)
        booking.ask_channel(now=later)
        assert Contribution.objects.get(order_id=order.pk).state == "PAID"
        assert Receipt.objects.count() == 1
        books()

    def test_the_same_callback_twice_books_once(self, give, pay, notify, books):
        order = give(5_000)
        paid = pay(order)
        notify(paid, event_id="EV-1")
        notify(paid, event_id="EV-2")
        assert Transfer.objects.count() == 1
        books()

    @pytest.mark.parametrize("fen", [0, -1, voluntary.MOST_FEN + 1])
    def test_refuses_an_amount_that_is_none(self, give, fen):
        with pytest.raises(voluntary.ExtraAmount):
            give(fen)
        assert not Contribution.objects.exists()

    def test_nobody_gives_in_somebody_elses_name(self, give):
        with pytest.raises(Forbidden):
            give(5_000, actor=as_member(make_member(name="丹")))

    def test_nobody_of_another_unit_sees_it(self, gave, beta):
        one = gave(LIMIT)
        with unit_context(beta.id):
            assert not Contribution.objects.exists()
            with pytest.raises(given.ContributionNotFound):
                given.contribution_for(treasurer(), one.pk, to="dues:contribution")

    def test_who_keeps_another_branch_does_not_see_it(self, gave):
        one = gave(LIMIT)
        neighbour = treasurer("00010002")
        assert not given.contributions_visible_to(neighbour).exists()
        with pytest.raises(given.ContributionNotFound):
            given.contribution_for(neighbour, one.pk, to="dues:contribution")


def make_member_owing():
    return make_owing_member(name="丹")


class TestEnteredAtTheDesk:
    @pytest.fixture
    def enter(self, cleo, ben, wall):
        def act(fen=LIMIT, *, number="20261122-0001", actor=ben, days=0):
            return voluntary.enter(
                member=cleo,
                amount_fen=fen,
                bank=BANK,
                number=number,
                received_on=day_of(wall()) + dt.timedelta(days),
                actor=actor,
                now=wall(),
            )

        return act

    def test_books_what_came_to_the_dedicated_account(self, enter, books):
        receipt = enter()
        assert (receipt.kind, receipt.channel) == ("LARGE", voluntary.TRANSFER)
        assert balances("1001", "2004") == [LIMIT, -LIMIT]
        assert audit.events_about(receipt.order_id).get().code == "contribution.entered"
        books()

    def test_the_same_bank_number_is_not_booked_twice(self, enter, books):
        enter()
        with pytest.raises(voluntary.BankNumberTaken), transaction.atomic():
            enter(fen=5_000)
        assert (Contribution.objects.count(), Receipt.objects.count()) == (1, 1)
        books()

    @pytest.mark.parametrize(
        ("how", "error"),
        [
            ({"number": " "}, voluntary.BankNumberNeeded),
            ({"number": "1" * 25}, voluntary.BankNumberNeeded),
            ({"days": 1}, voluntary.NotYetReceived),
            ({"fen": 0}, voluntary.ExtraAmount),
        ],
    )
    def test_refuses(self, enter, how, error):
        with pytest.raises(error):
            enter(**how)
        assert not Transfer.objects.exists()

    def test_not_by_who_keeps_another_branch(self, enter):
        with pytest.raises(Forbidden):
            enter(actor=treasurer("00010002"))


class TestHandingUp:
    def test_goes_up_whole_by_two_people(self, gave, ada, ben, confirm, wall, books):
        gave(LIMIT), gave(250_000), gave(5_000)
        held = handing_up.draw_up(kind="LARGE", actor=ben, now=wall())
        assert (held.count, held.amount_fen) == (2, 350_000)
        assert balances("2004") == [-350_000]
        books()
        with pytest.raises(handing_up.HandUpSecondPerson):
            confirm(held, ben)
        confirm(held, ada)
        assert balances("2004", "4005", "1001") == [0, -5_000, -350_000]
        books()
        with pytest.raises(handing_up.HandUpMoved):
            confirm(held, ada)
        with pytest.raises(handing_up.NothingToHandUp):
            handing_up.draw_up(kind="LARGE", actor=ben, now=wall())
        codes = [event.code for event in audit.events_about(held.pk)]
        assert sorted(codes) == ["hand_up.confirmed", "hand_up.drawn_up"]

    def test_two_people_are_held_by_the_database(self, gave, ben, wall):
        gave(LIMIT)
        held = handing_up.draw_up(kind="LARGE", actor=ben, now=wall())
        with pytest.raises(IntegrityError), transaction.atomic():
            HandUp.objects.filter(pk=held.pk).update(
                state="done", decided_by=ben.person_id, bank=BANK, reference="1",
                paid_on=day_of(wall()),
            )  # fmt: skip

    @pytest.mark.parametrize(
        "how", [{"bank": ""}, {"reference": " "}, {"paid_on": dt.date(2099, 1, 1)}]
    )
    def test_refuses_without_the_banks_facts(self, gave, ada, ben, confirm, wall, how):
        gave(LIMIT)
        held = handing_up.draw_up(kind="LARGE", actor=ben, now=wall())
        with pytest.raises(handing_up.HandUpFacts):
            confirm(held, ada, **how)

    def test_a_list_taken_back_waits_again(self, gave, ben, wall, books):
        gave(LIMIT)
        held = handing_up.draw_up(kind="LARGE", actor=ben, now=wall())
        handing_up.withdraw(held=held, actor=ben, now=wall())
        assert handing_up.draw_up(kind="LARGE", actor=ben, now=wall()).count == 1
        books()

    def test_only_by_somebody_over_the_whole_unit(self, gave, wall, cleo):
        gave(LIMIT)
        with pytest.raises(Forbidden):
            handing_up.draw_up(kind="LARGE", actor=treasurer(cleo.org_path), now=wall())
        assert not HandUp.objects.exists()

    def test_the_central_receipt_follows(self, gave, ada, ben, confirm, wall):
        one = gave(LIMIT)
        facts = {"number": "中组收 2026-0001", "received_on": day_of(wall())}
        with pytest.raises(handing_up.NotHandedUp):
            handing_up.enter_central_receipt(one=one, actor=ben, now=wall(), **facts)
        confirm(handing_up.draw_up(kind="LARGE", actor=ben, now=wall()), ada)
        handing_up.enter_central_receipt(one=one, actor=ben, now=wall(), **facts)
        assert given.contributions_of_member(one.member_id).get().central_receipt
        with pytest.raises(handing_up.CentralReceiptFacts):
            handing_up.enter_central_receipt(
                one=one, actor=ben, now=wall(), **facts | {"number": ""}
            )


class TestGivenBack:
    @pytest.fixture
    def asked(self, gave, ben, wall):
        one = gave(LIMIT)
        receipt = Receipt.objects.get()
        return one, refunds.ask_paid(
            receipt=receipt,
            bill_ids=[part.pk for part in refundable(receipt)],
            reason=WHY,
            actor=ben,
            now=wall(),
        )

    def test_by_two_people_and_the_receipt_is_void(self, asked, ada, wall, tell, books):  # noqa: F811
        one, held = asked
        held = refunds.approve(held=held, actor=ada, now=wall())
        one.refresh_from_db()
        assert one.state == "RETURNED"
        assert balances("2004", "2003", "1011") == [0, -LIMIT, LIMIT]
        assert Receipt.objects.get().voided_at == wall()
        books()
        wall.pass_by(5)
        tell(held)
        assert balances("2004", "2003", "1011") == [0, 0, 0]
        books()

    def test_what_fails_is_as_before_with_a_new_receipt(self, asked, ada, wall, core, books):
        one, held = asked
        core.plant("refund", "refund_closed")
        refunds.approve(held=held, actor=ada, now=wall())
        for minutes in (2, 20, 60):
            wall.pass_by(5)
            refund_booking.follow_all(now=wall() + dt.timedelta(minutes=minutes))
        one.refresh_from_db()
        books()
        assert one.state == "PAID"
        again = Receipt.objects.get(voided_at=None)
        assert (again.kind, again.edition, again.amount_fen) == ("LARGE", 1, LIMIT)

    def test_not_once_it_is_on_its_way_up(self, asked, gave, ada, ben, wall):
        one, held = asked
        assert not given.to_be_handed_up(ben, "LARGE").exists()
        refunds.withdraw(held=held, reason=WHY, actor=ben, now=wall())
        handing_up.draw_up(kind="LARGE", actor=ben, now=wall())
        assert refundable(Receipt.objects.get()) == []
        with pytest.raises(refunds.NothingToRefund):
            refunds.ask_paid(
                receipt=Receipt.objects.get(), bill_ids=[one.pk], reason=WHY, actor=ben, now=wall()
            )


def test_another_channel_is_another_order(give, cleo):
    with pytest.raises(payments.ChannelNotConfigured):
        give(5_000, channel=Channel.ALIPAY)
