"""What changed between looking and writing: the number, the right, the place, the file."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from kernel.errors import Forbidden
from tenant_apps.members.models import ChangeKind, Member
from tenant_apps.members.selectors.states import StateKind
from tenant_apps.members.services import (
    changes,
    checking,
    corrections,
    entries,
    filing,
    grouping,
    merging,
    moving,
    newcomers,
    proposals,
    states,
)
from tenant_apps.members.services.changes import AlreadyMember, WrongTurn
from tenant_apps.organizations.models import Kind
from tenant_apps.organizations.services import founding
from tenant_apps.organizations.services.sheets import Sheet
from tests.factories.members import make_member
from tests.factories.organizations import NOW, TODAY, admin, somebody
from tests.tenant_apps.members.test_changes import SOMEBODY, enter, leave
from tests.tenant_apps.members.test_corrections import accept, ask
from tests.tenant_apps.members.test_proposals import submit
from tests.tenant_apps.members.test_services import correct
from tests.tenant_apps.members.test_states import begin

NUMBER = "11010519491231002X"


def registering(monkeypatch, module, name, org, number):
    """While ``name`` of ``module`` runs, somebody else registers the number."""
    as_it_was = getattr(module, name)

    def meanwhile(*args, **kwargs):
        monkeypatch.undo()
        make_member(org, "别人", identity_number=number)
        return as_it_was(*args, **kwargs)

    monkeypatch.setattr(module, name, meanwhile)


class TestNumber:
    def test_registered_meanwhile_makes_no_second_member(self, tree, monkeypatch):
        registering(monkeypatch, newcomers, "written", tree.l2, SOMEBODY.identity)
        with pytest.raises(AlreadyMember):
            enter(tree.l1)
        assert not Member.objects.filter(name=SOMEBODY.name).exists()

    def test_registered_meanwhile_is_not_corrected_to(self, tree, monkeypatch):
        member = make_member(tree.l1)
        registering(monkeypatch, checking, "refuse_days", tree.l2, NUMBER)
        with pytest.raises(filing.IdentityTaken):
            correct(member, identity=NUMBER, reason="核对了身份证原件")

    def test_of_another_file_is_not_even_asked_for(self, tree):
        make_member(tree.l2, identity_number=NUMBER)
        with pytest.raises(filing.IdentityTaken):
            ask(make_member(tree.l1), "identity", NUMBER)

    def test_an_address_has_an_end(self, tree):
        with pytest.raises(checking.ValueTooLong):
            correct(make_member(tree.l1), address="虚构路" * 41)


class TestRight:
    """What somebody did is taken back by the same person only while that person still may."""

    def test_to_move_is_gone(self, tree):
        ada, member = admin(), make_member(tree.l1)
        move_id, _ = moving.move(members=[member], org=tree.r1, actor=ada, now=NOW)
        with pytest.raises(moving.NothingToUndo):
            moving.move_back(move_id=move_id, actor=replace(ada, holdings=()), now=NOW)

    def test_or_the_place_where_the_group_was_is_another(self, tree):
        ada, member = admin(), make_member(tree.l1)
        group = founding.create(
            parent=tree.l1, sheet=Sheet("一组", "一组", Kind.GROUP), actor=ada, now=NOW
        )
        act, _ = grouping.assign(
            branch=tree.l1, group_id=group.pk, members=[member.pk], actor=ada, now=NOW
        )
        with pytest.raises(grouping.NothingToUngroup):
            grouping.assign_back(act_id=act, actor=replace(ada, holdings=()), now=NOW)
        Member.objects.update(org=tree.l2, org_path=tree.l2.path)
        with pytest.raises(grouping.NothingToUngroup):
            grouping.assign_back(act_id=act, actor=ada, now=NOW)

    def test_to_decide_is_asked_of_who_refuses_too(self, tree):
        secretary = somebody(("secretary", tree.l1.path))
        proposal = submit(make_member(tree.l1), actor=secretary)
        for other in (somebody(("secretary", tree.l1.path)), admin(tree.right.path)):
            with pytest.raises(Forbidden):
                proposals.refuse(proposal=proposal, note="材料不齐", actor=other, now=NOW)

    def test_of_who_asked_for_somebody_else_is_not_to_accept_it(self, tree):
        clerk = admin()
        with pytest.raises(corrections.OwnCorrection):
            accept(ask(make_member(tree.l1), actor=clerk), clerk)

    def test_over_both_files_is_asked_for_all_that_is_done_to_two(self, tree):
        kept, gone = make_member(tree.l1), make_member(tree.l2)
        of_one = admin(tree.l1.path)
        with pytest.raises(Forbidden):
            merging.tell_apart(first=kept, second=gone, actor=of_one, now=NOW)
        change = merging.merge(kept=kept, gone=gone, take=(), actor=admin(), now=NOW)
        with pytest.raises(Forbidden):
            merging.undo(change=change, actor=of_one, now=NOW)


class TestDay:
    def test_of_tomorrow_is_no_day_yet(self, tree):
        common = {"actor": admin(), "now": NOW}
        tomorrow = TODAY + dt.timedelta(days=1)
        young = enter(tree.l1, replace(SOMEBODY, joined_on=dt.date(2025, 6, 10)))
        with pytest.raises(WrongTurn, match="晚于今天"):
            changes.convert(member=young, on=tomorrow, document="", **common)
        member = make_member(tree.l1)
        leave(member, "SUSPENDED")
        with pytest.raises(WrongTurn, match="晚于今天"):
            changes.restore(member=member, applied_on=TODAY, on=tomorrow, document="1 号", **common)

    def test_of_tomorrow_ends_no_state_and_suspension_is_none(self, tree):
        member, common = make_member(tree.l1), {"actor": admin(), "now": NOW}
        begin(member, StateKind.AWAY)
        with pytest.raises(states.StateNotValid):
            states.end(
                member=member, kind=StateKind.AWAY, on=TODAY + dt.timedelta(days=1), note="",
                **common,
            )  # fmt: skip
        with pytest.raises(states.StateNotValid, match="党籍变动"):
            states.begin(member=member, kind=StateKind.SUSPENDED, on=TODAY, data={}, **common)

    def test_of_a_row_that_is_asked_for_stand_in_order(self, tree):
        days = {"began_on": dt.date(2024, 6, 30), "ended_on": dt.date(2020, 9, 1)}
        with pytest.raises(entries.EntryNotValid):
            ask(make_member(tree.l1), "WORK", wanted={"workplace": "水厂", "post": "工", **days})


class TestFile:
    def test_of_another_branch_goes_into_no_group_with_the_others(self, tree):
        ada, member = admin(), make_member(tree.l1)
        for members in ([], [member.pk, make_member(tree.l2).pk]):
            with pytest.raises(grouping.NotOfBranch):
                grouping.assign(branch=tree.l1, group_id=None, members=members, actor=ada, now=NOW)

    def test_that_ended_otherwise_was_not_merged(self, tree):
        change = leave(make_member(tree.l1), "DIED", document="")
        with pytest.raises(merging.MergerNotToUndo, match="没有找到"):
            merging.undo(change=change, actor=admin(), now=NOW)

    def test_of_a_full_or_former_member_has_no_probation(self, tree):
        common = {"document": "1 号", "actor": admin(), "now": NOW}
        left = enter(tree.l1)
        changes.leave(member=left, kind=ChangeKind.CANCELLED, on=TODAY, reason="", **common)
        for member in (make_member(tree.l1), left):
            with pytest.raises(WrongTurn, match="不是在册的预备党员"):
                changes.convert(member=member, on=TODAY, **common)
            with pytest.raises(WrongTurn, match="不是在册的预备党员"):
                changes.extend(member=member, until=TODAY, **common)
