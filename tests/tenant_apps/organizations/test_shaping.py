"""Changing the tree by hand."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.errors import DomainError
from tenant_apps.access.models import Grant
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import Member
from tenant_apps.organizations.models import LABEL_WIDTH, Kind, Organization
from tenant_apps.organizations.services import shaping
from tenant_apps.organizations.services.shaping import Sheet
from tests.factories.members import make_member
from tests.factories.organizations import NOW, admin, small_tree


def sheet(name: str = "新支部", kind: str = Kind.BRANCH, **fields) -> Sheet:
    return Sheet(name=name, short_name=name, kind=kind, **fields)


def move(org, parent):
    return shaping.move(organization=org, parent=parent, actor=admin(), now=NOW)


@pytest.fixture
def tree(alpha):
    return small_tree()


class TestCreate:
    def test_hangs_it_last_below_its_parent_and_records_it(self, tree):
        made = shaping.create(parent=tree.left, sheet=sheet(), actor=admin(), now=NOW)
        assert made.path == tree.left.path + "0003"
        event = audit.events_about(made.id).get()
        assert (event.code, event.actor_name) == ("organization.created", "艾达")

    @pytest.mark.parametrize(
        ("name", "code", "error"),
        [("中共l1", "", "organization_name_taken"), ("别名", "C9", "organization_code_taken")],
    )
    def test_refuses_a_name_or_code_that_is_taken(self, tree, name, code, error):
        Organization.objects.filter(pk=tree.right.pk).update(code="C9")
        with pytest.raises(DomainError) as refusal:
            shaping.create(parent=tree.left, sheet=sheet(name, code=code), actor=admin(), now=NOW)
        assert refusal.value.code == error

    def test_refuses_anything_but_groups_below_a_branch(self, tree):
        with pytest.raises(shaping.KindDoesNotFit):
            shaping.create(parent=tree.l1, sheet=sheet(), actor=admin(), now=NOW)
        group = shaping.create(
            parent=tree.l1, sheet=sheet("第一党小组", Kind.GROUP), actor=admin(), now=NOW
        )
        assert group.depth == 4


class TestRevise:
    def test_keeps_old_and_new_values(self, tree):
        wanted = sheet("改名支部", term_ends_on=dt.date(2027, 1, 1))
        shaping.revise(organization=tree.l1, sheet=wanted, actor=admin(), now=NOW)
        changes = audit.events_about(tree.l1.id).get().data["changes"]
        assert changes["name"] == ["中共l1", "改名支部"]
        assert changes["term_ends_on"] == [None, "2027-01-01"]
        assert Organization.objects.get(pk=tree.l1.pk).name_initials == "gmzb"

    def test_records_nothing_when_nothing_changed(self, tree):
        same = Sheet(tree.l1.name, tree.l1.short_name, tree.l1.kind)
        shaping.revise(organization=tree.l1, sheet=same, actor=admin(), now=NOW)
        assert not audit.events_about(tree.l1.id).exists()

    def test_refuses_to_make_a_branch_of_what_has_branches_below(self, tree):
        with pytest.raises(shaping.KindDoesNotFit):
            shaping.revise(organization=tree.left, sheet=sheet("left"), actor=admin(), now=NOW)


class TestMove:
    def test_takes_sub_tree_members_and_grants_along(self, tree):
        member = make_member(tree.l1)
        Grant.objects.create(
            person_id=tree.l1.id,
            person_name="本",
            role="secretary",
            scope=tree.l1.path,
            granted_at=NOW,
        )
        before = shaping.preview_move(organization=tree.left)
        move(tree.left, tree.right)
        left = Organization.objects.get(pk=tree.left.pk)
        l1 = Organization.objects.get(pk=tree.l1.pk)
        assert (before.organizations, before.members) == (3, 1)
        assert left.path.startswith(tree.right.path)
        assert (l1.parent_path, l1.depth) == (left.path, 4)
        assert Member.objects.get(pk=member.pk).org_path == l1.path
        assert Grant.objects.get().scope == l1.path

    def test_back_to_the_old_parent_undoes_it(self, tree):
        came_from = move(tree.l1, tree.right)
        move(tree.l1, Organization.objects.get(pk=came_from))
        assert Organization.objects.get(pk=tree.l1.pk).parent_id == tree.left.id

    @pytest.mark.parametrize(
        ("org", "parent", "error"),
        [
            ("root", "left", shaping.RootStays),
            ("left", "left", shaping.OwnDescendant),
            ("left", "l1", shaping.OwnDescendant),
            ("l1", "left", shaping.AlreadyThere),
            ("l1", "r1", shaping.KindDoesNotFit),
        ],
    )
    def test_refuses_what_would_break_the_tree(self, tree, org, parent, error):
        with pytest.raises(error):
            move(getattr(tree, org), getattr(tree, parent))

    def test_refuses_a_name_that_is_taken_there(self, tree):
        Organization.objects.filter(pk=tree.r1.pk).update(name=tree.l1.name)
        with pytest.raises(shaping.NameTaken):
            move(tree.l1, tree.right)
        assert Organization.objects.get(pk=tree.l1.pk).path == tree.l1.path

    def test_is_recorded_with_both_parents(self, tree):
        move(tree.l1, tree.right)
        data = audit.events_about(tree.l1.id).get().data
        assert (data["old_parent"], data["new_parent"]) == (str(tree.left.id), str(tree.right.id))


@given(moves=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=6))
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_moves_leave_a_tree(tree, moves):
    ids = list(Organization.objects.order_by("created_at", "id").values_list("id", flat=True))
    for org_id, parent_id in ((ids[a], ids[b]) for a, b in moves):
        try:
            move(Organization.objects.get(pk=org_id), Organization.objects.get(pk=parent_id))
        except DomainError:
            continue
    rows = {org.id: org for org in Organization.objects.all()}
    assert len({org.path for org in rows.values()}) == len(rows)
    for org in rows.values():
        assert len(org.path) == org.depth * LABEL_WIDTH
        assert (org.parent_path == rows[org.parent_id].path) if org.parent_id else org.depth == 1
