"""Money goes back by two people, at the channel that took it, once, and the books know."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from kernel.errors import Forbidden
from kernel.unit import shared_context, unit_context
from shared_apps.payments.models import Refund
from shared_apps.payments.services import refunds as channel_refunds
from shared_apps.payments.services.callbacks import CallbackRefused
from shared_apps.usage.models import Outbox
from tenant_apps.audit import selectors as audit
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Bill, Receipt, Resolution, Transfer
from tenant_apps.dues.selectors import refunds as cases
from tenant_apps.dues.services import booking, decisions, refund_booking, refunds, suspense
from tests.cast import officer
from tests.conftest import FacingClient
from tests.factories.dues import bill_ids, treasurer
from tests.tenant_apps.dues.test_collection import OUT_OF_TIME, PAID, UNPAID, states

WHY = "本人误交，已核实"
NUMBER = "50300208042026112212345678901"
EXEMPT = "EXEMPT"


@pytest.fixture
def ben(alpha):
    return treasurer()


@pytest.fixture
def ada(alpha):
    return treasurer(role="unit_admin")


@pytest.fixture
def receipt(cleo, start, pay, notify):
    """September and October were paid by one order of 258.00."""
    notify(pay(start(cleo, 202609, 202610)))
    return Receipt.objects.get()


@pytest.fixture
def asked(receipt, ben, wall):
    def act(*bills, **how):
        return refunds.ask_paid(
            receipt=receipt, bill_ids=bills, reason=WHY, actor=ben, now=wall(), **how
        )

    return act


@pytest.fixture
def whole(asked, cleo):
    return asked(*bill_ids(cleo)[:2])


@pytest.fixture
def sent(whole, ada, wall, channel):
    """Approved, and accepted by the channel, which takes three seconds."""
    return refunds.approve(held=whole, actor=ada, now=wall())


@pytest.fixture
def tell(core, notify):
    """The channel's callback about a refund."""

    def act(held, mode="", **how):
        refund = Refund.objects.get(cause_id=held.pk)
        (order,) = core.books.orders_numbered(refund.order.out_trade_no)
        notify(order, mode, event_id=f"RF-{refund.out_refund_no}", **how)

    return act


def again(held):
    return Resolution.objects.get(pk=held.pk), Refund.objects.get(cause_id=held.pk)


def follow(wall):
    """The job runs some minutes later, and again; the channel's own clock moves by seconds."""
    for minutes in (2, 20, 60):
        wall.pass_by(5)
        refund_booking.follow_all(now=wall() + dt.timedelta(minutes=minutes))


def balances(*accounts):
    return [selectors.balance(account) for account in accounts]


class TestAPaidReceipt:
    def test_goes_back_by_two_people(self, cleo, receipt, whole, ada, ben, wall, tell, books):
        assert states(cleo) == [PAID, PAID, UNPAID]
        held = refunds.approve(held=whole, actor=ada, now=wall())
        assert (held.state, again(held)[1].state) == ("sent", "processing")
        assert states(cleo) == [UNPAID, UNPAID, UNPAID]
        assert balances("4001", "2003", "1011") == [0, -25_800, 25_800]
        assert Receipt.objects.get().voided_at == wall()
        books()
        wall.pass_by(5)
        tell(held)
        held, refund = again(held)
        assert (held.state, held.refund_number, refund.state) == (
            "done", refund.refund_id, "succeeded",
        )  # fmt: skip
        assert balances("4001", "2003", "1011") == [0, 0, 0]
        books()
        events = {event.code for event in audit.events_about(held.pk)}
        assert events == {"refund.asked", "refund.approved", "refund.done"}
        with shared_context():
            told = Outbox.objects.filter(kind="payments").values_list("numbers", flat=True)
            assert sum(row["paid_fen"] for row in told) == 0

    def test_is_paid_again_afterwards(self, cleo, sent, start, pay, notify, wall, tell, books):
        wall.pass_by(5)
        tell(sent)
        notify(pay(start(cleo, 202609)), event_id="EV-2")
        assert states(cleo) == [PAID, UNPAID, UNPAID]
        assert balances("4001", "1011") == [-12_900, 12_900]
        books()

    def test_goes_back_in_part_with_a_new_receipt_for_the_rest(
        self, cleo, receipt, asked, ada, wall, books
    ):
        september, october, _ = bill_ids(cleo)
        held = refunds.approve(held=asked(october), actor=ada, now=wall())
        assert states(cleo) == [PAID, UNPAID, UNPAID]
        old, new = Receipt.objects.order_by("edition")
        assert (old.voided_at, new.voided_at) == (wall(), None)
        assert (new.months, new.amount_fen, new.edition) == ([202609], 12_900, 1)
        assert new.serial.endswith("000002")
        assert selectors.receipt_of_order(receipt.order_id) == new
        assert [bill.pk for bill in cases.refundable(new)] == [september]
        books()
        again_asked = refunds.ask_paid(
            receipt=new, bill_ids=[september], reason=WHY, actor=ada, now=wall()
        )
        assert held.amount_fen + again_asked.amount_fen == 25_800
        with pytest.raises(channel_refunds.RefundTooMuch):
            asked(september)

    def test_may_leave_the_months_exempt(self, cleo, asked, ada, wall, books):
        october = bill_ids(cleo)[1]
        held = asked(october, exempt_approved_by="公司党委（2026）12号")
        refunds.approve(held=held, actor=ada, now=wall())
        bill = Bill.objects.get(pk=october)
        assert (bill.state, bill.exempt_approved_by) == (EXEMPT, "公司党委（2026）12号")
        books()

    def test_of_money_placed_by_hand_goes_back_too(  # noqa: PLR0917 - fixtures
        self, cleo, start, pay, notify, ben, ada, wall, books, tell
    ):
        first = start(cleo, 202609)
        booking.ask_channel(now=wall() + OUT_OF_TIME)
        notify(pay(start(cleo, 202609)), event_id="EV-1")
        notify(pay(first, after_close=True), event_id="EV-2")
        (one,) = selectors.suspended_visible_to(ben)
        placed = suspense.place(suspended=one, reason=WHY, actor=ben, now=wall())
        bill = Bill.objects.get(order_id=placed.order_id)
        held = refunds.ask_paid(
            receipt=placed, bill_ids=[bill.pk], reason=WHY, actor=ben, now=wall()
        )
        refunds.approve(held=held, actor=ada, now=wall())
        assert again(held)[1].order_id == first.pk
        wall.pass_by(5)
        tell(held)
        assert again(held)[0].state == "done"
        assert states(cleo) == [PAID, UNPAID, UNPAID]
        books()


class TestRefusals:
    def test_who_asked_does_not_approve(self, whole, ben, wall, books, cleo):
        with pytest.raises(channel_refunds.RefundSecondPerson):
            refunds.approve(held=whole, actor=ben, now=wall())
        assert again(whole)[0].state == "asked"
        assert states(cleo) == [PAID, PAID, UNPAID]
        books()

    def test_who_asked_does_not_approve_for_the_database_either(self, whole, ben, wall):
        for person in (ben.person_id, None):
            with pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
                Refund.objects.filter(cause_id=whole.pk).update(
                    state="approved", approved_by=person, approved_at=wall()
                )
            with pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
                Resolution.objects.filter(pk=whole.pk).update(state="sent", decided_by=person)

    def test_a_month_is_asked_for_once(self, whole, asked, cleo):
        with pytest.raises((refunds.NothingToRefund, channel_refunds.RefundTooMuch)):
            asked(bill_ids(cleo)[0])
        assert Resolution.objects.count() == Refund.objects.count() == 1

    def test_only_what_the_receipt_paid(self, asked, cleo):
        for bills in ([], [bill_ids(cleo)[2]], [bill_ids(cleo)[0], bill_ids(cleo)[2]]):
            with pytest.raises(refunds.NothingToRefund):
                asked(*bills)

    def test_a_reason_is_wanted(self, receipt, cleo, ben, wall):
        with pytest.raises(decisions.ReasonNeeded):
            refunds.ask_paid(
                receipt=receipt, bill_ids=bill_ids(cleo)[:1], reason=" ", actor=ben, now=wall()
            )

    def test_approved_once_and_not_when_withdrawn(self, sent, whole, ada, ben, wall, asked):
        with pytest.raises(refunds.RefundNotAsked):
            refunds.approve(held=sent, actor=ada, now=wall())
        with pytest.raises(refunds.RefundNotAsked):
            refunds.withdraw(held=sent, reason=WHY, actor=ben, now=wall())

    def test_a_withdrawn_one_may_be_asked_again(self, whole, asked, ben, wall, cleo, books):
        held = refunds.withdraw(held=whole, reason="弄错了月份", actor=ben, now=wall())
        assert (held.state, again(held)[1].state) == ("withdrawn", "withdrawn")
        assert asked(bill_ids(cleo)[0]).state == "asked"
        books()

    def test_outside_the_own_branch_there_is_none(self, whole, receipt):
        neighbour = treasurer("00010002")
        assert cases.refunds_visible_to(neighbour) == []
        with pytest.raises(cases.RefundNotFound):
            cases.refund_for(neighbour, whole.pk)
        with pytest.raises(selectors.ReceiptNotFound):
            selectors.receipt_for_desk(neighbour, receipt.pk, to="dues:refund")
        with pytest.raises(Forbidden):
            cases.refund_for(treasurer(role="secretary"), whole.pk)


class TestWhatTheChannelSays:
    def test_a_repeated_callback_is_booked_once(self, sent, tell, wall, books):
        wall.pass_by(5)
        tell(sent)
        tell(sent)
        assert Transfer.objects.filter(debit="2003").count() == 1
        books()

    @pytest.mark.parametrize("mode", ["forged", "other_amount", "foreign_mchid", "stale"])
    def test_a_spoilt_callback_changes_nothing(self, sent, tell, wall, mode):
        wall.pass_by(5)
        with pytest.raises(CallbackRefused):
            tell(sent, mode)
        assert again(sent)[1].state == "processing"

    @pytest.mark.parametrize("mode", ["drop_after", "error_after", "drop_before", "unsigned"])
    def test_a_lost_answer_is_asked_for_under_the_same_number(
        self, core, whole, ada, wall, books, mode
    ):
        core.plant("refund", mode)
        held = refunds.approve(held=whole, actor=ada, now=wall())
        refund = again(held)[1]
        assert (held.state, refund.state) == ("sent", "unknown")
        follow(wall)
        held, after = again(held)
        assert (held.state, after.out_refund_no) == ("done", refund.out_refund_no)
        paid = core.books.balances()
        assert sum(fen for name, fen in paid.items() if name.startswith("merchant:")) == 0
        books()

    def test_a_balance_that_does_not_reach_is_tried_again(self, core, whole, ada, wall, books):
        core.plant("refund", "refund_not_enough")
        held = refunds.approve(held=whole, actor=ada, now=wall())
        assert "余额不足" in cases.refund_for(ada, held.pk).said
        follow(wall)
        assert again(held)[0].state == "done"
        books()

    def test_closed_everything_is_as_before(self, core, cleo, whole, ada, wall, tell, books):
        core.plant("refund", "refund_closed")
        held = refunds.approve(held=whole, actor=ada, now=wall())
        wall.pass_by(5)
        tell(held)
        assert again(held)[0].state == "failed"
        assert states(cleo) == [PAID, PAID, UNPAID]
        assert balances("4001", "2003", "1011") == [-25_800, 0, 25_800]
        old, new = Receipt.objects.order_by("edition")
        assert (old.voided_at is None, new.voided_at, new.amount_fen) == (False, None, 25_800)
        books()
        assert len(cases.refundable(new)) == 2

    def test_closed_after_the_month_was_paid_again_the_money_is_suspended(  # noqa: PLR0917
        self, core, cleo, whole, ada, ben, wall, start, pay, notify, tell, books
    ):
        core.plant("refund", "refund_closed")
        held = refunds.approve(held=whole, actor=ada, now=wall())
        notify(pay(start(cleo, 202609)), event_id="EV-2")
        wall.pass_by(5)
        tell(held)
        assert states(cleo) == [PAID, PAID, UNPAID]
        assert balances("2001", "4001", "1011") == [-12_900, -25_800, 38_700]
        (one,) = selectors.suspended_visible_to(ben)
        assert (one.amount_fen, one.is_open) == (12_900, True)
        books()
        back = refunds.ask_suspended(suspended=one, reason=WHY, actor=ben, now=wall())
        refunds.approve(held=back, actor=ada, now=wall())
        wall.pass_by(5)
        tell(back)
        assert balances("2001", "2003", "1011") == [0, 0, 25_800]
        books()

    def test_abnormal_it_is_returned_otherwise_by_another_person(
        self, core, whole, ada, ben, wall, tell, books
    ):
        core.plant("refund", "refund_abnormal")
        held = refunds.approve(held=whole, actor=ada, now=wall())
        values = {"held": held, "number": NUMBER, "reason": WHY, "now": wall()}
        with pytest.raises(refunds.RefundNotAbnormal):
            refunds.mark_returned(actor=ada, **values)
        wall.pass_by(5)
        tell(held)
        assert [duty.count for duty in cases.RefundDuties().duties(ada, today=None)] == [0, 1]
        with pytest.raises(channel_refunds.RefundSecondPerson):
            refunds.mark_returned(actor=ben, **values)
        with pytest.raises(refunds.RefundNumberInvalid):
            refunds.mark_returned(actor=ada, **(values | {"number": "1 23"}))
        done = refunds.mark_returned(actor=ada, **values)
        assert (done.state, done.refund_number, again(done)[1].state) == (
            "done", NUMBER, "returned",
        )  # fmt: skip
        assert balances("2003", "1011") == [0, 0]
        books()

    def test_a_refund_of_another_unit_is_not_followed_here(self, whole, beta, wall):
        refund_id = again(whole)[1].pk
        with unit_context(beta.id), pytest.raises(channel_refunds.UnknownRefund):
            channel_refunds.refresh(refund_id=refund_id, now=wall())


class TestThePages:
    def test_lead_two_people_from_the_receipt_to_the_channel(
        self, alpha, cleo, receipt, channel, wall
    ):
        ben = officer(FacingClient(), alpha, role="treasurer", name="贝凯")
        ada = officer(FacingClient(), alpha, name="艾达")
        address = f"/dues/receipts/{receipt.pk}/refund/"
        assert address in ben.get("/dues/receipts/").content.decode()
        assert address in ben.get("/dues/2026-09/").content.decode()
        assert "2026 年 9 月" in ben.get(address).content.decode()
        first = str(bill_ids(cleo)[0])
        refused = ben.post(address, {"bill": [first], "reason": WHY, "becomes": "exempt"})
        assert (refused.status_code, "批准的上级党委" in refused.content.decode()) == (422, True)
        done = ben.post(address, {"bill": [first], "reason": WHY, "becomes": "due"})
        case = f"/dues/refunds/{Resolution.objects.get().pk}/"
        assert (done.status_code, done["Location"]) == (302, case)
        assert "申请人不能复核自己的申请" in ben.get(case).content.decode()
        assert ben.post(f"{case}approve/").status_code == 403
        assert case in ada.get("/dues/refunds/").content.decode()
        assert "退款待复核" in ada.get("/").content.decode()
        assert ada.post(f"{case}approve/").status_code == 302
        page = ada.get(case).content.decode()
        assert "渠道正在退款" in page
        wall.pass_by(5)
        assert ada.post(f"{case}ask/").status_code == 302
        assert "已退款" in ada.get(case).content.decode()
        assert "没有在办的退款" in ada.get("/dues/refunds/").content.decode()

    def test_have_an_api(self, alpha, cleo, receipt, channel, wall):
        ben = officer(FacingClient(), alpha, role="treasurer", name="贝凯")
        ada = officer(FacingClient(), alpha, name="艾达")
        kind = {"content_type": "application/json"}
        values = {"bills": [str(bill_ids(cleo)[0])], "reason": WHY}
        made = ben.post(f"/api/v1/dues/receipts/{receipt.pk}/refund/", values, **kind)
        assert (made.status_code, made.json()["months"]) == (201, ["2026-09"])
        base = f"/api/v1/dues/refunds/{made.json()['id']}/"
        own = ben.post(f"{base}approval/", **kind)
        assert (own.status_code, own.json()["code"]) == (403, "refund_second_person")
        assert ada.post(f"{base}approval/", **kind).json()["refund"]["state"] == "processing"
        wall.pass_by(5)
        assert ada.post(f"{base}question/", **kind).json()["state"] == "done"
        late = ada.post(f"{base}return/", {"number": NUMBER, "reason": WHY}, **kind)
        assert (late.status_code, late.json()["code"]) == (409, "dues_refund_not_abnormal")
        assert [one["id"] for one in ben.get("/api/v1/dues/refunds/").json()] == [base[-37:-1]]
