"""Money that no bill took pays other bills of its payer, or goes back with two people."""

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
from tenant_apps.dues.services import billing, booking, suspense
from tenant_apps.members.models import Member
from tests.cast import officer
from tests.conftest import FacingClient
from tests.factories.dues import make_owing_member, treasurer
from tests.tenant_apps.dues.test_collection import OUT_OF_TIME, PAID, UNPAID, states
from tests.tenants.life import written

WHY = "本人确认重复支付"
NUMBER = "50300208042026112212345678901"


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
    def test_takes_two_people_and_a_number(self, cleo, twice, ben, ada, wall, books):
        one = suspended(ben)
        suspense.ask_refund(suspended=one, reason=WHY, actor=ben, now=wall())
        assert (selectors.balance("2001"), -selectors.balance("2003")) == (0, 12_900)
        assert selectors.unresolved() == selectors.Unresolved(12_900, 1)
        books()
        suspense.confirm_refund(suspended=one, refund_number=NUMBER, actor=ada, now=wall())
        assert selectors.balance("2003") == 0
        assert selectors.balance("1011") == 12_900 == -selectors.balance("4001")
        assert selectors.unresolved() == selectors.Unresolved(0, 0)
        assert states(cleo) == [PAID, UNPAID, UNPAID]
        held = Resolution.objects.get()
        assert (held.asked_by, held.decided_by) == (ben.person_id, ada.person_id)
        codes = [event.code for event in audit.events_about(held.pk)]
        assert sorted(codes) == ["suspense.refund_asked", "suspense.refunded"]
        books()

    def test_is_not_confirmed_by_who_asked(self, twice, ben, wall, books):
        one = suspended(ben)
        suspense.ask_refund(suspended=one, reason=WHY, actor=ben, now=wall())
        with pytest.raises(suspense.RefundSecondPerson):
            suspense.confirm_refund(suspended=one, refund_number=NUMBER, actor=ben, now=wall())
        assert Resolution.objects.get().state == "asked"
        books()

    @pytest.mark.parametrize(
        "values",
        [{"decided_by": "asked_by", "refund_number": NUMBER}, {"decided_by": None}],
        ids=["one person", "no number"],
    )
    def test_is_not_confirmed_for_the_database_either(self, twice, ben, wall, values):
        held = suspense.ask_refund(suspended=suspended(ben), reason=WHY, actor=ben, now=wall())
        if values["decided_by"]:
            values = {**values, "decided_by": held.asked_by}
        with pytest.raises(IntegrityError), transaction.atomic():
            Resolution.objects.filter(pk=held.pk).update(state="done", **values)

    @pytest.mark.parametrize("number", ["", "12345", "退款单号123456", "1 23456", "9" * 65])
    def test_wants_the_number_of_the_channel(self, twice, ben, ada, wall, number):
        one = suspended(ben)
        suspense.ask_refund(suspended=one, reason=WHY, actor=ben, now=wall())
        with pytest.raises(suspense.RefundNumberInvalid):
            suspense.confirm_refund(suspended=one, refund_number=number, actor=ada, now=wall())

    def test_one_number_proves_one_refund(self, twice, ben, ada, wall):
        one = suspended(ben)
        suspense.ask_refund(suspended=one, reason=WHY, actor=ben, now=wall())
        other = Transfer.objects.exclude(pk=one.id).first()
        Resolution.objects.create(
            suspension=other, kind="refunded", state="done", reason=WHY, refund_number=NUMBER,
            asked_by=ben.person_id, asked_at=wall(), decided_by=ada.person_id,
        )  # fmt: skip
        with pytest.raises(suspense.RefundNumberTaken):
            suspense.confirm_refund(suspended=one, refund_number=NUMBER, actor=ada, now=wall())

    def test_taken_back_the_money_is_suspended_as_before(self, cleo, twice, ben, wall, books):
        one = suspended(ben)
        suspense.ask_refund(suspended=one, reason=WHY, actor=ben, now=wall())
        suspense.withdraw_refund(suspended=one, reason="记入下月", actor=ben, now=wall())
        assert (-selectors.balance("2001"), selectors.balance("2003")) == (12_900, 0)
        books()
        again = suspended(ben)
        assert (again.is_open, len(again.withdrawn)) == (True, 1)
        suspense.place(suspended=again, reason=WHY, actor=ben, now=wall())
        assert states(cleo) == [PAID, PAID, UNPAID]
        books()

    @pytest.mark.parametrize("reason", ["", " 退 ", "长" * 201])
    def test_wants_a_reason(self, twice, ben, wall, reason):
        one = suspended(ben)
        for act in (suspense.place, suspense.ask_refund):
            with pytest.raises(suspense.RefundReasonNeeded):
                act(suspended=one, reason=reason, actor=ben, now=wall())
        assert not Resolution.objects.exists()

    def test_that_nobody_asked_for_is_not_confirmed(self, twice, ben, ada, wall):
        one = suspended(ben)
        with pytest.raises(suspense.RefundNotAsked):
            suspense.confirm_refund(suspended=one, refund_number=NUMBER, actor=ada, now=wall())
        with pytest.raises(suspense.RefundNotAsked):
            suspense.withdraw_refund(suspended=one, reason=WHY, actor=ada, now=wall())

    def test_is_by_a_person(self, twice, ben, wall):
        with pytest.raises(Forbidden):
            suspense.ask_refund(
                suspended=suspended(ben), reason=WHY, actor=Actor.system("tests"), now=wall()
            )


class TestOneDecision:
    def test_is_all_there_is(self, twice, ben, ada, wall, books):
        one = suspended(ben)
        suspense.place(suspended=one, reason=WHY, actor=ben, now=wall())
        for act in (suspense.place, suspense.ask_refund):
            with pytest.raises(suspense.AlreadyResolved) as told:
                act(suspended=one, reason=WHY, actor=ada, now=wall())
            assert "贝凯" in told.value.message
        assert Transfer.objects.count() == 3
        books()

    def test_shows_in_the_checks_when_it_was_not_booked(self, twice, ben, wall):
        held = suspense.ask_refund(suspended=suspended(ben), reason=WHY, actor=ben, now=wall())
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
                        id=line.pk, at=line.at, amount_fen=100, memo="", order_number="",
                        transaction_id="", channel="wechat", member_id=line.pk, name="",
                        org_path="", resolution=None, withdrawn=(),
                    )  # fmt: skip
                    gate.wait()
                    try:
                        suspense.ask_refund(
                            suspended=gone, reason=WHY, actor=actor, now="2026-11-22T01:00:00Z"
                        )
                        results.append("asked")
                    except suspense.AlreadyResolved:
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
    def test_lead_two_people_through_a_refund(self, alpha, twice):
        address = f"/dues/checks/suspense/{Transfer.objects.get(credit='2001').pk}/"
        ben = officer(FacingClient(), alpha, role="treasurer", name="贝凯")
        ada = officer(FacingClient(), alpha, name="艾达")
        assert "/dues/checks/suspense/" in ben.get("/dues/checks/").content.decode()
        assert address in ben.get("/dues/checks/suspense/").content.decode()
        page = ben.get(address).content.decode()
        assert "2026 年 10 月" in page
        assert ben.post(f"{address}refund/", {"reason": WHY}).status_code == 302
        assert "申请人不能复核自己的申请" in ben.get(address).content.decode()
        own = ben.post(f"{address}refund/confirm/", {"refund_number": NUMBER})
        assert own.status_code == 403
        page = ada.get(address).content.decode()
        assert "原路退款" in page
        assert ada.post(f"{address}refund/confirm/", {"refund_number": "1"}).status_code == 422
        done = ada.post(f"{address}refund/confirm/", {"refund_number": NUMBER})
        assert (done.status_code, done["Location"]) == (302, address)
        assert NUMBER in ben.get(address).content.decode()
        assert "没有待确认款项" in ben.get("/dues/checks/suspense/").content.decode()

    def test_place_and_withdraw(self, alpha, cleo, twice):
        address = f"/dues/checks/suspense/{Transfer.objects.get(credit='2001').pk}/"
        ben = officer(FacingClient(), alpha, role="treasurer", name="贝凯")
        ben.post(f"{address}refund/", {"reason": WHY})
        assert ben.post(f"{address}refund/withdraw/", {"reason": ""}).status_code == 422
        assert ben.post(f"{address}refund/withdraw/", {"reason": WHY}).status_code == 302
        assert "撤回过的申请" in ben.get(address).content.decode()
        assert ben.post(f"{address}place/", {"reason": WHY}).status_code == 302
        assert ben.post(f"{address}place/", {"reason": WHY}).status_code == 409
        assert states(cleo) == [PAID, PAID, UNPAID]

    def test_have_an_api(self, alpha, cleo, twice):
        ben = officer(FacingClient(), alpha, role="treasurer", name="贝凯")
        ada = officer(FacingClient(), alpha, name="艾达")
        (one,) = ben.get("/api/v1/dues/suspense/").json()
        assert (one["amount_fen"], one["resolution"]) == (12_900, None)
        base = f"/api/v1/dues/suspense/{one['id']}/"
        kind = {"content_type": "application/json"}
        asked = ben.post(f"{base}refund/", {"reason": WHY}, **kind)
        assert (asked.status_code, asked.json()["resolution"]["state"]) == (201, "asked")
        refused = ben.put(f"{base}refund/", {"refund_number": NUMBER}, **kind)
        assert refused.json()["code"] == "dues_refund_second_person"
        assert ben.post(f"{base}refund/withdrawal/", {"reason": WHY}, **kind).status_code == 200
        ben.post(f"{base}refund/", {"reason": WHY}, **kind)
        done = ada.put(f"{base}refund/", {"refund_number": NUMBER}, **kind)
        assert done.json()["resolution"]["state"] == "done"
        taken = ben.post(f"{base}placement/", {"reason": WHY}, **kind)
        assert (taken.status_code, taken.json()["code"]) == (409, "dues_suspended_resolved")
        assert states(cleo) == [PAID, UNPAID, UNPAID]
