"""Entering, leaving and turning a membership (rulebook 2.1, 2.4, 2.5, 3.1, 7.1)."""

import datetime as dt
from dataclasses import replace

import pytest

from kernel.unit import shared_context
from shared_apps.people.models import Affiliation
from shared_apps.usage.models import Outbox
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import Category, Change, ChangeKind, Member, Standing
from tenant_apps.members.selectors import turns
from tenant_apps.members.services import changes, merging, moving, newcomers
from tenant_apps.members.services.changes import NewMember
from tests.factories.members import make_member
from tests.factories.organizations import NOW, TODAY, admin

SOMEBODY = NewMember(
    name="苏文静",
    identity="320103199003150021",
    phone="13900000027",
    gender="F",
    ethnicity="汉族",
    birth_on=dt.date(1990, 3, 15),
    joined_on=dt.date(2026, 6, 10),
)
PARTED = ("REMOVED", "PERSUADED", "WITHDREW", "EXPELLED")


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def enter(org, person=SOMEBODY, *, category="PROBATIONARY", kind="ADMITTED", on=None, now=NOW):
    return changes.enter(
        person=person, org=org, category=category, kind=ChangeKind(kind),
        on=on or day("2026-09-01"), document="苏组发〔2026〕7 号", actor=admin(), now=now,
    )  # fmt: skip


def leave(member, kind="DIED", *, on=TODAY, document="苏组批〔2026〕12 号", now=NOW, reason=""):
    return changes.leave(
        member=member, kind=ChangeKind(kind), on=on, document=document, reason=reason,
        actor=admin(), now=now,
    )  # fmt: skip


def later(years: int) -> dt.datetime:
    return NOW.replace(year=NOW.year + years)


class TestEnter:
    def test_makes_a_file_an_event_a_record_and_a_sign_in(self, tree):
        member = enter(tree.l1)
        change = Change.objects.get(member=member)
        assert (member.category, member.standing, member.is_active) == (
            "PROBATIONARY", "NORMAL", True,
        )  # fmt: skip
        assert member.probation_until == day("2027-06-10")
        assert (member.joined_kind, member.branch_since) == ("NEW", day("2026-09-01"))
        assert (change.kind, change.org_path, change.category) == (
            "ADMITTED", tree.l1.path, "PROBATIONARY",
        )  # fmt: skip
        assert audit.events_about(member.id).get().code == "member.entered"
        assert SOMEBODY.identity not in str(audit.events_about(member.id).get().data)
        with shared_context():
            assert Affiliation.objects.filter(member_id=member.pk).exists()
            assert Outbox.objects.filter(kind="members", numbers={"delta": 1}).exists()

    def test_refuses_a_second_formal_relation(self, tree):
        enter(tree.l1)
        with pytest.raises(changes.AlreadyMember):
            enter(tree.l2, kind="TRANSFERRED_IN")

    def test_takes_up_the_old_file_of_who_comes_back(self, tree):
        member = enter(tree.l1)
        leave(member, "TRANSFERRED_OUT", on=day("2026-10-01"), document="")
        back = enter(tree.r1, kind="TRANSFERRED_IN", on=day("2026-11-01"))
        assert (back.pk, back.org_id, back.left_kind) == (member.pk, tree.r1.pk, "")
        assert Member.objects.count() == 1

    @pytest.mark.parametrize("kind", ["REMOVED", "PERSUADED", "EXPELLED"])
    def test_refuses_to_rejoin_within_five_years(self, tree, kind):
        member = make_member(tree.l1)
        person = replace(SOMEBODY, joined_on=None)
        member = enter(tree.l1, person, category="FULL", kind="SUPPLEMENTED")
        leave(member, kind, on=day("2026-11-22"))
        with pytest.raises(changes.NotToReturn) as refused:
            enter(tree.l2, person, on=day("2031-11-21"), now=later(5))
        assert refused.value.data["until"] == day("2031-11-22")
        again = enter(tree.l2, person, on=day("2031-11-22"), now=later(5))
        assert (again.joined_kind, again.category) == ("REJOINED", "PROBATIONARY")

    def test_lets_who_withdrew_join_again(self, tree):
        member = enter(tree.l1)
        leave(member, "WITHDREW", on=day("2026-10-01"))
        assert enter(tree.l1, on=day("2026-11-01")).is_active

    def test_never_brings_back_the_dead(self, tree):
        leave(enter(tree.l1))
        with pytest.raises(changes.DeathRecorded):
            enter(tree.l1, on=TODAY)

    @pytest.mark.parametrize(
        ("changed", "word"),
        [
            ({"identity": "3201"}, "18 位"),
            ({"identity": "320103199003150022"}, "校验位"),
            ({"birth_on": dt.date(1990, 3, 16)}, "出生日期与身份证号"),
            ({"gender": "M"}, "性别与身份证号"),
            ({"name": " "}, "姓名"),
            ({"birth_on": dt.date(2009, 1, 1)}, "18 周岁"),
            ({"joined_on": dt.date(2026, 10, 1)}, "不能早于入党日期"),
            ({"joined_on": dt.date(2027, 1, 1)}, "晚于今天"),
            ({"full_on": dt.date(2026, 7, 1)}, "转正日期"),
        ],
    )
    def test_refuses_what_cannot_be(self, tree, changed, word):
        with pytest.raises(newcomers.NewcomerRefused, match=word):
            enter(tree.l1, replace(SOMEBODY, **changed))
        assert not Member.objects.exists()

    def test_admits_only_probationary_members_to_branches(self, tree):
        with pytest.raises(newcomers.NewcomerRefused, match="预备党员"):
            enter(tree.l1, category="FULL")
        with pytest.raises(moving.CannotHoldMembers):
            enter(tree.left)
        with pytest.raises(changes.WrongTurn):
            enter(tree.l1, kind="DIED")


class TestLeave:
    def test_ends_by_an_event_and_keeps_the_file(self, tree):
        member = enter(tree.l1)
        change = leave(member, "DIED", document="")
        member.refresh_from_db()
        assert (member.is_active, member.standing, member.left_on) == (False, "LEFT", TODAY)
        assert (member.left_kind, change.category) == ("DIED", "PROBATIONARY")
        assert audit.events_about(member.id).filter(code="member.left").exists()
        with shared_context():
            assert not Affiliation.objects.filter(member_id=member.pk).exists()

    @pytest.mark.parametrize("kind", [*PARTED, "SUSPENDED", "OTHER_OUT"])
    def test_asks_for_the_number_of_the_decision(self, tree, kind):
        with pytest.raises(changes.WrongTurn, match="文号"):
            leave(make_member(tree.l1), kind, document=" ")

    def test_suspends_full_and_cancels_probationary_members_only(self, tree):
        with pytest.raises(changes.WrongTurn):
            leave(enter(tree.l1), "SUSPENDED")
        with pytest.raises(changes.WrongTurn):
            leave(make_member(tree.l1), "CANCELLED")

    def test_keeps_days_in_order(self, tree):
        member = enter(tree.l1)
        for wrong in ("2026-11-23", "2026-08-31", "2026-05-01"):
            with pytest.raises(changes.WrongTurn):
                leave(member, on=day(wrong))

    def test_does_not_end_twice(self, tree):
        member = make_member(tree.l1)
        leave(member)
        with pytest.raises(changes.WrongTurn):
            leave(member, "REMOVED")


class TestSuspension:
    @pytest.fixture
    def suspended(self, tree):
        member = make_member(tree.l1)
        leave(member, "SUSPENDED", on=day("2024-11-22"))
        member.refresh_from_db()
        return member

    def test_rests_and_counts_no_more(self, suspended):
        assert (suspended.standing, suspended.is_active) == (Standing.SUSPENDED, False)
        assert turns.restorable_until(suspended) == day("2026-11-22")

    def test_is_removed_after_two_years_and_not_before(self, suspended):
        with pytest.raises(changes.TooEarly) as early:
            leave(suspended, "REMOVED", on=day("2026-11-21"))
        assert early.value.data["opens_on"] == day("2026-11-22")
        change = leave(suspended, "REMOVED", on=day("2026-11-22"))
        assert change.data["was_counted"] is False

    def restore(self, member, applied, on=TODAY, document="苏组批〔2026〕3 号"):
        return changes.restore(
            member=member, applied_on=day(applied), on=on, document=document,
            actor=admin(), now=NOW,
        )  # fmt: skip

    def test_is_given_back_when_asked_within_two_years(self, suspended):
        with pytest.raises(changes.WrongTurn, match="两年内"):
            self.restore(suspended, "2026-11-23")
        self.restore(suspended, "2026-11-22")
        suspended.refresh_from_db()
        assert (suspended.standing, suspended.joined_kind) == ("NORMAL", "RESTORED")
        assert suspended.is_active

    def test_is_given_back_after_it_was_asked_for_and_by_a_document(self, suspended):
        with pytest.raises(changes.WrongTurn, match="申请日期"):
            self.restore(suspended, "2026-11-20", on=day("2026-11-19"))
        with pytest.raises(changes.WrongTurn, match="文号"):
            self.restore(suspended, "2026-11-20", document=" ")

    def test_is_not_entered_as_new(self, tree):
        member = enter(tree.l1, replace(SOMEBODY, joined_on=None), category="FULL",
                       kind="SUPPLEMENTED")  # fmt: skip
        leave(member, "SUSPENDED", on=day("2026-10-01"))
        with pytest.raises(changes.MembershipRests):
            enter(tree.l1, on=TODAY)

    def test_is_impossible_after_removal(self, tree):
        member = make_member(tree.l1)
        leave(member, "REMOVED")
        with pytest.raises(changes.WrongTurn, match="不能恢复"):
            self.restore(member, "2026-11-22")


class TestProbation:
    def test_counts_from_its_end_even_when_approved_later(self, tree):
        member = enter(tree.l1, replace(SOMEBODY, joined_on=day("2025-06-10")))
        changes.convert(member=member, on=day("2026-09-10"), document="", actor=admin(), now=NOW)
        member.refresh_from_db()
        assert (member.category, member.full_on) == (Category.FULL, day("2026-06-10"))
        assert member.conversion == "ON_TIME"
        assert Change.objects.get(kind="CONVERTED").category == "PROBATIONARY"

    def test_is_not_over_early(self, tree):
        member = enter(tree.l1)
        with pytest.raises(changes.TooEarly) as early:
            changes.convert(member=member, on=TODAY, document="", actor=admin(), now=NOW)
        assert early.value.data["opens_on"] == day("2027-06-10")

    @pytest.mark.parametrize("until", ["2027-12-10", "2028-06-10"])
    def test_is_extended_once_by_six_to_twelve_months(self, tree, until):
        member = enter(tree.l1)
        for wrong in ("2027-12-09", "2028-06-11"):
            with pytest.raises(changes.WrongTurn):
                self.extend(member, wrong)
        self.extend(member, until)
        with pytest.raises(changes.WrongTurn, match="一次"):
            self.extend(member, until)
        changes.convert(member=member, on=day(until), document="", actor=admin(), now=later(2))
        member.refresh_from_db()
        assert (member.full_on, member.conversion) == (day(until), "EXTENDED")

    def extend(self, member, until):
        return changes.extend(
            member=member, until=day(until), document="苏组批〔2026〕9 号", actor=admin(), now=NOW
        )


class TestUndo:
    def test_takes_back_the_last_event_and_keeps_it(self, tree):
        member = make_member(tree.l1)
        change = leave(member)
        back = changes.undo(change=change, actor=admin(), now=NOW, reason="录错了人")
        change.refresh_from_db()
        assert (back.is_active, back.standing, back.left_on) == (True, "NORMAL", None)
        assert change.undone_at == NOW
        assert audit.events_about(member.id).filter(code="member.change_undone").exists()
        with shared_context():
            assert Affiliation.objects.filter(member_id=member.pk).exists()
        with pytest.raises(changes.NotToUndo):
            changes.undo(change=change, actor=admin(), now=NOW)

    def test_refuses_what_something_is_built_on(self, tree):
        member = enter(tree.l1)
        entered = Change.objects.get()
        leave(member)
        with pytest.raises(changes.NotToUndo):
            changes.undo(change=entered, actor=admin(), now=NOW)

    def test_keeps_a_file_made_by_mistake_and_counts_it_no_more(self, tree):
        member = enter(tree.l1)
        changes.undo(change=Change.objects.get(), actor=admin(), now=NOW)
        member.refresh_from_db()
        assert (member.is_active, member.standing, member.left_kind) == (False, "LEFT", "")
        assert enter(tree.l2).pk == member.pk

    def test_leaves_a_merger_to_its_own_way_back(self, tree):
        kept, gone = make_member(tree.l1), make_member(tree.l1)
        change = merging.merge(kept=kept, gone=gone, take=(), actor=admin(), now=NOW)
        with pytest.raises(changes.NotToUndo, match="专门"):
            changes.undo(change=change, actor=admin(), now=NOW)

    def test_puts_days_back(self, tree):
        member = enter(tree.l1, replace(SOMEBODY, joined_on=day("2025-06-10")))
        change = changes.convert(
            member=member, on=day("2026-09-10"), document="", actor=admin(), now=NOW
        )
        changes.undo(change=change, actor=admin(), now=NOW)
        member.refresh_from_db()
        assert (member.category, member.full_on) == ("PROBATIONARY", None)


def test_every_decrease_has_its_rule():
    assert set(turns.LEAVING) == {
        "TRANSFERRED_OUT", "WHOLE_OUT", "DIED", "SUSPENDED", "REMOVED", "PERSUADED", "WITHDREW",
        "EXPELLED", "CANCELLED", "OTHER_OUT",
    }  # fmt: skip
