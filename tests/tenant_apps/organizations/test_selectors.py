"""Reading the tree: scope, levels, counts, warnings."""

import datetime as dt
from uuid import uuid4

import pytest

from kernel.actor import Actor
from kernel.errors import Forbidden
from tenant_apps.access.selectors import neighbours
from tenant_apps.organizations import selectors
from tenant_apps.organizations.models import Kind, Organization
from tenant_apps.organizations.permissions import OrganizationPermission as P
from tenant_apps.organizations.selectors import Headcount, Links
from tests.factories.members import make_member, new_member, store
from tests.factories.organizations import TODAY, admin, small_tree, somebody

LINKS = Links(node="/o/{id}/", children="/t/{id}/")


@pytest.fixture
def tree(alpha):
    return small_tree()


def names(nodes):
    return [(node.label, names(node.children)) for node in nodes]


class TestScope:
    def test_shows_the_sub_trees_of_all_grants(self, tree):
        actor = somebody(("secretary", tree.left.path), ("treasurer", tree.r1.path))
        seen = selectors.organizations_visible_to(actor).values_list("short_name", flat=True)
        assert set(seen) == {"left", "l1", "l2", "r1"}
        roots = selectors.roots_visible_to(actor).values_list("short_name", flat=True)
        assert set(roots) == {"left", "r1"}

    def test_shows_nothing_to_members_and_strangers(self, tree):
        for actor in (Actor(), somebody(("member", tree.l1.path))):
            assert not selectors.organizations_visible_to(actor).exists()

    def test_hides_what_is_outside_and_forbids_what_may_not_be_done(self, tree):
        actor = somebody(("treasurer", tree.left.path))
        assert selectors.organization_for(actor, tree.l1.id, to=P.BROWSE) == tree.l1
        with pytest.raises(selectors.OrganizationNotFound):
            selectors.organization_for(actor, tree.right.id, to=P.BROWSE)
        with pytest.raises(selectors.OrganizationNotFound):
            selectors.organization_for(actor, uuid4(), to=P.BROWSE)
        with pytest.raises(Forbidden):
            selectors.organization_for(actor, tree.l1.id, to=P.EDIT)

    def test_asks_the_right_of_the_place_not_of_the_person(self, tree):
        mixed = somebody(("unit_admin", tree.right.path), ("treasurer", tree.left.path))
        for gate in (selectors.organization_for, selectors.past_organization_for):
            assert gate(mixed, tree.r1.id, to=P.EDIT) == tree.r1
            with pytest.raises(Forbidden):
                gate(mixed, tree.l1.id, to=P.EDIT)

    def test_opens_no_level_and_no_tree_of_what_is_outside(self, tree):
        actor = somebody(("secretary", tree.left.path))
        assert list(selectors.children_visible_to(actor, tree.left.id)) == [tree.l1, tree.l2]
        with pytest.raises(selectors.OrganizationNotFound):
            selectors.children_visible_to(actor, tree.right.id)
        with pytest.raises(selectors.OrganizationNotFound):
            selectors.tree_visible_to(actor, links=LINKS, selected=tree.r1.id)

    def test_lets_a_job_see_the_whole_unit(self, tree):
        assert selectors.organization_for(Actor.system("x"), tree.r1.id, to=P.EDIT) == tree.r1


class TestLines:
    @pytest.mark.parametrize("read", [selectors.subtree_of, selectors.way_to])
    def test_show_nothing_outside_the_sub_trees_and_nothing_that_ended(self, tree, read):
        part = somebody(("treasurer", tree.left.path), ("secretary", tree.r1.path))
        for org in (tree.root, tree.right, tree.alone):
            with pytest.raises(selectors.OrganizationNotFound):
                read(part, org.id)
        Organization.objects.filter(pk=tree.l1.pk).update(ended_on=TODAY)
        with pytest.raises(selectors.OrganizationNotFound):
            read(part, tree.l1.id)
        with pytest.raises(selectors.OrganizationNotFound):
            read(Actor(), tree.l2.id)

    def test_tell_a_sub_tree_and_a_way_in_one_statement_each(self, tree, django_assert_num_queries):
        part = somebody(("treasurer", tree.left.path))
        with django_assert_num_queries(1):
            below = selectors.subtree_of(part, tree.left.id)
        with django_assert_num_queries(1):
            way = selectors.way_to(part, tree.l1.id)
        assert [(one.short_name, one.depth) for one in below] == [("left", 2), ("l1", 3), ("l2", 3)]
        assert [one.short_name for one in way] == ["left", "l1"]
        whole = selectors.subtree_of(admin(), tree.root.id)
        assert [one.id for one in whole] == [one.id for one in selectors.known_organizations()]


class TestTree:
    def test_opens_down_to_the_selected_one_in_three_statements(
        self, tree, django_assert_max_num_queries
    ):
        make_member(tree.l1)
        with django_assert_max_num_queries(2):
            nodes = selectors.tree_visible_to(admin(), links=LINKS, selected=tree.left.id)
        assert names(nodes) == [
            ("root", [("left", [("l1", []), ("l2", [])]), ("right", []), ("alone", [])])
        ]
        root = nodes[0]
        assert (root.count, root.is_expanded, root.kind) == (1, True, "committee")
        right = root.children[1]
        assert (right.has_children, right.is_expanded) == (True, False)
        assert right.children_url == f"/t/{right.id}/"

    def test_gives_one_level_when_it_is_opened(self, tree):
        level = selectors.level_visible_to(admin(), links=LINKS, below=tree.left.id)
        assert [node.label for node in level] == ["l1", "l2"]

    def test_starts_at_the_outermost_that_the_actor_sees(self, tree):
        nodes = selectors.tree_visible_to(somebody(("secretary", tree.left.path)), links=LINKS)
        assert names(nodes) == [("left", [("l1", []), ("l2", [])])]

    def test_finds_by_name_initials_and_code(self, tree):
        Organization.objects.filter(pk=tree.l1.pk).update(
            short_name="第一水厂党支部", name_initials="dyscdzb", code="0320"
        )
        for text in ("水厂", "dysc", "0320"):
            found = selectors.found_in_tree(admin(), links=LINKS, text=text)
            assert [node.id for node in found] == [tree.l1.id]
        assert selectors.found_in_tree(admin(), links=LINKS, text=" ") == []


class TestHeadcounts:
    def test_counts_directly_and_in_the_sub_tree(self, tree):
        store(new_member(tree.l1), new_member(tree.l1, category="PROBATIONARY", full_on=None))
        make_member(tree.left)
        counts = selectors.headcounts([tree.root.path, tree.left.path, tree.l1.path, tree.r1.path])
        assert counts[tree.root.path] == Headcount(0, 3, 0)
        assert counts[tree.left.path] == Headcount(1, 3, 1)
        assert counts[tree.l1.path] == Headcount(2, 2, 1)
        assert counts[tree.r1.path] == Headcount(0, 0, 0)


class TestWarnings:
    def codes(self, count, **fields):
        org = Organization(name="x", kind=fields.pop("kind", Kind.BRANCH), **fields)
        return [w.code for w in selectors.warnings_of(org, count, today=TODAY)]

    @pytest.mark.parametrize(
        ("kind", "count", "codes"),
        [
            (Kind.BRANCH, Headcount(3, 3, 2), ["too_few_full_members"]),
            (Kind.BRANCH, Headcount(3, 3, 3), []),
            (Kind.BRANCH, Headcount(50, 50, 50), []),
            (Kind.BRANCH, Headcount(51, 51, 51), ["too_many_members"]),
            (Kind.JOINT_BRANCH, Headcount(2, 2, 1), []),
            (Kind.JOINT_BRANCH, Headcount(51, 51, 51), ["too_many_members"]),
            (Kind.COMMITTEE, Headcount(0, 900, 0), []),
        ],
    )
    def test_about_size_follow_the_type(self, kind, count, codes):
        assert self.codes(count, kind=kind) == codes

    @pytest.mark.parametrize(
        ("days", "codes"),
        [(-1, ["term_over"]), (0, ["term_ending"]), (180, ["term_ending"]), (181, [])],
    )
    def test_about_the_term_begin_half_a_year_before(self, days, codes):
        ends = TODAY + dt.timedelta(days=days)
        assert self.codes(Headcount(5, 5, 5), term_ends_on=ends) == codes


def test_access_finds_places_by_name_and_names_by_path(tree):
    assert [place.name for place in neighbours.search_places(admin(), "", limit=5)] == ["中共root"]
    assert [p.path for p in neighbours.search_places(admin(), "l1", limit=5)] == [tree.l1.path]
    assert neighbours.names_of_places([tree.l1.path, ""])[tree.l1.path] == "中共l1"
