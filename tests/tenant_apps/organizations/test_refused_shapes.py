"""What the types and sizes of rulebook 1.1 and 1.2 refuse whichever act would bring it about."""

from __future__ import annotations

import datetime as dt

import pytest

from tenant_apps.audit import selectors as audit
from tenant_apps.organizations.models import Honour, Kind, Organization, Workplace
from tenant_apps.organizations.services import (
    founding,
    honours,
    merging,
    retyping,
    revising,
    splitting,
    terms,
)
from tenant_apps.organizations.services.refusals import (
    KindDoesNotFit,
    RootStays,
    TooFewFullMembers,
)
from tenant_apps.organizations.services.sheets import Sheet
from tests.factories.members import make_member, new_member, store
from tests.factories.organizations import NOW, TODAY, admin, decided, new, plant, small_tree


@pytest.fixture
def tree(alpha):
    return small_tree()


def retype(org, kind, branch=""):
    return retyping.retype(
        organization=org, kind=kind, branch=branch, decision=decided(), actor=admin(), now=NOW
    )


def below(parent, name, kind):
    return founding.create(
        parent=parent, sheet=Sheet(name, name, kind), document="9 号", actor=admin(), now=NOW
    )


def test_the_type_above(tree):
    """Below a general branch hang branches only, whoever is raised, corrected or parted off."""
    three = store(*(new_member(tree.l1) for _ in range(6)))[:3]
    wanted = Sheet("新", "新", Kind.GENERAL_BRANCH)
    for act in (
        lambda: retype(tree.l1, Kind.GENERAL_BRANCH, branch="一支部"),
        lambda: revising.revise(organization=tree.l2, sheet=wanted, actor=admin(), now=NOW),
        lambda: splitting.split(
            source=tree.l1, sheet=wanted, members=[one.id for one in three], children=[],
            decision=decided(), actor=admin(), now=NOW,
        ),
    ):  # fmt: skip
        with pytest.raises(KindDoesNotFit):
            act()
    assert set(Organization.objects.values_list("kind", flat=True)) == {
        Kind.COMMITTEE, Kind.GENERAL_BRANCH, Kind.BRANCH
    }  # fmt: skip


def test_the_types_below(tree):
    """A branch takes branches in, and nothing else."""
    below(tree.left, "流动", Kind.MOBILE_BRANCH)
    with pytest.raises(KindDoesNotFit):
        retype(tree.left, Kind.BRANCH)
    below(tree.alone, "一组", Kind.GROUP)
    with pytest.raises(KindDoesNotFit):
        retype(tree.alone, Kind.GENERAL_BRANCH)


def test_a_branch_of_fewer_than_three_comes_about_by_no_raising(tree):
    make_member(tree.alone)
    with pytest.raises(TooFewFullMembers):
        retype(tree.alone, Kind.GENERAL_BRANCH, branch="一支部")
    joint = below(tree.root, "联合", Kind.JOINT_BRANCH)
    with pytest.raises(TooFewFullMembers):
        retype(joint, Kind.BRANCH)


def test_the_outermost_stays_even_when_nothing_is_in_it(alpha):
    plant(new("root", Kind.COMMITTEE, None))
    with pytest.raises(RootStays):
        merging.dissolve(
            organization=Organization.objects.get(), into=None, decision=decided(),
            actor=admin(), now=NOW,
        )  # fmt: skip


def test_the_same_honour_is_another_one_elsewhere_another_day_and_by_another_name(tree):
    for org, name, day in (
        (tree.l1, "先进基层党组织", 28), (tree.l2, "先进基层党组织", 28),
        (tree.l1, "示范党支部", 28), (tree.l1, "先进基层党组织", 29),
    ):  # fmt: skip
        honours.give(
            organization=org, name=name, level="市级", organ="市委",
            given_on=dt.date(2026, 6, day), document="8 号", actor=admin(), now=NOW,
        )  # fmt: skip
    assert Honour.objects.count() == 4


def test_a_unit_behind_another_organisation_is_left_alone(tree):
    made = revising.add_workplace(
        organization=tree.l1, name="供水公司", nature="", credit_code="", actor=admin(), now=NOW
    )
    revising.remove_workplace(organization=tree.l2, workplace_id=made.pk, actor=admin(), now=NOW)
    assert Workplace.objects.exists()


def test_the_end_of_a_term_that_stays_is_not_recorded_again(tree):
    for _ in range(2):
        terms.set_term_end(
            org_id=tree.l1.pk, ends_on=TODAY, document="8 号", actor=admin(), now=NOW
        )
    assert audit.events_about(tree.l1.pk).count() == 1
