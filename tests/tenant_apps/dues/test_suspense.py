"""Money that no bill took pays other bills of its payer, or is asked back."""

from __future__ import annotations

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from kernel.actor import Actor
from kernel.errors import Forbidden
from kernel.unit import unit_context
from shared_apps.payments import selectors as payments
from tenant_apps.audit import selectors as audit
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Bill, Receipt, Resolution, Transfer
from tenant_apps.dues.services import billing, booking, decisions, refunds, suspense
from tenant_apps.members.models import Member
from tests.cast import officer
from tests.conftest import FacingClient
from tests.factories.dues import make_owing_member, treasurer
from tests.tenant_apps.dues.test_collection import OUT_OF_TIME, PAID, UNPAID, states
from tests.tenants.life import written

WHY = "本人确认重复支付"


@pytest.fixture
def twice(cleo, start, pay, notify, wall):
    """September was paid through two orders: 129.00 is suspended, October and November are due."""
    first = start(cleo, 202609)
    booking.ask_channel(now=wall() + OUT_OF_TIME)
    second = start(cleo, 202609)
    notify(pay(second), event_id="EV-1")
    notify(pay(first, after_close=True), event_id="EV-2")
    return first


@pytest.fixture
def ben(alpha):
    return treasurer()


@pytest.fixture
def ada(alpha):
    return treasurer(role="unit_admin")


def suspended(actor):
    (one,) = selectors.suspended_visible_to(actor)
    return one


class TestPlacing:
    def test_pays_the_oldest_open_bill_and_gives_a_receipt(self, cleo, twice, ben, wall, books):
        one = suspended(ben)
        assert (one.amount_fen, one.order_number) == (12_900, twice.out_trade_no)
        assert one.transaction_id == payments.order_by_id(twice.pk).transaction_id
        receipt = suspense.place(suspended=one, reason=WHY, actor=ben, now=wall())
        assert states(cleo) == [PAID, PAID, UNPAID]
        assert (receipt.months, receipt.amount_fen) == ([202610], 12_900)
        assert receipt.serial.endswith("000002")
        assert selectors.balance("2001") == 0
        assert -selectors.balance("4001") == 25_800 == selectors.balance("1011")
        assert selectors.unresolved() == selectors.Unresolved(0, 0)
        told = suspended(ben)
        assert (told.is_open, told.resolution.state) == (False, "done")
        event = audit.events_about(told.resolution.pk).get()
        assert (event.code, event.data["months"], event.data["reason"]) == (
            "suspense.placed", [202610], WHY,
        )  # fmt: skip
        books()

    def test_places_the_second_payment_of_one_order_too(
        self, cleo, start, pay, notify, core, ben, wall, books
    ):
        order = start(cleo, 202609)
        notify(pay(order), event_id="EV-1")
        core.books._run("UPDATE orders SET transaction_id = '420000000000000000000000001'")
        notify(core.books.orders_numbered(order.out_trade_no)[0], event_id="EV-2")
        one = suspended(ben)
        assert one.transaction_id == "420000000000000000000000001"
        suspense.place(suspended=one, reason=WHY, actor=ben, now=wall())
        assert states(cleo) == [PAID, PAID, UNPAID]
        assert Receipt.objects.count() == 2
        books()

    def test_needs_bills_that_it_pays_to_the_fen(self, cleo, twice, ben, wall, books):
        Bill.objects.filter(month=202610).update(due_fen=12_901)
        one = suspended(ben)
        assert selectors.placeable(one) == []
        with pytest.raises(suspense.NothingToPlace):
            suspense.place(suspended=one, reason=WHY, actor=ben, now=wall())
        assert not Resolution.objects.exists()
        assert states(cleo) == [PAID, UNPAID, UNPAID]
        books()

    def test_leaves_a_bill_alone_that_is_being_paid(self, cleo, twice, start, ben, wall):
        start(cleo, 202610)
        with pytest.raises(suspense.NothingToPlace):
            suspense.place(suspended=suspended(ben), reason=WHY, actor=ben, now=wall())
        assert states(cleo) == [PAID, UNPAID, UNPAID]

    def test_takes_nobody_elses_bill(self, cleo, twice, ben, wall):
        for month in (202610, 202611):
            bill = Bill.objects.get(member=cleo, month=month)
            billing.exempt(bill=bill, reason="困难", approved_by="党委", actor=ben, now=wall())
        make_owing_member(202610, name="丹")
        assert selectors.placeable(suspended(ben)) == []


class TestRefunding:
    def test_is_asked_for_here_and_taken_back(self, cleo, twice, ben, wall, books):
        one = suspended(ben)
        held = refunds.ask_suspended(suspended=one, reason=WHY, actor=ben, now=wall())
        assert (selectors.balance("2001"), -selectors.balance("2003")) == (0, 12_900)
        assert selectors.unresolved() == selectors.Unresolved(12_900, 1)
        books()
        refunds.withdraw(held=held, reason="记入下月", actor=ben, now=wall())
        assert (-selectors.balance("2001"), selectors.balance("2003")) == (12_900, 0)
        books()
        again = suspended(ben)
        assert (again.is_open, len(again.withdrawn)) == (True, 1)
        suspense.place(suspended=again, reason=WHY, actor=ben, now=wall())
        assert states(cleo) == [PAID, PAID, UNPAID]
        books()

    def test_is_not_decided_by_one_person_for_the_database_either(self, twice, ben, wall):
        held = refunds.ask_suspended(suspended=suspended(ben), reason=WHY, actor=ben, now=wall())
        for values in ({"decided_by": held.asked_by}, {"decided_by": None}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Resolution.objects.filter(pk=held.pk).update(state="sent", **values)

    @pytest.mark.parametrize("reason", ["", " 退 ", "长" * 201])
    def test_wants_a_reason(self, twice, ben, wall, reason):
        one = suspended(ben)
        for act in (suspense.place, refunds.ask_suspended):
            with pytest.raises(decisions.ReasonNeeded):
                act(suspended=one, reason=reason, actor=ben, now=wall())
        assert not Resolution.objects.exists()

    def test_is_by_a_person(self, twice, wall, ben):
        with pytest.raises(Forbidden):
            refunds.ask_suspended(
                suspended=suspended(ben), reason=WHY, actor=Actor.system("tests"), now=wall()
            )


class TestOneDecision:
    def test_is_all_there_is(self, twice, ben, ada, wall, books):
        one = suspended(ben)
        suspense.place(suspended=one, reason=WHY, actor=ben, now=wall())
        for act in (suspense.place, refunds.ask_suspended):
            with pytest.raises(decisions.AlreadyResolved) as told:
                act(suspended=one, reason=WHY, actor=ada, now=wall())
            assert "贝凯" in told.value.message
        assert Transfer.objects.count() == 3
        books()

    def test_shows_in_the_checks_when_it_was_not_booked(self, twice, ben, wall):
        held = refunds.ask_suspended(suspended=suspended(ben), reason=WHY, actor=ben, now=wall())
        Resolution.objects.filter(pk=held.pk).update(state="withdrawn")
        broken = {check.code: check for check in selectors.invariants() if not check.holds}
        assert set(broken) == {"I6"}
        assert set(broken["I6"].examples) == {"2001", "2003"}

    def test_of_two_at_once_is_the_first(self, django_db_setup, django_db_blocker):
        with written("alpha", django_db_blocker) as unit:
            with unit_context(unit.pk):
                line = Transfer.objects.create(
                    at="2026-11-22T01:00:00Z", debit="1011:wechat:1", credit="2001",
                    amount_fen=100, effect="suspense:x",
                )  # fmt: skip
            gate, results = threading.Barrier(2), []

            def decide():
                with unit_context(unit.pk):
                    actor, gone = treasurer(), selectors.Suspended(
                        id=line.pk, at=line.at, amount_fen=100, memo="", order_id=line.pk,
                        order_number="", transaction_id="", channel="wechat",
                        member_id=line.pk, name="", org_path="", resolution=None, withdrawn=(),
                    )  # fmt: skip
                    gate.wait()
                    try:
                        decisions.decide(
                            gone, "refunded", "asked", WHY, actor, "2026-11-22T01:00:00Z"
                        )
                        results.append("asked")
                    except decisions.AlreadyResolved:
                        results.append("refused")
                connection.close()

            crowd = [threading.Thread(target=decide) for _ in range(2)]
            for one in crowd:
                one.start()
            for one in crowd:
                one.join()
            assert sorted(results) == ["asked", "refused"]
            with unit_context(unit.pk):
                assert Resolution.objects.count() == 1


class TestWhoMay:
    def test_somebody_over_the_payers_branch(self, twice, wall):
        assert selectors.suspended_visible_to(treasurer("00010001"))
        neighbour = treasurer("00010002")
        assert selectors.suspended_visible_to(neighbour) == []
        transfer = Transfer.objects.get(credit="2001")
        with pytest.raises(selectors.SuspendedNotFound):
            selectors.suspended_for(neighbour, transfer.pk)
        with pytest.raises(Forbidden):
            selectors.suspended_for(treasurer(role="secretary"), transfer.pk)

    def test_only_somebody_over_the_whole_unit_where_the_payer_is_gone(self, cleo, twice):
        Member.objects.filter(pk=cleo.pk).update(org_path="")
        assert selectors.suspended_visible_to(treasurer("00010001")) == []
        assert suspended(treasurer(""))


class TestThePages:
    def test_lead_to_a_refund_and_back(self, alpha, cleo, twice):
        address = f"/dues/checks/suspense/{Transfer.objects.get(credit='2001').pk}/"
        ben = officer(FacingClient(), alpha, role="treasurer", name="贝凯")
        assert "/dues/checks/suspense/" in ben.get("/dues/checks/").content.decode()
        assert address in ben.get("/dues/checks/suspense/").content.decode()
        assert "2026 年 10 月" in ben.get(address).content.decode()
        assert ben.post(f"{address}refund/", {"reason": WHY}).status_code == 302
        case = f"/dues/refunds/{Resolution.objects.get().pk}/"
        assert case in ben.get(address).content.decode()
        assert ben.post(f"{case}withdraw/", {"reason": ""}).status_code == 422
        assert ben.post(f"{case}withdraw/", {"reason": WHY}).status_code == 302
        assert ben.post(f"{address}place/", {"reason": WHY}).status_code == 302
        assert ben.post(f"{address}refund/", {"reason": WHY}).status_code == 409
        assert states(cleo) == [PAID, PAID, UNPAID]

    def test_have_an_api(self, alpha, cleo, twice):
        ben = officer(FacingClient(), alpha, role="treasurer", name="贝凯")
        (one,) = ben.get("/api/v1/dues/suspense/").json()
        assert (one["amount_fen"], one["resolution"]) == (12_900, None)
        base = f"/api/v1/dues/suspense/{one['id']}/"
        kind = {"content_type": "application/json"}
        asked = ben.post(f"{base}refund/", {"reason": WHY}, **kind)
        assert (asked.status_code, asked.json()["resolution"]["state"]) == (201, "asked")
        case = f"/api/v1/dues/refunds/{asked.json()['resolution']['id']}/"
        back = ben.post(f"{case}withdrawal/", {"reason": WHY}, **kind)
        assert (back.status_code, back.json()["state"]) == (200, "withdrawn")
        placed = ben.post(f"{base}placement/", {"reason": WHY}, **kind)
        assert (placed.status_code, placed.json()["months"]) == (201, ["2026-10"])
        taken = ben.post(f"{base}refund/", {"reason": WHY}, **kind)
        assert (taken.status_code, taken.json()["code"]) == (409, "dues_suspended_resolved")
