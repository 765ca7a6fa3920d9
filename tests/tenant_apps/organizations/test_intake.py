"""Planting trees from rosters: once, in order, without collisions, and out again."""

from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.unit import shared_context, unit_context
from shared_apps.usage.models import Outbox
from tenant_apps.audit import selectors as audit
from tenant_apps.organizations.models import LABEL_WIDTH, Kind, Organization
from tenant_apps.organizations.services import honours, intake
from tenant_apps.organizations.services.intake import (
    BrokenTree,
    NewOrganization,
    OrganizationsInUse,
    SecondRoot,
)
from tenant_apps.organizations.services.labels import Places, TooManySiblings, TreeTooDeep
from tests.factories.members import make_member
from tests.factories.organizations import JOB, NOW, TODAY, new, plant, small_tree


def paths() -> dict[str, str]:
    return dict(Organization.objects.values_list("short_name", "path"))


class TestPlantTree:
    def test_gives_each_level_four_characters(self, alpha):
        small_tree()
        assert paths()["root"] == "0001"
        assert paths()["l2"].startswith(paths()["left"])
        assert {len(path) for path in paths().values()} == {4, 8, 12}

    def test_takes_the_rows_in_any_order(self, alpha):
        plant(
            new("leaf", parent="mid"),
            new("mid", Kind.GENERAL_BRANCH),
            new("root", Kind.COMMITTEE, None),
        )
        assert paths() == {"root": "0001", "mid": "00010001", "leaf": "000100010001"}

    def test_makes_nothing_the_second_time(self, alpha):
        nodes = [new("root", Kind.COMMITTEE, None), new("b", code="C1")]
        first, second = plant(*nodes), plant(*nodes)
        assert [planted.is_new for planted in first.values()] == [True, True]
        assert [planted.is_new for planted in second.values()] == [False, False]
        assert {key: p.id for key, p in first.items()} == {key: p.id for key, p in second.items()}

    def test_knows_an_organisation_by_its_code_after_it_was_renamed(self, alpha):
        plant(new("root", Kind.COMMITTEE, None), new("b", code="C1"))
        Organization.objects.filter(code="C1").update(name="另一个名称")
        again = plant(new("root", Kind.COMMITTEE, None), new("b", code="C1"))
        assert again["b"].is_new is False
        assert Organization.objects.count() == 2

    def test_puts_later_siblings_behind_earlier_ones(self, alpha):
        plant(new("root", Kind.COMMITTEE, None), new("a"))
        plant(new("root", Kind.COMMITTEE, None), new("b"))
        assert paths()["b"] == "00010002"

    def test_refuses_a_missing_parent_and_a_cycle(self, alpha):
        with pytest.raises(BrokenTree):
            plant(new("root", Kind.COMMITTEE, None), new("b", parent="nowhere"))
        with pytest.raises(BrokenTree):
            plant(new("root", Kind.COMMITTEE, None), new("a", parent="b"), new("b", parent="a"))
        assert Organization.objects.count() == 0

    def test_refuses_a_second_root(self, alpha):
        plant(new("root", Kind.COMMITTEE, None))
        with pytest.raises(SecondRoot):
            plant(new("other", Kind.COMMITTEE, None))

    def test_refuses_more_than_twenty_levels(self, alpha):
        chain = [new("root", Kind.COMMITTEE, None), new("o1", Kind.GENERAL_BRANCH)]
        chain += [new(f"o{n}", Kind.GENERAL_BRANCH, f"o{n - 1}") for n in range(2, 21)]
        with pytest.raises(TreeTooDeep):
            plant(*chain)

    def test_plants_a_wide_tree_in_few_statements(self, alpha, django_assert_max_num_queries):
        nodes = [new("root", Kind.COMMITTEE, None)]
        nodes += [new(f"b{n}") for n in range(1200)]
        with django_assert_max_num_queries(9):
            plant(*nodes)
        assert Organization.objects.count() == 1201

    def test_is_recorded_and_reported(self, alpha):
        import_id = uuid4()
        plant(new("root", Kind.COMMITTEE, None), new("b"), import_id=import_id)
        event = audit.events_about(import_id).get()
        assert (event.code, event.data["count"]) == ("organizations.planted", 2)
        with shared_context():
            assert Outbox.objects.get(unit_id=alpha.id).numbers == {"delta": 2}

    def test_is_invisible_to_beta(self, alpha, beta):
        small_tree()
        with unit_context(beta.id):
            assert Organization.objects.count() == 0


class TestUproot:
    def test_removes_what_the_import_made(self, alpha):
        import_id = uuid4()
        plant(new("root", Kind.COMMITTEE, None), new("b"), import_id=import_id)
        assert intake.uproot(import_id=import_id, actor=JOB, now=NOW) == 2
        assert Organization.objects.count() == 0

    def test_keeps_what_somebody_belongs_to_and_all_above_it(self, alpha):
        import_id = uuid4()
        plant(new("root", Kind.COMMITTEE, None), new("kept"), new("gone"), import_id=import_id)
        make_member(Organization.objects.get(short_name="kept"))
        assert intake.uproot(import_id=import_id, actor=JOB, now=NOW) == 1
        assert set(paths()) == {"root", "kept"}

    def test_keeps_the_parents_of_what_others_made(self, alpha):
        import_id = uuid4()
        plant(new("root", Kind.COMMITTEE, None), new("b"), import_id=import_id)
        plant(new("root", Kind.COMMITTEE, None), new("later"))
        assert intake.uproot(import_id=import_id, actor=JOB, now=NOW) == 1
        assert set(paths()) == {"root", "later"}

    def test_is_refused_while_a_record_points_there(self, alpha):
        import_id = uuid4()
        plant(new("root", Kind.COMMITTEE, None), new("b"), import_id=import_id)
        honours.give(
            organization=Organization.objects.get(short_name="b"), name="先进基层党组织",
            level="市级", organ="市委", given_on=TODAY, document="8 号", actor=JOB, now=NOW,
        )  # fmt: skip
        with pytest.raises(OrganizationsInUse):
            intake.uproot(import_id=import_id, actor=JOB, now=NOW)
        assert Organization.objects.count() == 2


@st.composite
def trees(draw):
    """Rosters of random trees: each node hangs below an earlier one, then all are shuffled."""
    size = draw(st.integers(1, 12))
    nodes = [NewOrganization("0", "中共0", "0", Kind.COMMITTEE, None)]
    for number in range(1, size):
        parent = str(draw(st.integers(0, number - 1)))
        nodes.append(
            NewOrganization(str(number), f"中共{number}", str(number), Kind.COMMITTEE, parent)
        )
    return draw(st.permutations(nodes))


@given(nodes=trees())
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_tree_keeps_its_invariants(alpha, nodes):
    Organization.objects.all()._raw_delete("default")
    plant(*nodes)
    rows = {org.id: org for org in Organization.objects.all()}
    assert len(rows) == len(nodes)
    assert len({org.path for org in rows.values()}) == len(nodes)
    for org in rows.values():
        assert len(org.path) == org.depth * LABEL_WIDTH
        if org.parent_id:
            assert org.parent_path == rows[org.parent_id].path


@given(st.lists(st.integers(1, 36**4 - 2), min_size=1, max_size=5))
def test_the_next_label_is_always_free_and_last(taken):
    def label(number):
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        return "".join(digits[number // 36**power % 36] for power in (3, 2, 1, 0))

    paths = [f"0001{label(number)}" for number in taken]
    made = Places(paths).next_below("0001", name="x")
    assert made > max(paths)
    assert len(made) == 8


def test_the_last_label_has_no_next():
    with pytest.raises(TooManySiblings):
        Places(["0001ZZZZ"]).next_below("0001", name="x")
