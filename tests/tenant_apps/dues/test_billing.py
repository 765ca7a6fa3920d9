"""Issuing a month, taking it back, exempting."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import Month
from kernel.errors import Forbidden
from kernel.models import uuid7
from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Bill
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.services import billing
from tenant_apps.transfers.models import Handover
from tests.factories.dues import (
    NOVEMBER,
    NOW,
    make_member,
    make_owing_member,
    make_standard,
    treasurer,
)

SYSTEM = Actor.system("tests")


def issue(month=NOVEMBER, actor=None, **more):
    return billing.issue_month(month=month, actor=actor or treasurer(), now=NOW, **more)


def left_out(result):
    return {found.reason.value: found.count for found in result.left_out}


class TestIssueMonth:
    def test_bills_every_member_with_a_standard_in_one_statement(
        self, alpha, django_assert_max_num_queries
    ):
        for _ in range(5):
            make_standard(make_member())
        with django_assert_max_num_queries(9):
            issued = issue()
        assert (issued.count, issued.due_fen, issued.already) == (5, 5 * 12_900, 0)
        bill = Bill.objects.first()
        assert (bill.month, bill.org_path, bill.state) == (202611, "00010001", "UNPAID")
        assert bill.id.version == 7

    def test_again_bills_only_whom_it_missed(self, alpha):
        make_owing_member()
        make_standard(make_member())
        again = issue()
        assert (again.count, again.already) == (1, 1)
        assert issue().count == 0

    def test_says_whom_it_leaves_out_and_why(self, alpha):
        make_member(name="无标准")
        later = make_member(category="PROBATIONARY", joined_on=dt.date(2026, 12, 1))
        make_standard(later)
        make_standard(make_member(), base_fen=0)
        make_member(is_active=False)
        preview = selectors.issue_preview(treasurer(), NOVEMBER)
        assert (preview.count, preview.due_fen) == (0, 0)
        assert (
            left_out(preview)
            == left_out(issue())
            == {
                "no_standard": 1,
                "not_yet_due": 1,
                "nothing_to_pay": 1,
            }
        )
        assert not Bill.objects.exists()
        assert len(selectors.without_standard(treasurer(), NOVEMBER)) == 1

    def test_vector_35_a_probationary_member_owes_the_month_of_the_meeting(self, alpha):
        member = make_member(category="PROBATIONARY", joined_on=dt.date(2026, 6, 30))
        make_standard(member, base_fen=800_000)
        june = dt.datetime(2026, 6, 30, 9, tzinfo=dt.UTC)
        for month, count in ((202605, 0), (202606, 1)):
            made = billing.issue_month(month=Month(month), actor=SYSTEM, now=june)
            assert made.count == count
        assert Bill.objects.get().due_fen == 12_000

    def test_who_was_transferred_here_owes_from_the_month_after_the_letter(self, alpha):
        member = make_member()
        make_standard(member)
        Handover.objects.create(
            batch_id=uuid7(), side="IN", kind="INTER_PROVINCE", state="CLOSED", member=member,
            name=member.name, category="FULL", org_id=member.org_id, org_path=member.org_path,
            paid_to=202610, created_at=NOW, changed_at=NOW,
        )  # fmt: skip
        assert left_out(issue(Month(202610))) == {"paid_before": 1}
        assert issue().count == 1

    def test_stays_within_the_actors_sub_tree_and_the_chosen_one(self, alpha):
        for path in ("00010001", "00010002", "00010003"):
            make_standard(make_member(path))
        assert issue(actor=treasurer("00010001")).count == 1
        assert issue(below="00010002").count == 1
        assert issue(actor=treasurer("00010001"), below="00010003").count == 0

    def test_a_secretary_sees_the_sub_tree_but_issues_nothing(self, alpha):
        make_standard(make_member())
        assert issue(actor=treasurer(role="secretary")).count == 0

    @pytest.mark.parametrize("month", [202701, 202712])
    def test_refuses_months_behind_the_quarter(self, alpha, month):
        with pytest.raises(billing.MonthTooFar):
            issue(Month(month))

    def test_refuses_months_older_than_arrears_may_be(self, alpha):
        assert issue(Month(202605)).count == 0
        with pytest.raises(billing.MonthTooOld):
            issue(Month(202604))

    def test_is_audited_with_counts_only(self, alpha):
        make_owing_member()
        event = next(e for e in audit.all_events() if e.code == "dues_month.issued")
        assert (event.data["count"], event.data["due_fen"]) == (1, 12_900)

    def test_is_invisible_to_beta(self, alpha, beta):
        make_owing_member()
        with unit_context(beta.id):
            assert not Bill.objects.exists()
            assert issue(actor=SYSTEM).count == 0

    def test_the_database_refuses_a_second_bill_for_the_month(self, alpha):
        bill = Bill.objects.get(member=make_owing_member())
        bill.pk = uuid7()
        with pytest.raises(IntegrityError), transaction.atomic():
            bill.save(force_insert=True)


class TestWithdrawMonth:
    def test_takes_back_what_nobody_paid(self, alpha):
        make_owing_member()
        assert billing.withdraw_month(month=NOVEMBER, actor=treasurer(), now=NOW) == 1
        assert not Bill.objects.exists()
        assert audit.all_events().filter(code="dues_month.withdrawn").count() == 1

    def test_refuses_once_one_is_paid(self, alpha):
        make_owing_member()
        make_owing_member(name="艾达")
        Bill.objects.filter(member__name="艾达").update(state="PAID", paid_fen=12_900, paid_at=NOW)
        with pytest.raises(billing.MonthHasPayments):
            billing.withdraw_month(month=NOVEMBER, actor=treasurer(), now=NOW)
        assert Bill.objects.count() == 2

    def test_refuses_once_one_was_given_back(self, alpha):
        make_owing_member()
        Bill.objects.update(returned=1)  # paid and given back: its entries stay
        with pytest.raises(billing.MonthHasPayments):
            billing.withdraw_month(month=NOVEMBER, actor=treasurer(), now=NOW)
        assert Bill.objects.count() == 1

    def test_refuses_what_was_never_issued(self, alpha):
        with pytest.raises(billing.NothingIssued):
            billing.withdraw_month(month=NOVEMBER, actor=treasurer(), now=NOW)


class TestExempt:
    def exempt(self, bill, actor=None, **with_):
        values = {"reason": "因病致困", "approved_by": "中共彭城水务集团委员会", **with_}
        return billing.exempt(bill=bill, actor=actor or treasurer(), now=NOW, **values)

    def test_names_reason_and_committee_and_can_be_taken_back(self, alpha):
        bill = Bill.objects.get(member=make_owing_member())
        assert self.exempt(bill).state == "EXEMPT"
        totals = selectors.month_totals(treasurer(), NOVEMBER)
        assert (totals.bills, totals.exempt, totals.due_fen, totals.rate) == (1, 1, 0, 0)
        assert billing.reinstate(bill=bill, actor=treasurer(), now=NOW).state == "UNPAID"
        codes = [event.code for event in audit.events_about(bill.id)]
        assert sorted(codes) == ["bill.exempted", "bill.reinstated"]

    @pytest.mark.parametrize("gap", [{"reason": " "}, {"approved_by": ""}])
    def test_refuses_without_reason_or_committee(self, alpha, gap):
        with pytest.raises(billing.ExemptionIncomplete, match="第七条"):
            self.exempt(Bill.objects.get(member=make_owing_member()), **gap)

    def test_refuses_a_paid_bill(self, alpha):
        bill = Bill.objects.get(member=make_owing_member())
        Bill.objects.update(state="PAID", paid_fen=12_900, paid_at=NOW)
        with pytest.raises(billing.BillNotOpen):
            self.exempt(bill)

    def test_is_not_for_a_secretary(self, alpha):
        with pytest.raises(Forbidden):
            self.exempt(
                Bill.objects.get(member=make_owing_member()), actor=treasurer(role="secretary")
            )


class TestReading:
    def test_places_below_adds_up_to_the_whole(self, alpha):
        make_owing_member(path="00010001")
        make_owing_member(path="000100020001", name="艾达")
        make_owing_member(path="0001", name="本部")
        actor = treasurer()
        places = selectors.places_below(actor, NOVEMBER, "0001")
        assert [place.path for place in places] == ["0001", "00010001", "00010002"]
        whole = selectors.month_totals(actor, NOVEMBER)
        assert sum(place.totals.due_fen for place in places) == whole.due_fen == 3 * 12_900

    def test_bills_end_at_the_sub_tree(self, alpha):
        near = make_owing_member(path="00010001")
        far = make_owing_member(path="00010002", name="丹")
        secretary = treasurer("00010001", "secretary")
        assert [bill.member_id for bill in selectors.bills_visible_to(secretary)] == [near.id]
        hidden = Bill.objects.get(member=far)
        with pytest.raises(selectors.BillNotFound):
            selectors.bill_for(secretary, hidden.id, to=DuesPermission.BROWSE)

    def test_arrears_count_open_months(self, alpha):
        member = make_owing_member(202609, 202610, 202611)
        found = selectors.unpaid_months(member.id)
        assert (found.months, found.fen) == ((202609, 202610, 202611), 3 * 12_900)
        assert selectors.bills_visible_to(treasurer()).first().owed_months == 3
