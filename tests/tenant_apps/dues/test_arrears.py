"""Clocks of arrears (rulebook 4.3)."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from kernel.unit import unit_context
from tenant_apps.dues.models import Bill
from tenant_apps.dues.selectors.arrears import (
    ArrearsDuties,
    Stage,
    late_members,
    longest_run,
    months_unpaid,
    must_act,
    stage_of,
)
from tenant_apps.members.models import Member
from tests.factories.dues import make_owing_member, treasurer

TODAY = dt.date(2026, 11, 22)
HALF_A_YEAR = (202605, 202606, 202607, 202608, 202609, 202610)
STATES = st.sampled_from(["UNPAID", "PAID", "EXEMPT", "DEFERRED"])


def duties(actor):
    found = ArrearsDuties().duties(actor, today=TODAY)
    return {duty.url[-1]: duty.count for duty in found if duty.count}


class TestRule:
    @given(st.lists(STATES, max_size=24))
    def test_exempt_and_deferred_months_neither_count_nor_interrupt(self, states):
        due = [state for state in states if state in ("UNPAID", "PAID")]
        runs = "".join("u" if state == "UNPAID" else "p" for state in due).split("p")
        assert longest_run(states) == longest_run(due) == max(map(len, runs))

    def test_who_must_act(self):
        assert [stage_of(n) for n in (1, 5, 6, 14)] == [1, 5, 6, 6]
        assert not must_act(1, "0001", ["0001"])
        assert must_act(2, "0001", ["0001"])
        assert not must_act(2, "00010001", ["0001"])
        assert must_act(3, "00010001", ["0001"])


class TestLateMembers:
    def test_counts_months_in_a_row_up_to_last_month(self, alpha, django_assert_max_num_queries):
        long = make_owing_member(*HALF_A_YEAR, 202611, name="甲")
        short = make_owing_member(*HALF_A_YEAR, 202611, name="乙")
        Bill.objects.filter(member=short, month=202607).update(
            state="PAID", paid_fen=12_900, paid_at=dt.datetime(2026, 8, 1, tzinfo=dt.UTC)
        )
        Bill.objects.filter(member=short, month=202609).update(
            state="EXEMPT", exempt_reason="患病", exempt_approved_by="上级党委"
        )
        make_owing_member(202611, name="本月")
        with django_assert_max_num_queries(1):
            found = late_members(treasurer(), today=TODAY)
        assert [(one.member_id, one.months, one.owed_months) for one in found] == [
            (long.id, 6, 6),
            (short.id, 2, 4),
        ]
        assert found[0].stage is Stage.SUGGESTION
        assert (found[1].first_month, found[1].owed_fen) == (202605, 4 * 12_900)
        for member, months in ((long, 6), (short, 2)):
            assert months_unpaid(member.id, today=TODAY) == months
        assert Member.objects.get(pk=long.pk).is_active  # a suggestion changes nothing

    def test_ends_at_the_sub_tree_and_leaves_out_who_left(self, alpha, beta):
        make_owing_member(202609, 202610, path="00010001")
        far = make_owing_member(202609, 202610, path="00010002")
        branch = treasurer("00010001", "secretary")
        assert len(late_members(branch, today=TODAY)) == 1
        Member.objects.filter(pk=far.pk).update(is_active=False)
        assert len(late_members(treasurer(), today=TODAY)) == 1
        with unit_context(beta.id):
            assert late_members(treasurer(), today=TODAY) == []

    def test_duties_are_of_whoever_must_act(self, alpha):
        make_owing_member(202608, 202609, 202610, name="三")
        make_owing_member(202609, 202610)
        assert duties(treasurer("00010001", "secretary")) == {"2": 1, "3": 1}
        assert duties(treasurer("0001", "secretary")) == {"3": 1}
        assert duties(treasurer("00010002", "secretary")) == {}
