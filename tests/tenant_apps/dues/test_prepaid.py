"""Paying ahead: how far, at which standard, and what becomes of it when something changes."""

from __future__ import annotations

import pytest

from kernel.clock import Month, day_of
from kernel.errors import Forbidden
from tenant_apps.audit import selectors as audit
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Bill, Receipt
from tenant_apps.dues.selectors import prepaid as reading
from tenant_apps.dues.services import collection, prepaid, refunds, settings, standards
from tenant_apps.members.models import Member
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import as_member, make_member, make_standard, treasurer
from tests.tenant_apps.dues.test_pages import desk, phone
from tests.tenant_apps.dues.test_refunds import balances

WHY = "组织关系转出"


@pytest.fixture
def current(wall):
    return Month.of(day_of(wall()))


@pytest.fixture
def dan(alpha, config, current):
    """A member with a standard and no bill at all."""
    member = make_member(name="丹")
    make_standard(member, year=current.year)
    return member


@pytest.fixture
def whole_year(alpha, wall):
    settings.choose(
        rounding="FEN_HALF_UP", is_automatic=True, issue_day=1, prepays_year=True,
        actor=treasurer(role="unit_admin"), now=wall(),
    )  # fmt: skip


@pytest.fixture
def may(whole_year, wall):
    """The middle of May, with the year open: the rest of it lies ahead."""
    return wall().replace(month=5, day=15)


@pytest.fixture
def until(may):
    return Month.of(day_of(may)) + 1


@pytest.fixture
def ahead(channel, wall, pay, notify, may, until):
    """The member is billed for June in May, and pays everything that is open."""

    def act(member):
        actor = as_member(member)
        prepaid.bill_ahead(member_id=member.pk, until=until, actor=actor, now=may)
        months = [Month(month) for month in selectors.unpaid_months(member.pk).months]
        order = collection.start_payment(
            member_id=member.pk, months=months, actor=actor, now=wall()
        )
        notify(pay(order), event_id=f"EV-{order.out_trade_no}")

    return act


class TestHowFar:
    @pytest.mark.parametrize(
        ("month", "is_year", "last"),
        [(202601, False, 202603), (202603, False, 202603), (202611, False, 202612),
         (202605, True, 202612), (202612, True, 202612)],
    )  # fmt: skip
    def test_to_the_quarters_end_or_the_years(self, alpha, wall, month, is_year, last):
        settings.choose(
            rounding="FEN_HALF_UP", is_automatic=True, issue_day=1, prepays_year=is_year,
            actor=treasurer(role="unit_admin"), now=wall(),
        )  # fmt: skip
        moment = wall().replace(year=month // 100, month=month % 100, day=15)
        assert reading.last_month_ahead(moment).value == last

    def test_refuses_further_and_refuses_this_month(self, dan, wall, current):
        latest = reading.last_month_ahead(wall())
        for until in (latest + 1, current):
            with pytest.raises(prepaid.TooFarAhead):
                prepaid.bill_ahead(member_id=dan.pk, until=until, actor=as_member(dan), now=wall())

    def test_nobody_pays_ahead_for_somebody_else(self, dan, wall, whole_year, current):
        with pytest.raises(Forbidden):
            prepaid.bill_ahead(
                member_id=dan.pk, until=current + 1, actor=as_member(make_member()), now=wall()
            )


class TestBillingAhead:
    def test_bills_only_him_at_his_standard(self, dan, may):
        other = make_member(name="别人")
        make_standard(other, year=may.year)
        until = Month.of(day_of(may)) + 3
        count = prepaid.bill_ahead(member_id=dan.pk, until=until, actor=as_member(dan), now=may)
        assert count == 3
        assert set(Bill.objects.values_list("member_id", "due_fen")) == {(dan.pk, 12_900)}
        assert prepaid.bill_ahead(member_id=dan.pk, until=until, actor=as_member(dan), now=may) == 0
        assert audit.events_about(dan.pk).filter(code="dues_ahead.billed").count() == 1

    def test_without_a_standard_it_says_why(self, alpha, may):
        member = make_member(name="无标准")
        with pytest.raises(prepaid.NothingAhead, match="标准尚未核定"):
            prepaid.bill_ahead(
                member_id=member.pk, until=Month.of(day_of(may)) + 1,
                actor=as_member(member), now=may,
            )  # fmt: skip

    def test_what_is_not_paid_is_taken_back(self, dan, may):
        actor, until = as_member(dan), Month.of(day_of(may)) + 2
        prepaid.bill_ahead(member_id=dan.pk, until=until, actor=actor, now=may)
        assert prepaid.take_back(member_id=dan.pk, actor=actor, now=may) == 2
        assert not Bill.objects.exists()
        with pytest.raises(prepaid.NothingToTakeBack):
            prepaid.take_back(member_id=dan.pk, actor=actor, now=may)


class TestPaidAhead:
    def test_the_open_months_are_paid_along(self, cleo, ahead, until, books):
        ahead(cleo)
        assert set(Bill.objects.values_list("state", flat=True)) == {"PAID"}
        assert Receipt.objects.get().months == [until.value, 202609, 202610, 202611]
        books()

    def test_a_new_standard_leaves_a_difference_that_is_given_back_and_paid_anew(
        self, dan, ahead, may, until, wall, books
    ):
        ahead(dan)
        ben, ada = treasurer(), treasurer(role="unit_admin")
        assert reading.misfits_visible_to(ben, may) == []
        standards.set_one(
            member_id=dan.pk, category="WAGE", base_fen=400_000, month=until, reason="工资变动",
            actor=ben, now=wall(),
        )  # fmt: skip
        (found,) = reading.misfits_visible_to(ben, may)
        assert (found.paid_fen, found.due_fen, found.difference_fen) == (12_900, 4_000, -8_900)
        assert reading.misfits_visible_to(treasurer("00010002"), may) == []
        receipt = Receipt.objects.get(pk=found.receipt_id)
        bill = Bill.objects.get(month=until.value)
        held = refunds.ask_paid(
            receipt=receipt, bill_ids=[bill.pk], reason="标准已变", actor=ben, now=wall()
        )
        refunds.approve(held=held, actor=ada, now=wall())
        bill.refresh_from_db()
        assert (bill.state, bill.due_fen) == ("UNPAID", 4_000)
        assert balances("4001")[0] == 0
        books()

    def test_who_leaves_gets_back_what_lies_ahead(self, dan, ahead, may):
        ahead(dan)
        Member.objects.filter(pk=dan.pk).update(is_active=False)
        (found,) = reading.misfits_visible_to(treasurer(), may)
        assert (found.has_left, found.difference_fen) == (True, -12_900)

    def test_pages_and_api(self, alpha, dan, channel, current, monkeypatch):
        until = current + 1
        make_standard(dan, year=until.year)
        for module in (prepaid, reading):
            monkeypatch.setattr(module, "last_month_ahead", lambda now: until)
        me = cast.member(FacingClient(), alpha, dan.pk)
        assert "合计 129.00 元" in me.get(phone("ahead")).content.decode()
        assert me.post(phone("ahead"), {"until": "203001"}).status_code == 422
        assert me.get("/api/v1/my/months-ahead/").json()[0]["fen"] == 12_900
        assert me.post(phone("ahead"), {"until": until.value}).status_code == 302
        assert Bill.objects.get(month=until.value).due_fen == 12_900
        refused = me.post(phone("ahead_back"), follow=True).content.decode()
        assert "正在支付" in refused
        ben = cast.officer(FacingClient(), alpha, role="treasurer", name="本")
        assert "没有预交差额" in ben.get(desk("prepaid")).content.decode()
        assert ben.get("/api/v1/dues/prepaid/").json() == []
        ada = cast.officer(FacingClient(), alpha, role="unit_admin", name="阿达")
        assert "预交到本年" in ada.get(desk("settings")).content.decode()
