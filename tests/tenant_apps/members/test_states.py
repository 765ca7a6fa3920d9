"""Mobile, lost, abroad, to make amends, suspended: the clocks of rulebook 2.5."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import Month
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import ChangeKind, Entry, EntryKind
from tenant_apps.members.selectors import states as reading
from tenant_apps.members.selectors.states import StateKind, dues_of
from tenant_apps.members.services import changes, states
from tests.factories.members import make_member
from tests.factories.organizations import NOW, TODAY, admin

DATA = {
    StateKind.AWAY: {"destination": "浙江省杭州市", "reason": "务工"},
    StateKind.LOST: {"reason": "外出务工经商"},
    StateKind.ABROAD: {"country": "新西兰", "purpose": "留学"},
    StateKind.AMENDS: {
        "reason": "无正当理由不参加组织生活", "document": "苏组批〔2026〕8 号",
        "until": dt.date(2026, 12, 1),
    },
}  # fmt: skip
IN_FILE = {StateKind.AWAY: "away_since", StateKind.LOST: "lost_since",
           StateKind.ABROAD: "abroad_since"}  # fmt: skip


def day(text):
    return dt.date.fromisoformat(text)


def begin(member, kind, on="2026-05-22", **data):
    return states.begin(
        member=member, kind=kind, on=day(on), data={**DATA[kind], **data}, actor=admin(), now=NOW
    )


class TestRegistering:
    @pytest.mark.parametrize("kind", list(DATA))
    def test_begins_and_ends(self, tree, kind):
        member = make_member(tree.l1)
        begin(member, kind, on="2026-05-01")
        member.refresh_from_db()
        if kind in IN_FILE:
            assert getattr(member, IN_FILE[kind]) == day("2026-05-01")
        assert [row.kind for row in reading.states_of(member)] == [kind]
        assert member.is_active
        with pytest.raises(states.StateHolds):
            begin(member, kind)
        states.end(member=member, kind=kind, on=TODAY, note="已返回", actor=admin(), now=NOW)
        member.refresh_from_db()
        assert reading.states_of(member) == []
        row = Entry.objects.exclude(kind=EntryKind.NOTE).get()
        assert (row.ended_on, row.struck_at) == (TODAY, None)
        assert audit.events_about(member.id).filter(code="member.entry_added").exists()
        with pytest.raises(states.StateDoesNotHold):
            states.end(member=member, kind=kind, on=TODAY, note="", actor=admin(), now=NOW)

    def test_nobody_is_lost_before_six_months(self, tree):
        member = make_member(tree.l1)
        with pytest.raises(states.StateNotValid, match="2026-11-23"):
            begin(member, StateKind.LOST, on="2026-05-23")
        begin(member, StateKind.LOST, on="2026-05-22")

    @pytest.mark.parametrize("until", ["2027-05-23", "2026-05-22"])
    def test_amends_end_within_a_year(self, tree, until):
        with pytest.raises(states.StateNotValid, match="1 年"):
            begin(make_member(tree.l1), StateKind.AMENDS, until=day(until))

    def test_days_keep_their_order(self, tree):
        member = make_member(tree.l1)
        with pytest.raises(states.StateNotValid):
            begin(member, StateKind.AWAY, on="2026-11-23")
        with pytest.raises(states.StateNotValid):
            begin(member, StateKind.AWAY, on="2000-01-01")
        begin(member, StateKind.AWAY)
        with pytest.raises(states.StateNotValid):
            states.end(
                member=member, kind=StateKind.AWAY, on=day("2026-05-21"), note="", actor=admin(),
                now=NOW,
            )  # fmt: skip

    def test_only_members_are_in_a_state(self, tree):
        member = make_member(tree.l1)
        changes.leave(
            member=member, kind=ChangeKind.DIED, on=TODAY, document="", reason="", actor=admin(),
            now=NOW,
        )  # fmt: skip
        with pytest.raises(states.StateNotValid):
            begin(member, StateKind.AWAY)


class TestClocks:
    def test_who_is_away_is_contacted_every_half_year(self, tree):
        member = make_member(tree.l1)
        begin(member, StateKind.AWAY, on="2026-03-31")
        assert reading.overdue(admin(), StateKind.AWAY, today=TODAY) == (1, day("2026-09-30"))
        states.contact(
            member=member, on=day("2026-10-08"), way="电话", note="一切安好", actor=admin(), now=NOW
        )
        member.refresh_from_db()
        (row,) = reading.states_of(member)
        assert row.contacted_on == day("2026-10-08")
        assert row.dues[0].on == day("2027-04-08")
        assert reading.overdue(admin(), StateKind.AWAY, today=TODAY) == (0, None)

    def test_a_contact_is_not_to_come(self, tree):
        with pytest.raises(states.StateNotValid):
            states.contact(
                member=make_member(tree.l1), on=day("2026-11-23"), way="电话", note="",
                actor=admin(), now=NOW,
            )  # fmt: skip

    def test_suspension_is_suggested_and_never_made(self, tree):
        member = make_member(tree.l1)
        begin(member, StateKind.LOST, on="2024-01-01")
        member.refresh_from_db()
        assert member.is_active
        (due,) = dues_of(StateKind.LOST, since=day("2024-01-01"))
        assert (due.on, "停止党籍" in due.text) == (day("2024-07-01"), True)

    def test_five_years_abroad(self):
        contact, home = dues_of(StateKind.ABROAD, since=day("2024-02-29"))
        assert (contact.on, home.on) == (day("2024-08-29"), day("2029-02-28"))

    def test_removal_can_be_studied_two_years_after_suspension(self, tree):
        member = make_member(tree.l1)
        changes.leave(
            member=member, kind=ChangeKind.SUSPENDED, on=day("2024-11-22"), document="1 号",
            reason="", actor=admin(), now=NOW,
        )  # fmt: skip
        (found,) = reading.in_state(admin(), StateKind.SUSPENDED)
        (row,) = reading.rows_of([found], StateKind.SUSPENDED)
        assert row.dues[0].on == TODAY
        assert row.dues[0].is_over(TODAY)

    @given(
        st.sampled_from(list(StateKind)),
        st.dates(day("1990-01-01"), day("2090-12-31")),
        st.integers(0, 400),
    )
    def test_every_clock_runs_by_calendar_months(self, kind, since, days):
        for due in dues_of(kind, since=since, contacted_on=since + dt.timedelta(days=days)):
            assert due.on > since
            months = (Month.of(due.on).year - since.year) * 12 + due.on.month - since.month
            assert months >= 6

    def test_lists_stay_within_the_sub_tree(self, tree):
        begin(make_member(tree.l1), StateKind.AWAY)
        assert reading.counts(admin(tree.left.path))[StateKind.AWAY] == 1
        assert reading.counts(admin(tree.right.path))[StateKind.AWAY] == 0
