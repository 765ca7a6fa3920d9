"""Hanging a sub-tree elsewhere, with everything that lies in it."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.errors import DomainError
from kernel.models import uuid7
from kernel.unit import unit_context
from tenant_apps.access.models import Grant
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import Change, ChangeKind, Member
from tenant_apps.organizations.models import LABEL_WIDTH, MAX_DEPTH, Kind, Organization, Turn
from tenant_apps.organizations.selectors import previews
from tenant_apps.organizations.services import moving, placement
from tenant_apps.organizations.services.labels import TreeTooDeep
from tenant_apps.organizations.services.refusals import (
    AlreadyThere,
    KindDoesNotFit,
    NameTaken,
    OwnDescendant,
    RootStays,
)
from tenant_apps.organizations.services.turns import DayNotPossible, ReasonNeeded
from tests.factories.members import make_member
from tests.factories.organizations import NOW, TODAY, admin, decided, new, plant, small_tree


def move(org, parent, decision=None):
    return moving.move(
        organization=org, parent=parent, decision=decision or decided(), actor=admin(), now=NOW
    )


@pytest.fixture
def tree(alpha):
    """small_tree with a second committee that can take general branches."""
    found = small_tree()
    planted = plant(new("root", Kind.COMMITTEE, None), new("other", Kind.COMMITTEE))
    found.other = Organization.objects.get(pk=planted["other"].id)
    return found


def again(org):
    return Organization.objects.get(pk=org.pk)


class TestMove:
    def test_takes_sub_tree_members_changes_and_grants_along(self, tree):
        member = make_member(tree.l1)
        change = Change.objects.create(
            member=member, kind=ChangeKind.ADMITTED, happened_on=TODAY, org_id=tree.l1.id,
            org_path=tree.l1.path, category="FULL", recorded_at=NOW,
        )  # fmt: skip
        Grant.objects.create(
            person_id=tree.l1.id, person_name="本", role="secretary", scope=tree.l1.path,
            granted_at=NOW,
        )  # fmt: skip
        before = previews.of_move(tree.left, tree.other)
        move(tree.left, tree.other)
        left, l1 = again(tree.left), again(tree.l1)
        assert (before.organizations, before.members, before.following) == (3, 1, ["本（书记）"])
        assert left.path.startswith(tree.other.path)
        assert (l1.parent_path, l1.depth) == (left.path, 4)
        for row in (member, change):
            row.refresh_from_db()
            assert row.org_path == l1.path
        assert Grant.objects.get().scope == l1.path

    def test_leaves_what_lies_beside_alone(self, tree):
        beside = make_member(tree.r1)
        move(tree.left, tree.other)
        beside.refresh_from_db()
        assert beside.org_path == tree.r1.path

    def test_tells_whose_sight_changes(self, tree):
        for name, place in (("旧", tree.left), ("新", tree.right)):
            Grant.objects.create(
                person_id=uuid7(), person_name=name, role="unit_admin", scope=place.path,
                granted_at=NOW,
            )  # fmt: skip
        told = previews.of_move(tree.l1, tree.right)
        assert (told.losing, told.gaining) == (["旧（单位管理员）"], ["新（单位管理员）"])

    def test_is_one_statement_per_table(self, tree, django_assert_max_num_queries):
        with django_assert_max_num_queries(35):
            move(tree.left, tree.other)

    @pytest.mark.parametrize(
        ("org", "parent", "error"),
        [
            ("root", "left", RootStays),
            ("left", "left", OwnDescendant),
            ("left", "l1", OwnDescendant),
            ("l1", "left", AlreadyThere),
            ("l1", "r1", KindDoesNotFit),
            ("left", "right", KindDoesNotFit),
        ],
    )
    def test_refuses_what_would_break_the_tree(self, tree, org, parent, error):
        with pytest.raises(error):
            move(getattr(tree, org), getattr(tree, parent))

    def test_refuses_a_name_that_is_taken_there(self, tree):
        Organization.objects.filter(pk=tree.r1.pk).update(name=tree.l1.name)
        with pytest.raises(NameTaken):
            move(tree.l1, tree.right)
        assert again(tree.l1).path == tree.l1.path
        assert not Turn.objects.exists()

    def test_refuses_a_tree_that_would_be_too_deep(self, tree):
        plant(new("root", Kind.COMMITTEE, None), *(
            new(f"k{level}", Kind.COMMITTEE, f"k{level - 1}" if level else "root")
            for level in range(MAX_DEPTH - 2)
        ))  # fmt: skip
        deepest = Organization.objects.get(name=f"中共k{MAX_DEPTH - 3}")
        with pytest.raises(TreeTooDeep):
            move(tree.left, deepest)

    @pytest.mark.parametrize(
        ("decision", "error"),
        [
            (decided(reason=" "), ReasonNeeded),
            (decided(on=TODAY + dt.timedelta(days=1)), DayNotPossible),
        ],
    )
    def test_refuses_a_decision_that_is_none(self, tree, decision, error):
        with pytest.raises(error):
            move(tree.l1, tree.right, decision)

    def test_refuses_a_day_before_the_last_change_or_the_founding(self, tree):
        move(tree.l1, tree.right, decided(on=TODAY - dt.timedelta(days=5)))
        with pytest.raises(DayNotPossible):
            move(again(tree.l1), tree.left, decided(on=TODAY - dt.timedelta(days=6)))
        Organization.objects.filter(pk=tree.l2.pk).update(founded_on=TODAY)
        with pytest.raises(DayNotPossible):
            move(tree.l2, tree.right, decided(on=TODAY - dt.timedelta(days=1)))

    def test_is_recorded_with_both_parents_and_document(self, tree):
        move(tree.l1, tree.right, decided(document="8 号"))
        data = audit.events_about(tree.l1.id).get().data
        assert (data["old_parent"], data["new_parent"]) == (str(tree.left.id), str(tree.right.id))
        turn = Turn.objects.get()
        assert (turn.reason, turn.document) == ("机构改革", "8 号")
        assert turn.before["parent"] == str(tree.left.id)

    def test_is_invisible_to_beta(self, tree, beta):
        move(tree.l1, tree.right)
        with unit_context(beta.id):
            assert not Turn.objects.exists()


class TestPlacement:
    def test_counts_followers_once_per_row(self, tree):
        make_member(tree.l1)
        make_member(tree.l2)
        Organization.objects.filter(pk=tree.l1.pk).update(path="00010099")
        assert placement.follow([tree.l1.pk, tree.l2.pk]) == 1
        assert Member.objects.get(org=tree.l1).org_path == "00010099"
        assert placement.follow([tree.l1.pk]) == 0


@given(moves=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=6))
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
