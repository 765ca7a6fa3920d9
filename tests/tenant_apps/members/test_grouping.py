"""Party groups: who is in which, who leads, and the own branch on the phone."""

import pytest

from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.elections.models import Post
from tenant_apps.members.models import Member
from tenant_apps.members.selectors.grouping import grouping_of, leaders_of
from tenant_apps.members.services import grouping
from tenant_apps.organizations.models import Kind, Organization
from tenant_apps.organizations.services import founding, merging, splitting, undoing
from tenant_apps.organizations.services.sheets import Sheet
from tests import cast
from tests.conftest import FacingClient
from tests.factories.members import make_member
from tests.factories.organizations import NOW, admin, decided, small_tree
from tests.tenant_apps.organizations.test_pages import send, text_of, undo_of

REPLY = decided(document="徐水党组〔2026〕9 号")


@pytest.fixture
def tree(alpha):
    made = small_tree()
    made.one, made.two = (
        founding.create(parent=made.l1, sheet=Sheet(name, name, Kind.GROUP), actor=admin(), now=NOW)
        for name in ("第一党小组", "第二党小组")
    )
    made.zeng, made.qian = make_member(made.l1, "曾国强"), make_member(made.l1, "钱书")
    return made


@pytest.fixture
def ada(tree):
    return admin()


@pytest.fixture
def desk(alpha, tree):
    return cast.officer(FacingClient(), alpha)


def groups():
    return dict(Member.objects.values_list("name", "group_id"))


def put(tree, actor, *members, group="one", branch="l1"):
    return grouping.assign(
        branch=getattr(tree, branch), group_id=getattr(tree, group).pk if group else None,
        members=[one.pk for one in members], actor=actor, now=NOW,
    )  # fmt: skip


def lead(tree, actor, member, group="one"):
    grouping.name_leader(
        group=getattr(tree, group), member_id=member.pk if member else None, actor=actor, now=NOW
    )


class TestParted:
    """A split parts a group, or its leader, from the branch (rulebook 1.1)."""

    def split(self, tree, ada, members, children):
        return splitting.split(
            source=tree.l1, sheet=Sheet("新支部", "新", Kind.BRANCH),
            members=[one.pk for one in members], children=[one.pk for one in children],
            decision=REPLY, actor=ada, now=NOW,
        )  # fmt: skip

    def test_who_goes_along_leads_anew_and_as_before_once_it_is_called_off(self, tree, ada):
        put(tree, ada, tree.zeng)
        lead(tree, ada, tree.zeng)
        (old,) = Post.objects.values_list("pk", flat=True)
        made, act = self.split(tree, ada, [tree.zeng], [tree.one])
        ended, begun = Post.objects.order_by("pk")
        assert (ended.pk, ended.ended_on, ended.end_reason) == (
            old, REPLY.on, "党支部拆分，重新确定党小组组长",
        )  # fmt: skip
        assert (begun.member_id, begun.org_id, begun.ended_on, begun.document) == (
            tree.zeng.pk, tree.one.pk, None, REPLY.document,
        )  # fmt: skip
        assert begun.org_path.startswith(made.path) and begun.began_on == REPLY.on
        assert audit.events_about(begun.pk).get().code == "post.appointed"
        undoing.undo(act_id=act, actor=ada, now=NOW)
        ended, begun = Post.objects.order_by("pk")
        assert (ended.ended_on, begun.ended_on, begun.end_reason) == (
            None, begun.began_on, "撤回党支部拆分",
        )  # fmt: skip
        assert leaders_of([tree.one.pk]) == {tree.one.pk: tree.zeng.pk}
        assert Member.objects.get(pk=tree.zeng.pk).posts.count("组长") == 1

    @pytest.mark.parametrize("goes", ["group", "leader"])
    def test_who_is_parted_from_the_group_leads_it_no_more(self, tree, ada, goes):
        put(tree, ada, tree.zeng)
        lead(tree, ada, tree.zeng)
        is_group = goes == "group"
        _, act = self.split(
            tree, ada, [tree.qian if is_group else tree.zeng], [tree.one] if is_group else []
        )
        assert leaders_of([tree.one.pk]) == {}
        assert Member.objects.get(pk=tree.zeng.pk).posts == ""
        undoing.undo(act_id=act, actor=ada, now=NOW)
        assert leaders_of([tree.one.pk]) == {tree.one.pk: tree.zeng.pk}

    def test_who_stays_with_the_group_goes_on(self, tree, ada):
        put(tree, ada, tree.zeng)
        lead(tree, ada, tree.zeng)
        self.split(tree, ada, [tree.qian], [tree.two])
        assert leaders_of([tree.one.pk]) == {tree.one.pk: tree.zeng.pk}
        assert Post.objects.count() == 1


class TestAssign:
    def test_puts_into_a_group_records_it_and_takes_it_back(self, tree, ada):
        act, count = put(tree, ada, tree.zeng, tree.qian)
        assert count == 2 and set(groups().values()) == {tree.one.pk}
        told = audit.events_about(tree.zeng.pk).filter(code="member.grouped").get().data
        assert (told["old_org_name"], told["new_org_name"]) == ("未编组", "第一党小组")
        assert grouping.assign_back(act_id=act, actor=ada, now=NOW) == 2
        assert set(groups().values()) == {None}
        with pytest.raises(grouping.NothingToUngroup):
            grouping.assign_back(act_id=act, actor=ada, now=NOW)

    def test_refuses_what_cannot_be(self, tree, ada):
        with pytest.raises(grouping.NotAGroupHere):
            put(tree, ada, tree.zeng, group="l2")
        with pytest.raises(grouping.NotOfBranch):
            put(tree, ada, make_member(tree.l2, "外人"))
        act, _ = put(tree, ada, tree.zeng)
        with pytest.raises(grouping.NobodyToGroup):
            put(tree, ada, tree.zeng)
        with pytest.raises(grouping.GroupingUnknown):
            grouping.assign_back(act_id=act, actor=admin(), now=NOW)

    def test_who_leaves_a_group_leads_it_no_more_until_that_is_undone(self, tree, ada):
        put(tree, ada, tree.zeng, tree.qian)
        lead(tree, ada, tree.zeng)
        assert Member.objects.get(pk=tree.zeng.pk).posts == "第一党小组组长"
        act, _ = put(tree, ada, tree.zeng, group="two")
        assert leaders_of([tree.one.pk, tree.two.pk]) == {}
        assert Member.objects.get(pk=tree.zeng.pk).posts == ""
        grouping.assign_back(act_id=act, actor=ada, now=NOW)
        assert leaders_of([tree.one.pk]) == {tree.one.pk: tree.zeng.pk}


class TestLeader:
    def test_is_one_full_member_of_the_group(self, tree, ada):
        put(tree, ada, tree.zeng, tree.qian)
        lead(tree, ada, tree.zeng)
        lead(tree, ada, tree.qian)
        found = grouping_of(tree.l1.pk)
        assert [one.name for one in found.groups[0].members if one.is_leader] == ["钱书"]
        assert Post.objects.filter(code="31").count() == 2
        lead(tree, ada, None)
        assert leaders_of([tree.one.pk]) == {}
        young = make_member(tree.l1, "赵新", category="PROBATIONARY", full_on=None)
        put(tree, ada, young)
        for wrong, group in ((young, "one"), (tree.zeng, "two")):
            with pytest.raises(grouping.LeaderDoesNotFit):
                lead(tree, ada, wrong, group)
        with pytest.raises(grouping.NotOfBranch):
            lead(tree, ada, make_member(tree.l2, "外人"))
        with pytest.raises(grouping.NotAGroupHere):
            lead(tree, ada, tree.zeng, "l1")

    def test_ends_with_the_group_and_comes_back_with_it(self, tree, ada):
        put(tree, ada, tree.zeng)
        lead(tree, ada, tree.zeng)
        act = merging.dissolve(
            organization=tree.one, into=None, decision=decided(), actor=ada, now=NOW
        )
        assert Post.objects.get().ended_on is not None
        assert Member.objects.get(pk=tree.zeng.pk).posts == ""
        undoing.undo(act_id=act, actor=ada, now=NOW)
        assert Post.objects.get().ended_on is None
        assert Member.objects.get(pk=tree.zeng.pk).posts == "第一党小组组长"


class TestPages:
    def test_choose_put_lead_and_undo(self, desk, tree):
        address = f"/members/groups/{tree.l1.id}/"
        assert "未编组 2 人" in text_of(desk.get(address))
        done = desk.post(address, {"id": [tree.zeng.id, tree.qian.id], "to": tree.one.id})
        desk.post(f"/members/groups/{tree.one.id}/leader/", {"id": tree.zeng.id})
        assert "第一党小组（组长）" in text_of(desk.get(address))
        assert "组长 曾国强 · 2 人" in text_of(desk.get(f"/organizations/{tree.l1.id}/"))
        assert desk.post(undo_of(done)).status_code == 302
        assert set(groups().values()) == {None}
        wrong = desk.post(address, {"id": tree.zeng.id, "to": "nonsense"})
        assert wrong.status_code == 422 and "可能已撤销" in text_of(wrong)
        assert desk.get(f"/members/groups/{tree.left.id}/").status_code == 404

    def test_api_does_the_same(self, desk, tree):
        base = "/api/v1/members/group"
        wanted = {"group_id": str(tree.one.id), "members": [str(tree.zeng.id)]}
        done = send(desk, "post", f"{base}s/{tree.l1.id}/", wanted).json()
        assert done["count"] == 1
        led = {"member_id": str(tree.zeng.id)}
        assert send(desk, "post", f"{base}s/{tree.one.id}/leader/", led).json() == led
        told = desk.get(f"{base}s/{tree.l1.id}/").json()
        assert told["groups"][0]["members"] == [
            {"id": str(tree.zeng.id), "name": "曾国强", "is_full": True, "is_leader": True}
        ]
        undone = send(desk, "post", f"{base}ings/{done['act']}/undo/", {})
        assert undone.json() == {"count": 1}

    def test_are_for_the_branch_and_above_only(self, alpha, tree, beta):
        address = f"/members/groups/{tree.l1.id}/"
        own, other, keeper = FacingClient(), FacingClient(), FacingClient()
        cast.officer(own, alpha, role="secretary", scope=tree.l1.path, name="己")
        cast.officer(other, alpha, role="secretary", scope=tree.right.path, name="右")
        cast.officer(keeper, alpha, role="treasurer", name="账")
        assert own.get(address).status_code == 200
        assert other.get(address).status_code == 404
        assert keeper.get(address).status_code == 403
        with unit_context(beta.id):
            assert not Organization.objects.filter(pk=tree.one.pk).exists()

    def test_a_member_sees_the_own_branch_by_name_only(self, alpha, tree, ada):
        put(tree, ada, tree.zeng, tree.qian)
        lead(tree, ada, tree.qian)
        make_member(tree.l2, "邻支部的人")
        phone = FacingClient()
        cast.member(phone, alpha, tree.zeng.id)
        page = text_of(phone.get("/m/me/branch/"))
        assert "曾国强（我）" in page and "钱书" in page and "第一党小组" in page
        assert "邻支部的人" not in page
        assert tree.qian.phone_masked not in page and str(tree.qian.id) not in page
        assert "班子成员" in page, "who leads a group is not of the board"
        assert "/m/me/branch/" in text_of(phone.get("/m/me/"))
