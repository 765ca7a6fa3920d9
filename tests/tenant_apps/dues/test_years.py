"""A year's standards fixed together, what-if, and what the member answers."""

from __future__ import annotations

import datetime as dt

import pytest

from kernel.actor import Actor
from kernel.clock import Month
from kernel.errors import Forbidden
from kernel.models import uuid7
from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Standard
from tenant_apps.dues.selectors.years import PackUnknown, batches_of, proposal_of_year, what_if
from tenant_apps.dues.services import answers, billing, standards, years
from tests.factories.dues import (
    NOW,
    as_member,
    make_member,
    make_standard,
    treasurer,
)

SLIP = [
    ("post_pay", 420_000), ("step_pay", 180_000), ("basic_performance", 260_000),
    ("incentive_performance", 150_000), ("transport", 50_000), ("income_tax", 4_530),
    ("pension", 68_800), ("medical", 17_200), ("unemployment", 4_300),
    ("housing_fund", 103_200), ("annuity", 34_400),
]  # fmt: skip
"""Vector 32 of rulebook 4.9."""
JANUARY = dt.datetime(2027, 1, 5, 1, tzinfo=dt.UTC)


def with_slip(member, items=SLIP, category="WAGE", **more):
    return standards.set_one(
        member_id=member.id, category=category, base_fen=None, items=items, month=Month(202601),
        reason="年初核定", actor=treasurer(), now=NOW, **more,
    )  # fmt: skip


def fix(year=2027, **with_):
    return years.fix_year(year=year, **{"actor": treasurer(), "now": NOW, **with_})


class TestSlip:
    def test_vector_32_the_base_is_built_from_the_lines_and_they_are_kept(self, alpha):
        standard = with_slip(make_member())
        assert (standard.base_fen, standard.amount_fen) == (627_570, 9_414)
        found = selectors.explain(Standard.objects.get(pk=standard.pk))
        assert [(word, len(lines)) for word, lines in found.groups] == [
            ("计入基数", 3),
            ("从基数中扣除", 6),
            ("不计入基数", 2),
        ]
        assert found.lines[3].item.article == "组电明字〔2017〕5号第（一）项"

    def test_the_lines_are_sealed_and_not_in_the_audit(self, alpha):
        member = make_member()
        standard = Standard.objects.get(pk=with_slip(member).pk)
        assert b"post_pay" not in bytes(standard.items_sealed)
        event = audit.events_about(member.id).first()
        assert "items" not in event.data
        assert "420000" not in str(event.data)

    def test_only_wages_have_one(self, alpha):
        standard = with_slip(make_member(), category="STUDENT")
        assert (standard.amount_fen, standard.items_sealed) == (20, None)


class TestYear:
    def test_proposes_from_the_last_base_and_fixes_in_one_statement(
        self, alpha, django_assert_max_num_queries
    ):
        paid = make_member(name="甲")
        with_slip(paid)
        farmer = make_member(name="农")
        standards.set_one(
            member_id=farmer.id, category="FARMER", base_fen=None, fixed_fen=80,
            month=Month(202601), reason="年初核定", actor=treasurer(), now=NOW,
        )  # fmt: skip
        make_member(name="无")
        known = make_member(name="有")
        make_standard(known, year=2027)
        outlook = proposal_of_year(treasurer(), 2027)
        assert (len(outlook.computed), len(outlook.missing), outlook.after_fen) == (2, 1, 9_494)
        batch = uuid7()
        with django_assert_max_num_queries(10):
            assert fix(batch_id=batch) == 2
        fixed = selectors.standard_in_force(paid.id, Month(202701))
        assert (fixed.amount_fen, fixed.effective_month, fixed.origin) == (9_414, 202701, "YEARLY")
        assert len(selectors.explain(fixed).lines) == len(SLIP)
        assert selectors.standard_in_force(farmer.id, Month(202701)).amount_fen == 80
        assert [(one.import_id, one.count, one.bills) for one in batches_of(2027)] == [
            (batch, 2, 0)
        ]
        event = audit.events_about(batch).get()
        assert (event.code, event.data["count"], event.data["missing"]) == (
            "dues_year.fixed", 2, 1,
        )  # fmt: skip
        with pytest.raises(years.NothingToFix):
            fix()

    def test_is_taken_back_until_a_bill_stands_under_it(self, alpha):
        make_standard(make_member())
        batch = uuid7()
        fix(batch_id=batch)
        billing.issue_month(month=Month(202701), actor=Actor.system("tests"), now=JANUARY)
        with pytest.raises(years.BatchInUse):
            years.take_back(batch_id=batch, actor=treasurer(), now=JANUARY)
        billing.withdraw_month(month=Month(202701), actor=treasurer(), now=JANUARY)
        assert years.take_back(batch_id=batch, actor=treasurer(), now=JANUARY) == 1
        assert not Standard.objects.filter(year=2027).exists()
        with pytest.raises(years.BatchUnknown):
            years.take_back(batch_id=batch, actor=treasurer(), now=JANUARY)

    def test_whoever_was_fixed_anew_holds_the_batch(self, alpha):
        member = make_member()
        make_standard(member)
        batch = uuid7()
        fix(batch_id=batch)
        make_standard(member, year=2027)
        with pytest.raises(years.BatchChanged):
            years.take_back(batch_id=batch, actor=treasurer(), now=NOW)

    def test_only_this_year_and_late_in_it_the_next(self, alpha):
        for year, now in ((2025, NOW), (2028, NOW), (2027, NOW.replace(month=9))):
            with pytest.raises(years.YearNotOpen):
                fix(year, now=now)

    def test_ends_at_the_sub_tree_and_is_not_for_a_secretary(self, alpha, beta):
        make_standard(make_member("00010001"))
        make_standard(make_member("00010002"))
        with pytest.raises(Forbidden):
            fix(actor=treasurer(role="secretary"))
        batch = uuid7()
        assert fix(actor=treasurer("00010001"), batch_id=batch) == 1
        with pytest.raises(years.BatchUnknown):
            years.take_back(batch_id=batch, actor=treasurer("00010002"), now=NOW)
        with unit_context(beta.id):
            assert proposal_of_year(treasurer(), 2027).rows == ()


class TestWhatIf:
    def test_compares_and_writes_nothing(self, alpha, django_assert_max_num_queries):
        make_standard(make_member(name="甲"), base_fen=333_333)
        make_standard(make_member(name="乙"), base_fen=6_000_000)
        before = list(Standard.objects.order_by("id").values())
        with django_assert_max_num_queries(2):
            raised = what_if(treasurer(), 2026, rounding="YUAN_CEIL")
        assert [row.name for row in raised.changed] == ["甲"]
        assert raised.difference_fen == 67
        assert what_if(treasurer(), 2026, base_bp=15_100).after_fen == 5_034 * 1 + 50_999 * 0 + (
            100_000 + 7_550 - 5_034
        )
        uncapped = what_if(treasurer(), 2026, version="2008")
        assert uncapped.after_fen == 3_333 + 120_000
        assert list(Standard.objects.order_by("id").values()) == before
        with pytest.raises(PackUnknown):
            what_if(treasurer(), 2026, version="1998")


class TestAnswer:
    def give(self, standard, actor, is_right=True, note=""):
        return answers.answer(standard=standard, is_right=is_right, note=note, actor=actor, now=NOW)

    def test_the_member_confirms_or_objects_and_a_new_standard_asks_again(self, alpha):
        member = make_member()
        standard, me = make_standard(member), as_member(member)
        assert self.give(standard, me).answer == "CONFIRMED"
        objected = self.give(standard, me, is_right=False, note="公积金没有扣")
        assert (objected.answer, objected.answer_note) == ("OBJECTED", "公积金没有扣")
        codes = {event.code for event in audit.events_about(member.id)}
        assert {"dues_standard.confirmed", "dues_standard.objected"} <= codes
        assert make_standard(member, base_fen=500_000).answer == ""
        with pytest.raises(answers.StandardReplaced):
            self.give(standard, me)

    def test_refuses_an_objection_without_words_and_anybody_else(self, alpha):
        member = make_member()
        standard = make_standard(member)
        with pytest.raises(answers.ObjectionWithoutReason):
            self.give(standard, as_member(member), is_right=False, note=" ")
        for other in (as_member(make_member()), treasurer()):
            with pytest.raises(Forbidden):
                self.give(standard, other)
        assert Standard.objects.get(pk=standard.pk).answer == ""
