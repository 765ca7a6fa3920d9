"""Whatever was decided about the tree, taking it back within ten minutes restores everything."""

import datetime as dt

import pytest

from kernel.models import uuid7
from tenant_apps.members.models import Member
from tenant_apps.organizations.models import Kind, Turn
from tenant_apps.organizations.services import (
    founding,
    merging,
    moving,
    retyping,
    revising,
    splitting,
    undoing,
)
from tenant_apps.organizations.services.placement import MovedOnSince
from tenant_apps.organizations.services.refusals import NameTaken
from tenant_apps.organizations.services.sheets import Sheet
from tests.factories.members import make_member, new_member, store
from tests.factories.organizations import NOW, TODAY, admin, decided
from tests.tenant_apps.organizations.test_reshaping import (
    REPLY,
    ada,
    again,
    group_of,
    paths_agree,
    role_at,
    shape,
    tree,
)

__all__ = ["ada", "tree"]  # fixtures


class TestUndo:
    def acts(self, tree, ada):
        return {
            "move": lambda: moving.move(
                organization=tree.l1, parent=tree.right, decision=REPLY, actor=ada, now=NOW
            ),
            "merge": lambda: merging.merge(
                source=tree.l1, target=tree.r1, decision=REPLY, actor=ada, now=NOW
            ),
            "merge above": lambda: merging.merge(
                source=tree.left, target=tree.right, decision=REPLY, actor=ada, now=NOW
            ),
            "dissolve": lambda: merging.dissolve(
                organization=tree.left, into=tree.root, decision=REPLY, actor=ada, now=NOW
            ),
            "raise": lambda: retyping.retype(
                organization=tree.l1, kind=Kind.JOINT_BRANCH, decision=REPLY, actor=ada, now=NOW
            ),
            "lower": lambda: retyping.retype(
                organization=tree.left, kind=Kind.BRANCH, decision=REPLY, actor=ada, now=NOW
            ),
        }

    @pytest.mark.parametrize("act", ["move", "merge", "merge above", "dissolve", "raise", "lower"])
    def test_restores_everything(self, tree, ada, act):
        group = group_of(tree.l1)
        members = store(*(new_member(tree.l1) for _ in range(3)), new_member(tree.l2))
        Member.objects.filter(pk=members[0].pk).update(group_id=group.id)
        role_at(tree.l1)
        role_at(tree.left, "左")
        before = shape()
        act_id = self.acts(tree, ada)[act]()
        assert shape() != before
        undoing.undo(act_id=act_id, actor=ada, now=NOW + dt.timedelta(minutes=9))
        assert shape() == before
        assert paths_agree()
        with pytest.raises(undoing.AlreadyUndone):
            undoing.undo(act_id=act_id, actor=ada, now=NOW)

    def test_of_a_split_ends_what_it_founded(self, tree, ada):
        members = store(*(new_member(tree.l1) for _ in range(6)))
        made, act = splitting.split(
            source=tree.l1, sheet=Sheet("新支部", "新", Kind.BRANCH),
            members=[one.id for one in members[:3]], children=[], decision=REPLY, actor=ada,
            now=NOW,
        )  # fmt: skip
        undoing.undo(act_id=act, actor=ada, now=NOW)
        assert again(made).ended_on == TODAY
        assert Member.objects.filter(org=tree.l1).count() == 6

    def test_of_a_raised_branch_gives_the_members_back(self, tree, ada):
        group = group_of(tree.alone)
        member = make_member(tree.alone)
        Member.objects.filter(pk=member.pk).update(group_id=group.id)
        act = retyping.retype(
            organization=tree.alone, kind=Kind.GENERAL_BRANCH, branch="一支部", decision=REPLY,
            actor=ada, now=NOW,
        )  # fmt: skip
        undoing.undo(act_id=act, actor=ada, now=NOW)
        member.refresh_from_db()
        assert (member.org_id, member.group_id) == (tree.alone.id, group.id)
        assert again(tree.alone).kind == Kind.BRANCH
        assert again(group).parent_id == tree.alone.id

    @pytest.mark.parametrize("minutes", [11, 60])
    def test_is_over_after_ten_minutes_and_not_for_others(self, tree, ada, minutes):
        act = self.acts(tree, ada)["merge"]()
        later = NOW + dt.timedelta(minutes=minutes)
        with pytest.raises(undoing.ActUnknown):
            undoing.undo(act_id=act, actor=ada, now=later)
        with pytest.raises(undoing.ActUnknown):
            undoing.undo(act_id=act, actor=admin(), now=NOW)
        with pytest.raises(undoing.ActUnknown):
            undoing.undo(act_id=uuid7(), actor=ada, now=NOW)

    def test_is_refused_when_an_organisation_changed_since(self, tree, ada):
        act = self.acts(tree, ada)["merge"]()
        moving.move(
            organization=tree.r1, parent=again(tree.left), decision=decided(), actor=ada, now=NOW
        )
        with pytest.raises(MovedOnSince):
            undoing.undo(act_id=act, actor=ada, now=NOW)

    def test_is_refused_when_somebody_has_gone_on(self, tree, ada):
        member = make_member(tree.l1)
        act = self.acts(tree, ada)["merge"]()
        Member.objects.filter(pk=member.pk).update(org=tree.alone, org_path=tree.alone.path)
        before = shape()
        with pytest.raises(MovedOnSince):
            undoing.undo(act_id=act, actor=ada, now=NOW)
        assert shape() == before

    def test_is_not_for_what_was_only_corrected(self, tree, ada):
        wanted = Sheet("改名", "改名", Kind.BRANCH)
        revising.revise(organization=tree.l1, sheet=wanted, document="9 号", actor=ada, now=NOW)
        with pytest.raises(undoing.ActUnknown):
            undoing.undo(act_id=Turn.objects.get().act, actor=ada, now=NOW)

    def test_is_refused_when_the_name_was_given_to_another(self, tree, ada):
        act = self.acts(tree, ada)["merge"]()
        founding.create(
            parent=tree.left, sheet=Sheet("中共l1", "l1", Kind.BRANCH), document="9 号", actor=ada,
            now=NOW,
        )  # fmt: skip
        with pytest.raises(NameTaken):
            undoing.undo(act_id=act, actor=ada, now=NOW)
        assert again(tree.l1).ended_on == TODAY

    def test_is_refused_when_the_place_of_before_has_ended(self, tree, ada):
        act = self.acts(tree, ada)["move"]()
        merging.merge(
            source=tree.left, target=tree.right, decision=decided(), actor=admin(), now=NOW
        )
        with pytest.raises(MovedOnSince):
            undoing.undo(act_id=act, actor=ada, now=NOW)
        assert again(tree.l1).parent_id == tree.right.id

    @pytest.mark.parametrize("comes", [make_member, group_of])
    def test_of_a_split_is_refused_when_something_came_to_it(self, tree, ada, comes):
        members = store(*(new_member(tree.l1) for _ in range(6)))
        made, act = splitting.split(
            source=tree.l1, sheet=Sheet("新支部", "新", Kind.BRANCH),
            members=[one.id for one in members[:3]], children=[], decision=REPLY, actor=ada,
            now=NOW,
        )  # fmt: skip
        comes(made)
        with pytest.raises(MovedOnSince):
            undoing.undo(act_id=act, actor=ada, now=NOW)
        assert again(made).ended_on is None
