"""Fixing standards (rulebook 4.2)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.actor import Actor
from kernel.clock import Month
from kernel.models import UUID7_SQL, uuid7
from kernel.unit import unit_context
from shared_apps.rules.selectors.dues import BaseMissing, FixedAmountOutOfRange
from tenant_apps.audit import selectors as audit
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Bill, Standard
from tenant_apps.dues.services import billing, standards
from tenant_apps.dues.services.standards import NewStandard
from tests.factories.dues import (
    NOVEMBER,
    NOW,
    make_member,
    make_organization,
    make_owing_member,
    make_standard,
    treasurer,
)

SYSTEM = Actor.system("tests")


def from_roster(*rows: NewStandard, import_id=None):
    return standards.set_from_roster(
        rows=rows, month=NOVEMBER, import_id=import_id or uuid7(), actor=SYSTEM, now=NOW
    )


class TestSetFromRoster:
    def test_assesses_every_member_and_returns_the_monthly_total(self, alpha):
        wage, student, rich = make_member(), make_member(), make_member()
        total = from_roster(
            NewStandard(wage.id, "WAGE", 800_000),
            NewStandard(student.id, "STUDENT", None),
            NewStandard(rich.id, "WAGE", 6_000_000),
        )
        assert total == 12_000 + 20 + 100_000
        found = Standard.objects.get(member=rich)
        assert (found.raw_fen, found.amount_fen, found.is_capped) == (120_000, 100_000, True)
        assert (found.rate_bp, found.pack_version, found.effective_month) == (200, "2017", 202611)
        assert Standard.objects.get(member=student).rate_bp is None

    def test_a_rated_member_without_a_base_gets_none_and_holds_up_nobody(self, alpha):
        without, paying = make_member(), make_member()
        rows = (NewStandard(without.id, "WAGE", None), NewStandard(paying.id, "WAGE", 100_000))
        assert from_roster(*rows) == 500
        assert not Standard.objects.filter(member=without).exists()

    def test_the_same_rows_again_add_nothing(self, alpha):
        row = NewStandard(make_member().id, "WAGE", 800_000)
        assert from_roster(row) == from_roster(row) == 12_000
        assert Standard.objects.count() == 1

    def test_is_audited_and_reported_without_amounts_of_persons(self, alpha):
        key = uuid7()
        from_roster(NewStandard(make_member().id, "WAGE", 800_000), import_id=key)
        event = audit.events_about(key).get()
        assert event.code == "dues_standards.fixed"
        assert event.data == {"count": 1, "total_fen": 12_000, "month": 202611, "pack": "2017"}

    def test_is_invisible_to_beta(self, alpha, beta):
        from_roster(NewStandard(make_member().id, "WAGE", 800_000))
        with unit_context(beta.id):
            assert not Standard.objects.exists()

    def test_ten_thousand_rows_take_as_few_statements_as_one(
        self, alpha, django_assert_max_num_queries
    ):
        branch = make_organization("00010001")
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO members_member (id, org_id, org_path, name, name_pinyin,"
                " name_initials, gender, ethnicity, education, category, posts, identity_sealed,"
                " identity_index, identity_masked, phone_masked, is_active, created_at)"
                f" SELECT {UUID7_SQL}, %s, '00010001', 'x', '', '', '', '', '', 'FULL', '', '',"
                " decode(md5(n::text), 'hex'), '', '', true, now()"
                " FROM generate_series(1, 10000) AS n RETURNING id",
                [branch.id],
            )
            ids = [pk for (pk,) in cursor.fetchall()]
        rows = [NewStandard(pk, "WAGE", 500_000 + n) for n, pk in enumerate(ids)]
        with CaptureQueriesContext(connection) as of_one:
            from_roster(rows[0])
        with django_assert_max_num_queries(len(of_one) + 10):
            from_roster(*rows)
        assert Standard.objects.count() == 10_000


class TestWithdraw:
    def test_removes_standards_and_their_unpaid_bills(self, alpha):
        key, member = uuid7(), make_member()
        from_roster(NewStandard(member.id, "WAGE", 800_000), import_id=key)
        billing.issue_month(month=NOVEMBER, actor=SYSTEM, now=NOW)
        assert standards.withdraw(import_id=key, actor=SYSTEM, now=NOW) == 1
        assert not Bill.objects.exists()
        assert not Standard.objects.exists()

    def test_refuses_once_a_bill_is_paid(self, alpha):
        key, member = uuid7(), make_member()
        from_roster(NewStandard(member.id, "WAGE", 800_000), import_id=key)
        billing.issue_month(month=NOVEMBER, actor=SYSTEM, now=NOW)
        Bill.objects.update(state="PAID", paid_fen=12_000, paid_at=NOW)
        with pytest.raises(standards.StandardsInUse):
            standards.withdraw(import_id=key, actor=SYSTEM, now=NOW)
        assert Standard.objects.count() == Bill.objects.count() == 1


class TestSetOne:
    def change(self, member, **with_):
        values = {"category": "WAGE", "base_fen": 1_000_100, "month": NOVEMBER, "reason": "调薪"}
        return standards.set_one(
            member_id=member.id, actor=treasurer(), now=NOW, **{**values, **with_}
        )

    def test_a_change_within_the_year_replaces_the_current_standard(self, alpha):
        member = make_member()
        old = make_standard(member)
        new = self.change(member)
        old.refresh_from_db()
        assert (old.is_current, new.is_current, new.amount_fen) == (False, True, 20_002)
        assert selectors.standard_in_force(member.id, Month(202610)) == old
        assert selectors.standard_in_force(member.id, NOVEMBER) == new
        assert selectors.standard_in_force(member.id, Month(202701)) is None
        event = audit.events_about(member.id).first()
        assert event.code == "dues_standard.changed"
        assert (event.data["before_fen"], event.data["amount_fen"]) == (12_900, 20_002)

    def test_unpaid_bills_follow_from_its_month_on_and_earlier_ones_stay(self, alpha):
        member = make_owing_member(202610, 202611)
        self.change(member)
        assert list(Bill.objects.order_by("month").values_list("due_fen", flat=True)) == [
            12_900,
            20_002,
        ]

    def test_needs_a_reason_within_the_year(self, alpha):
        member = make_member()
        make_standard(member)
        with pytest.raises(standards.ReasonRequired):
            self.change(member, reason=" ")

    def test_never_reaches_back_behind_the_standard_it_replaces(self, alpha):
        member = make_member()
        make_standard(member)
        self.change(member)
        with pytest.raises(standards.MonthOutsideYear):
            self.change(member, month=Month(202610))

    def test_the_first_of_a_year_needs_no_reason(self, alpha):
        assert self.change(make_member(), reason="").reason == ""

    def test_refuses_what_the_pack_refuses(self, alpha):
        member = make_member()
        with pytest.raises(BaseMissing):
            self.change(member, base_fen=None)
        with pytest.raises(FixedAmountOutOfRange):
            self.change(member, category="FARMER", base_fen=None, fixed_fen=500)

    def test_a_farmer_pays_what_the_branch_chose(self, alpha):
        member = make_member()
        standard = self.change(member, category="FARMER", base_fen=None, fixed_fen=80)
        assert standard.amount_fen == 80
        assert selectors.explain(standard).amount_fen == 80


class TestExplain:
    def test_says_base_rate_article_and_the_next_threshold(self, alpha):
        found = selectors.explain(make_standard(make_member()))
        assert (found.base_fen, found.rate_bp, found.amount_fen) == (860_000, 150, 12_900)
        assert found.article == "中组发〔2008〕3号第二条"
        assert found.bracket_label == "5,000 元至 10,000 元（含）"
        assert (found.next_threshold_fen, found.next_rate_bp) == (1_000_000, 200)

    def test_the_first_standard_of_a_year_covers_the_months_before_it(self, alpha):
        member = make_member()
        from_roster(NewStandard(member.id, "WAGE", 800_000))
        assert selectors.standard_in_force(member.id, Month(202603)).amount_fen == 12_000


class TestStandardsVisibleTo:
    def test_ends_at_the_sub_tree(self, alpha):
        near, far = make_member("00010001"), make_member("00010002")
        make_standard(near)
        make_standard(far)
        seen = selectors.standards_visible_to(treasurer("00010001", "secretary"), year=2026)
        assert [standard.member_id for standard in seen] == [near.id]
