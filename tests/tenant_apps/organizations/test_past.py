"""The tree as it was on a day, how an organisation came to be, and its drawing."""

import datetime as dt
from contextlib import suppress

import pytest
from django.db.models import Max
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.errors import DomainError
from tenant_apps.organizations import selectors
from tenant_apps.organizations.models import Kind, Organization, Turn
from tenant_apps.organizations.selectors import chart, graph, past, timeline
from tenant_apps.organizations.services import founding, merging, moving, revising, undoing
from tenant_apps.organizations.services.sheets import Sheet, sheet_of
from tests.factories.members import make_member
from tests.factories.organizations import (
    NOW,
    TODAY,
    admin,
    decided,
    new,
    plant,
    small_tree,
    somebody,
)

JUNE, JULY, AUGUST = (dt.date(2026, month, 1) for month in (6, 7, 8))


@pytest.fixture
def tree(alpha):
    return small_tree()


def again(org):
    return Organization.objects.get(pk=org.pk)


def drawn(day, actor=None, below=None):
    """The whole tree of a day as nested names."""
    level = past.level_on(actor or admin(), day, below=below)
    return {node.label: drawn(day, actor, node.id) for node in level}


def merge(source, target, on=TODAY, actor=None):
    return merging.merge(
        source=again(source), target=again(target), decision=decided(on), actor=actor or admin(),
        now=NOW,
    )  # fmt: skip


def move(org, parent, on=TODAY):
    return moving.move(
        organization=again(org), parent=again(parent), decision=decided(on), actor=admin(), now=NOW
    )


class TestLevelOn:
    def test_is_todays_tree_where_nothing_happened(self, tree):
        assert drawn(JUNE) == drawn(TODAY)
        assert drawn(TODAY) == {
            "root": {"left": {"l1": {}, "l2": {}}, "right": {"r1": {}}, "alone": {}}
        }

    def test_takes_back_what_was_decided_later(self, tree):
        move(tree.l1, tree.right, JUNE)
        merge(tree.l1, tree.r1, JULY)
        merge(tree.left, tree.right, AUGUST)
        before = {"root": {"left": {"l1": {}, "l2": {}}, "right": {"r1": {}}, "alone": {}}}
        assert drawn(JUNE - dt.timedelta(days=1)) == before
        assert drawn(JUNE)["root"]["right"] == {"r1": {}, "l1": {}}
        assert drawn(JULY)["root"] == {"left": {"l2": {}}, "right": {"r1": {}}, "alone": {}}
        assert drawn(AUGUST)["root"] == {"right": {"r1": {}, "l2": {}}, "alone": {}}

    def test_shows_the_name_of_the_time_and_not_what_was_founded_later(self, tree):
        revising.revise(
            organization=tree.alone, sheet=Sheet("独立支部", "独立", Kind.BRANCH), on=JULY,
            document="9 号", actor=admin(), now=NOW,
        )  # fmt: skip
        founding.create(
            parent=tree.left, sheet=Sheet("新", "新", Kind.JOINT_BRANCH, founded_on=AUGUST),
            actor=admin(), now=NOW,
        )  # fmt: skip
        assert "alone" in drawn(JUNE)["root"]
        assert "独立" in drawn(JULY)["root"]
        assert "新" not in drawn(JULY)["root"]["left"]
        assert "新" in drawn(AUGUST)["root"]["left"]

    def test_names_a_group_after_its_branch_even_when_it_has_ended(self, tree):
        made = founding.create(
            parent=tree.l1, sheet=Sheet("第一党小组", "第一党小组", Kind.GROUP, founded_on=AUGUST),
            actor=admin(), now=NOW,
        )  # fmt: skip

        def told():
            turns = past.turns_between(admin(), JULY, AUGUST, most=9)
            return [entry.organization for entry in timeline.entries_of(turns)]

        assert told() == ["l1第一党小组"]
        Organization.objects.filter(pk=made.pk).update(ended_on=AUGUST, parent=None)
        assert told() == ["l1第一党小组"]

    def test_leaves_out_imported_ones_before_their_founding(self, tree):
        Organization.objects.filter(pk=tree.alone.pk).update(founded_on=JULY)
        assert "alone" not in drawn(JUNE)["root"]

    def test_forgets_what_was_called_off(self, tree):
        ada = admin()
        act = merge(tree.l1, tree.r1, JULY, ada)
        undoing.undo(act_id=act, actor=ada, now=NOW)
        for day in (JUNE, JULY, TODAY):
            assert drawn(day)["root"]["left"] == {"l1": {}, "l2": {}}

    def test_says_what_has_ended_and_what_can_be_opened(self, tree):
        merge(tree.left, tree.right, JULY)
        (root,) = past.level_on(admin(), JUNE, below=None)
        left, right, alone = past.level_on(admin(), JUNE, below=root.id)
        assert [one.has_ended for one in (left, right, alone)] == [True, False, False]
        assert [one.has_children for one in (left, right, alone)] == [True, True, False]

    def test_shows_only_the_own_sub_trees(self, tree):
        move(tree.l1, tree.right, JULY)
        secretary = somebody(("secretary", tree.right.path))
        assert drawn(TODAY, secretary) == {"right": {"r1": {}, "l1": {}}}
        assert drawn(JUNE, secretary) == {"right": {"r1": {}}}


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["move", "merge"]), st.integers(0, 6), st.integers(0, 6)),
        max_size=5,
    )
)
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_day_is_as_it_was_seen_then(tree, steps):
    """What the tree looked like after each step is what is told of that day later."""
    ids = list(Organization.objects.order_by("created_at", "id").values_list("id", flat=True)[:7])
    last_day = Turn.objects.aggregate(day=Max("happened_on"))["day"]  # of the example before
    seen, day = {}, last_day or TODAY - dt.timedelta(days=200)
    for act, one, other in steps:
        last = Organization.objects.filter(pk__in=ids).in_bulk()
        day += dt.timedelta(days=1)
        with suppress(DomainError):
            (move if act == "move" else merge)(last[ids[one]], last[ids[other]], day)
        seen[day] = drawn(TODAY)
    for then, picture in seen.items():
        assert drawn(then) == picture


class TestGraph:
    def test_has_a_lane_for_each_that_it_came_from(self, tree):
        Organization.objects.update(founded_on=dt.date(2010, 1, 1))
        merge(tree.l1, tree.l2, JUNE)
        move(tree.l2, tree.right, JULY)
        merge(tree.l2, tree.r1, AUGUST)
        found = graph.graph_of(again(tree.r1), today=TODAY)
        lanes = {lane.label: lane for lane in found.lanes}
        assert set(lanes) == {"l1", "l2", "r1"}
        assert lanes["l1"].end < lanes["l2"].end < lanes["r1"].end
        assert [lanes[name].has_ended for name in ("l1", "l2", "r1")] == [True, True, False]
        assert len(found.links) == 2
        assert [mark.text for mark in lanes["l2"].marks] == ["调整隶属", "合并"]
        assert found.ticks[0][0] == 2011

    def test_puts_words_that_would_cover_each_other_below_the_line(self, tree):
        Organization.objects.update(founded_on=dt.date(1990, 1, 1))
        move(tree.l1, tree.right, JUNE)
        move(again(tree.l1), again(tree.left), JULY)
        (lane,) = graph.graph_of(again(tree.l1), today=TODAY).lanes
        assert [(mark.text, mark.is_below) for mark in lane.marks] == [
            ("调整隶属", False), ("调整隶属", True),
        ]  # fmt: skip
        assert len({mark.words_y for mark in lane.marks}) == 2

    def test_of_one_without_history_is_one_lane(self, tree):
        found = graph.graph_of(tree.l1, today=TODAY)
        assert ([lane.label for lane in found.lanes], found.links) == (["l1"], [])

    def test_tells_the_same_in_words(self, tree):
        make_member(tree.l1)
        merge(tree.l1, tree.l2, JUNE)
        found = graph.graph_of(again(tree.l2), today=TODAY)
        texts = {entry.organization: entry.text for entry in timeline.entries_of(found.turns)}
        assert texts == {"l1": "并入「l2」", "l2": "「l1」并入，转来党员 1 名"}


class TestChart:
    def test_puts_every_organisation_in_its_own_place(self, tree):
        found = chart.chart_of(tree.root)
        places = {(box.x, box.y) for box in found.boxes}
        assert len(places) == len(found.boxes) == 7
        assert (found.levels, found.depth) == (3, 3)
        assert len(found.lines) == 6
        for box in found.boxes:
            assert 0 <= box.x <= found.width - chart.BOX_WIDTH
            assert 0 <= box.y <= found.height - chart.BOX_HEIGHT

    def test_says_what_deeper_levels_hold(self, tree):
        found = chart.chart_of(tree.root, levels=2)
        hidden = {box.label: box.hidden for box in found.boxes}
        assert hidden == {"root": 0, "left": 2, "right": 1, "alone": 0}
        assert (found.levels, found.depth) == (2, 3)

    def test_draws_as_many_levels_as_there_is_room_for(self, alpha):
        plant(
            new("root", Kind.COMMITTEE, None), new("gb", Kind.GENERAL_BRANCH),
            *(new(f"b{n}", parent="gb") for n in range(chart.MOST_BOXES)),
        )  # fmt: skip
        found = chart.chart_of(Organization.objects.get(depth=1))
        assert (found.levels, found.depth, len(found.boxes)) == (2, 3, 2)
        assert found.boxes[1].hidden == chart.MOST_BOXES


def test_a_sheet_is_as_it_was_written(tree):
    assert sheet_of(tree.l1) == Sheet("中共l1", "l1", Kind.BRANCH)


class TestList:
    def test_filters_by_type_place_and_initials(self, tree):
        Organization.objects.filter(pk=tree.l1.pk).update(
            region="徐州市云龙区", name_initials="dysc"
        )
        ids = {tree.l1.id}
        for given_ in ({"region": "云龙"}, {"text": "ysc"}):
            assert {org.id for org in selectors.listed(admin(), **given_)} == ids
        assert selectors.listed(admin(), kind=Kind.GENERAL_BRANCH).count() == 2

    def test_costs_two_statements_a_page(self, tree, django_assert_max_num_queries):
        orgs = list(selectors.listed(admin()))
        with django_assert_max_num_queries(3):
            rows = selectors.rows_of(orgs)
        assert len(rows) == 7
