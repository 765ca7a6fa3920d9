"""The table of types: what may hang below what, and how large it should be (rulebook 1.1, 1.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenant_apps.organizations.models import HOLDS_FORMAL_RELATION, Kind
from tenant_apps.organizations.selectors import rules
from tenant_apps.organizations.selectors.residents import Headcount

KINDS = st.sampled_from(list(Kind))


@pytest.mark.parametrize(
    ("kind", "below", "fits"),
    [
        (Kind.BRANCH, Kind.COMMITTEE, True),
        (Kind.BRANCH, Kind.GENERAL_BRANCH, True),
        (Kind.GENERAL_BRANCH, Kind.COMMITTEE, True),
        (Kind.GENERAL_BRANCH, Kind.GENERAL_BRANCH, False),
        (Kind.COMMITTEE, Kind.GENERAL_BRANCH, False),
        (Kind.BRANCH, Kind.BRANCH, False),
        (Kind.BRANCH, Kind.LEADING_GROUP, False),
        (Kind.LEADING_GROUP, Kind.COMMITTEE, True),
        (Kind.BRANCH, Kind.DISCIPLINE_COMMITTEE, False),
        (Kind.GROUP, Kind.JOINT_BRANCH, True),
        (Kind.GROUP, Kind.COMMITTEE, False),
        (Kind.BRANCH, Kind.TEMP_COMMITTEE, False),
        (Kind.TEMP_BRANCH, Kind.TEMP_COMMITTEE, True),
    ],
)
def test_what_may_hang_below_what(kind, below, fits):
    assert rules.may_hang(kind, below) is fits
    assert (below in rules.parents_of(kind)) is fits


@given(kind=KINDS, parent=KINDS)
def test_below_a_branch_are_only_groups_and_groups_only_below_branches(kind, parent):
    if rules.may_hang(kind, parent):
        is_branch = "BRANCH" in parent and "GENERAL" not in parent
        assert is_branch == (kind == Kind.GROUP)


def test_a_leading_group_is_a_side_node():
    assert not rules.BELOW.get(Kind.LEADING_GROUP)


@pytest.mark.parametrize("kind", list(Kind))
def test_only_branches_and_joint_branches_hold_the_formal_relation(kind):
    assert rules.holds_members(kind) == (kind in (Kind.BRANCH, Kind.JOINT_BRANCH))
    assert rules.holds_members(kind) == (kind in HOLDS_FORMAL_RELATION)


@given(full=st.integers(0, 200), others=st.integers(0, 200))
def test_a_branch_is_warned_about_below_three_full_members_and_above_fifty(full, others):
    count = Headcount(full + others, full + others, full)
    codes = {found.code for found in rules.warnings_of_size(Kind.BRANCH, count)}
    assert ("too_few_full_members" in codes) == (full < 3)
    assert ("too_many_members" in codes) == (full + others > 50)


@pytest.mark.parametrize(
    ("kind", "within", "is_usual"),
    [
        (Kind.GENERAL_BRANCH, 50, False),
        (Kind.GENERAL_BRANCH, 51, True),
        (Kind.GENERAL_BRANCH, 99, True),
        (Kind.GENERAL_BRANCH, 100, False),
        (Kind.COMMITTEE, 100, False),
        (Kind.COMMITTEE, 101, True),
        (Kind.BRANCH, 3, True),
    ],
)
def test_usual_sizes_of_general_branches_and_committees(kind, within, is_usual):
    assert (rules.warnings_of_rank(kind, within) == []) is is_usual
