"""Paying less or later for hardship (rulebook 4.1, Art. 7; 4.3, Art. 12)."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import Month
from kernel.errors import Forbidden
from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.dues import selectors
from tenant_apps.dues.models import Bill, Relief
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.neighbours import PaidTo
from tenant_apps.dues.selectors.reliefs import ReliefNotFound, relief_for
from tenant_apps.dues.services import billing, monthly, reliefs, standards
from tests.factories.dues import (
    NOVEMBER,
    NOW,
    make_member,
    make_owing_member,
    make_standard,
    treasurer,
)

OCTOBER, DECEMBER = Month(202610), Month(202612)
SYSTEM = Actor.system("tests")


def reduce(member, actor=None, **with_):
    values = {
        "first": OCTOBER,
        "last": DECEMBER,
        "amount_fen": 2_000,
        "reason": "患病，支部 9 月 28 日研究",
        "approved_by": "中共彭城水务集团委员会",
        **with_,
    }
    return reliefs.reduce(member=member, actor=actor or treasurer(), now=NOW, **values)


def defer(member, actor=None, **with_):
    values = {
        "first": OCTOBER,
        "last": NOVEMBER,
        "pay_by": Month(202701),
        "reason": "工资未发",
        "approved_by": "第一党支部",
        **with_,
    }
    return reliefs.defer(member=member, actor=actor or treasurer(), now=NOW, **values)


def dues(member):
    rows = Bill.objects.filter(member=member).order_by("month")
    return list(rows.values_list("month", "due_fen", "state"))


class TestReduce:
    def test_open_and_coming_bills_of_its_months_stand_under_it(self, alpha):
        member = make_owing_member(202609, 202610)
        relief = reduce(member)
        billing.issue_month(month=NOVEMBER, actor=SYSTEM, now=NOW)
        assert dues(member) == [
            (202609, 12_900, "UNPAID"),
            (202610, 2_000, "UNPAID"),
            (202611, 2_000, "UNPAID"),
        ]
        event = next(e for e in audit.events_about(member.id) if e.code == "dues_relief.entered")
        assert (event.data["amount_fen"], event.data["bills"]) == (2_000, 1)
        reliefs.end(relief=relief, actor=treasurer(), now=NOW)
        assert [due for _, due, _ in dues(member)] == [12_900] * 3
        with pytest.raises(reliefs.ReliefEnded):
            reliefs.end(relief=relief, actor=treasurer(), now=NOW)

    def test_a_new_standard_keeps_the_reduction(self, alpha):
        member = make_owing_member(202611)
        reduce(member)
        standards.set_one(
            member_id=member.id, category="WAGE", base_fen=1_000_100, month=NOVEMBER,
            reason="调薪", actor=treasurer(), now=NOW,
        )  # fmt: skip
        assert dues(member) == [(202611, 2_000, "UNPAID")]

    @pytest.mark.parametrize(
        ("wrong", "refusal"),
        [
            ({"reason": " "}, reliefs.ReliefIncomplete),
            ({"approved_by": ""}, reliefs.ReliefIncomplete),
            ({"last": Month(202609)}, reliefs.ReliefSpan),
            ({"first": Month(202603)}, reliefs.ReliefSpan),
            ({"last": Month(202710)}, reliefs.ReliefSpan),
            ({"amount_fen": 12_900}, reliefs.ReductionNotSmaller),
            ({"amount_fen": 0}, reliefs.ReductionNotSmaller),
        ],
    )
    def test_refuses(self, alpha, wrong, refusal):
        with pytest.raises(refusal):
            reduce(make_owing_member(202611), **wrong)
        assert not Relief.objects.exists()

    def test_paid_months_stay_and_two_never_hold_for_one_month(self, alpha):
        member = make_owing_member(202610, 202611)
        Bill.objects.filter(month=202610).update(state="PAID", paid_fen=12_900, paid_at=NOW)
        reduce(member)
        assert dues(member)[0] == (202610, 12_900, "PAID")
        with pytest.raises(reliefs.ReliefOverlaps):
            defer(member)
        reduce(member, first=Month(202701), last=Month(202701)) if make_standard(
            member, year=2027
        ) else None

    def test_is_not_for_a_secretary_nor_outside_the_sub_tree(self, alpha, beta):
        member = make_owing_member(202611)
        with pytest.raises(Forbidden):
            reduce(member, actor=treasurer(role="secretary"))
        relief = reduce(member)
        elsewhere = treasurer("00010002")
        with pytest.raises(ReliefNotFound):
            relief_for(elsewhere, relief.pk, to=DuesPermission.EXEMPT)
        with unit_context(beta.id):
            assert not Relief.objects.exists()

    def test_the_database_refuses_a_reduction_that_nobody_approved(self, alpha):
        member = make_owing_member(202611)
        relief = reduce(member)
        for wrong in ({"approved_by": ""}, {"amount_fen": None}, {"last_month": 202601}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Relief.objects.filter(pk=relief.pk).update(**wrong)


class TestDefer:
    def test_waits_and_is_due_again_by_itself(self, alpha):
        member = make_owing_member(202610)
        defer(member)
        billing.issue_month(month=NOVEMBER, actor=SYSTEM, now=NOW)
        assert [state for _, _, state in dues(member)] == ["DEFERRED"] * 2
        totals = selectors.month_totals(treasurer(), NOVEMBER)
        assert (totals.deferred, totals.unpaid, totals.unpaid_fen) == (1, 0, 0)
        assert selectors.unpaid_months(member.id).months == ()
        assert selectors.owed_by_unit().fen == 2 * 12_900
        assert PaidTo().paid_to(member.id) is None
        assert PaidTo().arrears(member.id) == 2
        december = dt.datetime(2026, 12, 15, 1, tzinfo=dt.UTC)
        monthly.keep_month(unit_id=alpha.id, now=december)
        assert {state for _, _, state in dues(member)[:2]} == {"DEFERRED"}
        january = dt.datetime(2027, 1, 1, 1, tzinfo=dt.UTC)
        monthly.keep_month(unit_id=alpha.id, now=january)
        assert [state for _, _, state in dues(member)[:2]] == ["UNPAID"] * 2

    def test_ending_it_makes_the_months_due(self, alpha):
        member = make_owing_member(202610, 202611)
        reliefs.end(relief=defer(member), actor=treasurer(), now=NOW)
        assert [state for _, _, state in dues(member)] == ["UNPAID"] * 2

    @pytest.mark.parametrize("pay_by", [NOVEMBER, Month(202705)])
    def test_refuses_a_day_that_is_none_or_too_far(self, alpha, pay_by):
        with pytest.raises(reliefs.DeferralTooLong, match="第十二条"):
            defer(make_owing_member(202611), pay_by=pay_by)

    def test_one_beside_a_member_without_a_standard(self, alpha):
        member = make_member()
        defer(member)
        with pytest.raises(reliefs.ReductionWithoutStandard):
            reduce(make_member())
