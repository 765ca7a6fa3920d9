"""Merging, splitting, raising, lowering and dissolving."""

import datetime as dt

import pytest

from kernel.models import uuid7
from kernel.unit import unit_context
from tenant_apps.access.models import Grant
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import Member
from tenant_apps.organizations import selectors
from tenant_apps.organizations.models import Kind, Organization, Turn
from tenant_apps.organizations.selectors import OrganizationNotFound, previews
from tenant_apps.organizations.services import (
    founding,
    merging,
    retyping,
    splitting,
    undoing,
)
from tenant_apps.organizations.services.refusals import (
    HoldsNoMembers,
    KindDoesNotFit,
    OwnDescendant,
    RootStays,
    TooFewFullMembers,
)
from tenant_apps.organizations.services.sheets import Sheet
from tests.factories.members import make_member, new_member, store
from tests.factories.organizations import NOW, TODAY, admin, decided, small_tree

REPLY = decided(document="徐水党组〔2026〕9 号")


@pytest.fixture
def tree(alpha):
    return small_tree()


@pytest.fixture
def ada(tree):
    return admin()


def again(org):
    return Organization.objects.get(pk=org.pk)


def group_of(branch, name="第一党小组"):
    return founding.create(
        parent=branch, sheet=Sheet(name, name, Kind.GROUP), actor=admin(), now=NOW
    )


def role_at(org, name="书"):
    return Grant.objects.create(
        person_id=uuid7(), person_name=name, role="secretary", scope=org.path, granted_at=NOW
    )


def shape():
    """Everything that undoing has to restore."""
    orgs = Organization.objects.order_by("id").values_list(
        "id", "parent_id", "name", "kind", "ended_on"
    )
    members = Member.objects.order_by("id").values_list("id", "org_id", "group_id")
    places = dict(Organization.objects.values_list("path", "id"))
    held = Grant.objects.filter(revoked_at=None).values_list("person_id", "role", "scope")
    grants = sorted((person, role, places[scope]) for person, role, scope in held)
    return list(orgs), list(members), grants


def paths_agree():
    rows = Member.objects.select_related("org")
    return all(member.org_path == member.org.path for member in rows)


class TestMerge:
    def merge(self, source, target, actor, decision=REPLY):
        return merging.merge(source=source, target=target, decision=decision, actor=actor, now=NOW)

    def test_brings_members_and_groups_over_and_ends_the_branch(self, tree, ada):
        group = group_of(tree.l1)
        one, two = store(new_member(tree.l1), new_member(tree.l1))
        Member.objects.filter(pk=one.pk).update(group_id=group.id)
        Member.objects.filter(pk=two.pk).update(is_active=False, standing="LEFT")
        self.merge(tree.l1, tree.r1, ada)
        l1, r1 = again(tree.l1), again(tree.r1)
        one.refresh_from_db()
        two.refresh_from_db()
        assert (l1.ended_on, l1.parent_id) == (TODAY, None)
        assert (one.org_id, one.org_path, one.group_id) == (r1.id, r1.path, group.id)
        assert two.org_id == l1.id, "who had left stays in the history of the old branch"
        assert again(group).parent_id == r1.id
        assert paths_agree()

    def test_leaves_tree_lists_and_choices(self, tree, ada):
        self.merge(tree.l1, tree.l2, ada)
        with pytest.raises(OrganizationNotFound):
            selectors.organization_for(
                ada, tree.l1.id, to=selectors.gates.OrganizationPermission.BROWSE
            )
        assert tree.l1.id not in {org.id for org in selectors.known_organizations()}
        assert not selectors.search(ada, "l1").exists()
        links = selectors.Links(node="{id}", children="{id}")
        level = selectors.level_visible_to(ada, links=links, below=tree.left.id)
        assert [node.label for node in level] == ["l2"]

    def test_withdraws_the_roles_over_what_ended_only(self, tree, ada):
        role_at(tree.l1)
        kept = role_at(tree.r1, "右")
        before = previews.of_merger(tree.l1, tree.r1)
        self.merge(tree.l1, tree.r1, ada)
        assert before.ending == ["书（书记）"]
        assert list(Grant.objects.filter(revoked_at=None)) == [kept]

    def test_hangs_children_below_and_tells_two_of_a_name_apart(self, tree, ada):
        Organization.objects.filter(pk=tree.r1.pk).update(name=tree.l1.name)
        member = make_member(tree.l1)
        self.merge(tree.left, tree.right, ada)
        l1 = again(tree.l1)
        member.refresh_from_db()
        assert (l1.parent_id, l1.name) == (tree.right.id, "中共l1（原left）")
        assert member.org_path == l1.path
        assert again(tree.l2).name == "中共l2"

    def test_frees_the_name(self, tree, ada):
        self.merge(tree.l1, tree.l2, ada)
        again_named = founding.create(
            parent=tree.left, sheet=Sheet("中共l1", "l1", Kind.BRANCH), document="9 号",
            actor=ada, now=NOW,
        )  # fmt: skip
        assert again_named.path != tree.l1.path

    def test_is_told_on_both_sides_and_of_each_member(self, tree, ada):
        member = make_member(tree.l1)
        act = self.merge(tree.l1, tree.r1, ada)
        kinds = dict(Turn.objects.filter(act=act).values_list("org_id", "kind"))
        assert kinds == {tree.l1.id: "MERGED", tree.r1.id: "GAINED"}
        assert audit.events_about(tree.r1.id).get().code == "organization.merged"
        told = audit.events_about(member.id).filter(code="member.moved").get().data
        assert (told["old_org_name"], told["new_org_name"]) == ("l1", "r1")

    @pytest.mark.parametrize(
        ("source", "target", "error"),
        [
            ("root", "left", RootStays),
            ("left", "l1", OwnDescendant),
            ("left", "left", OwnDescendant),
            ("l1", "left", HoldsNoMembers),
            ("left", "r1", KindDoesNotFit),
        ],
    )
    def test_refuses_what_cannot_be(self, tree, ada, source, target, error):
        make_member(tree.l1)
        before = shape()
        with pytest.raises(error):
            self.merge(getattr(tree, source), getattr(tree, target), ada)
        assert shape() == before

    def test_refuses_groups_and_what_has_ended(self, tree, ada):
        with pytest.raises(merging.GroupsDoNotMerge):
            self.merge(group_of(tree.l1), tree.l2, ada)
        self.merge(tree.l1, tree.l2, ada)
        for source, target in ((tree.l1, tree.r1), (tree.r1, tree.l1)):
            with pytest.raises(OrganizationNotFound):
                self.merge(source, target, ada)

    def test_is_invisible_to_beta(self, tree, ada, beta):
        self.merge(tree.l1, tree.l2, ada)
        with unit_context(beta.id):
            assert not Turn.objects.exists()


class TestDissolve:
    def dissolve(self, org, actor, into=None):
        return merging.dissolve(organization=org, into=into, decision=REPLY, actor=actor, now=NOW)

    def test_ends_what_is_empty(self, tree, ada):
        self.dissolve(tree.l1, ada)
        assert again(tree.l1).ended_on == TODAY
        assert Turn.objects.get().kind == "DISSOLVED"

    @pytest.mark.parametrize("which", ["l1", "left"])
    def test_refuses_without_a_place_for_everybody(self, tree, ada, which):
        make_member(tree.l1)
        with pytest.raises(merging.NotEmpty):
            self.dissolve(getattr(tree, which), ada)

    def test_sees_members_whose_membership_is_suspended(self, tree, ada):
        member = make_member(tree.l1)
        Member.objects.filter(pk=member.pk).update(is_active=False, standing="SUSPENDED")
        with pytest.raises(merging.NotEmpty):
            self.dissolve(tree.l1, ada)

    def test_takes_everybody_to_the_place_given(self, tree, ada):
        member = make_member(tree.l1)
        self.dissolve(tree.l1, ada, into=tree.r1)
        member.refresh_from_db()
        assert member.org_id == tree.r1.id

    def test_of_a_group_leaves_its_members_in_none_and_comes_back(self, tree, ada):
        group, member = group_of(tree.l1), make_member(tree.l1)
        Member.objects.filter(pk=member.pk).update(group_id=group.id)
        act = self.dissolve(group, ada)
        member.refresh_from_db()
        assert member.group_id is None
        undoing.undo(act_id=act, actor=ada, now=NOW)
        member.refresh_from_db()
        assert member.group_id == group.id


class TestSplit:
    def split(self, source, actor, members=(), children=(), decision=REPLY, **sheet):
        wanted = Sheet(**{"name": "新支部", "short_name": "新", "kind": Kind.BRANCH} | sheet)
        return splitting.split(
            source=source, sheet=wanted, members=[one.id for one in members],
            children=[one.id for one in children], decision=decision, actor=actor, now=NOW,
        )  # fmt: skip

    @pytest.fixture
    def crowd(self, tree):
        return store(*(new_member(tree.l1) for _ in range(7)))

    def test_founds_a_branch_beside_with_the_chosen(self, tree, ada, crowd):
        made, _ = self.split(tree.l1, ada, crowd[:3], decision=decided())
        assert (made.parent_id, made.can_hold_members) == (tree.left.id, True)
        assert Member.objects.filter(org=made, org_path=made.path).count() == 3
        assert Member.objects.filter(org=tree.l1).count() == 4
        kinds = sorted(Turn.objects.values_list("kind", flat=True))
        assert kinds == ["FOUNDED", "PARTED"]

    def test_takes_a_group_with_its_members_and_others_out_of_theirs(self, tree, ada, crowd):
        stays, goes = group_of(tree.l1, "甲组"), group_of(tree.l1, "乙组")
        Member.objects.filter(pk=crowd[0].pk).update(group_id=stays.id)
        Member.objects.filter(pk=crowd[1].pk).update(group_id=goes.id)
        made, _ = self.split(tree.l1, ada, crowd[:3], [goes])
        groups = dict(Member.objects.filter(org=made).values_list("id", "group_id"))
        assert groups == {crowd[0].id: None, crowd[1].id: goes.id, crowd[2].id: None}
        assert again(goes).parent_id == made.id

    def test_parts_branches_of_a_general_branch(self, tree, ada):
        made, _ = self.split(tree.left, ada, children=[tree.l2], kind=Kind.GENERAL_BRANCH)
        assert again(tree.l2).parent_id == made.id

    @pytest.mark.parametrize("count", [2, 5])
    def test_refuses_a_branch_below_three_on_either_side(self, tree, ada, crowd, count):
        with pytest.raises(TooFewFullMembers):
            self.split(tree.l1, ada, crowd[:count], decision=decided())
        made, _ = self.split(tree.l1, ada, crowd[:count], decision=REPLY)
        assert Member.objects.filter(org=made).count() == count

    def test_a_joint_branch_may_be_smaller(self, tree, ada, crowd):
        self.split(tree.l1, ada, crowd[:2], decision=decided(), kind=Kind.JOINT_BRANCH)

    def test_refuses_nothing_strangers_and_the_root(self, tree, ada, crowd):
        with pytest.raises(splitting.NothingChosen):
            self.split(tree.l1, ada)
        with pytest.raises(splitting.ChosenNotThere):
            self.split(tree.l1, ada, [make_member(tree.r1)])
        with pytest.raises(splitting.ChosenNotThere):
            self.split(tree.left, ada, children=[tree.r1], kind=Kind.GENERAL_BRANCH)
        with pytest.raises(RootStays):
            self.split(tree.root, ada, children=[tree.left], kind=Kind.COMMITTEE)

    def test_gives_no_formal_relation_to_a_temporary_branch(self, tree, ada, crowd):
        with pytest.raises(HoldsNoMembers):
            self.split(
                tree.l1, ada, crowd[:3], kind=Kind.TEMP_BRANCH, appointed_secretary="林远",
                temporary_until=TODAY + dt.timedelta(days=90),
            )  # fmt: skip


class TestRetype:
    def retype(self, org, kind, actor, branch="", decision=REPLY):
        return retyping.retype(
            organization=org, kind=kind, branch=branch, decision=decision, actor=actor, now=NOW
        )

    def test_a_branch_raised_gives_its_members_to_a_branch_below(self, tree, ada):
        group = group_of(tree.alone)
        store(*(new_member(tree.alone) for _ in range(4)))
        self.retype(tree.alone, Kind.GENERAL_BRANCH, ada, branch="中共alone第一支部")
        alone = again(tree.alone)
        made = Organization.objects.get(name="中共alone第一支部")
        assert (alone.kind, made.parent_id) == (Kind.GENERAL_BRANCH, alone.id)
        assert Member.objects.filter(org=made).count() == 4
        assert again(group).parent_id == made.id
        assert paths_agree()

    def test_asks_where_the_members_go(self, tree, ada):
        make_member(tree.alone)
        with pytest.raises(retyping.BranchNeeded):
            self.retype(tree.alone, Kind.GENERAL_BRANCH, ada)

    def test_a_general_branch_lowered_takes_its_branches_in(self, tree, ada):
        store(*(new_member(org) for org in (tree.l1, tree.l1, tree.l2)))
        self.retype(tree.left, Kind.BRANCH, ada, decision=decided())
        assert again(tree.left).kind == Kind.BRANCH
        assert {again(tree.l1).ended_on, again(tree.l2).ended_on} == {TODAY}
        assert Member.objects.filter(org=tree.left, org_path=tree.left.path).count() == 3

    def test_refuses_a_branch_of_fewer_than_three(self, tree, ada):
        make_member(tree.l1)
        with pytest.raises(TooFewFullMembers):
            self.retype(tree.left, Kind.BRANCH, ada, decision=decided())

    def test_raises_to_a_committee_and_lowers_when_the_children_fit(self, tree, ada):
        self.retype(tree.left, Kind.COMMITTEE, ada)
        self.retype(again(tree.left), Kind.GENERAL_BRANCH, ada)
        with pytest.raises(KindDoesNotFit):
            self.retype(tree.root, Kind.GENERAL_BRANCH, ada)

    @pytest.mark.parametrize("kind", [Kind.GENERAL_BRANCH, Kind.TEMP_BRANCH, Kind.GROUP])
    def test_refuses_types_that_are_not_raised_to(self, tree, ada, kind):
        with pytest.raises(retyping.NotConvertible):
            self.retype(tree.left, kind, ada)

    def test_warns_about_unusual_sizes(self, tree):
        codes = [w.code for w in previews.of_retyping(tree.left, Kind.COMMITTEE).warnings]
        assert codes == ["unusual_rank"]
