"""Whoever changes the tree holds it, whoever ends an organisation holds the organisation."""

from __future__ import annotations

import datetime as dt
from uuid import uuid4

import pytest

from tenant_apps.members.models import Member
from tenant_apps.organizations.models import Kind
from tenant_apps.organizations.services import (
    honours,
    intake,
    merging,
    moving,
    open_matters,
    terms,
    undoing,
)
from tests.factories.members import make_member
from tests.factories.organizations import JOB, NOW, TODAY, admin, decided, new, plant, small_tree
from tests.locked import holding

TREE = "organizations_organization"


@pytest.fixture
def tree(alpha):
    return small_tree()


def test_the_tree_while_it_changes(tree):
    ada = admin()
    make_member(tree.l1)
    import_id = uuid4()
    with holding(TREE):
        plant(new("root", Kind.COMMITTEE, None), new("later"), import_id=import_id)
    with holding(TREE):
        intake.uproot(import_id=import_id, actor=JOB, now=NOW)
    with holding(TREE):
        moving.move(
            organization=tree.alone, parent=tree.left, decision=decided(), actor=ada, now=NOW
        )
    with holding(TREE, Member._meta.db_table):
        act = merging.merge(source=tree.l1, target=tree.l2, decision=decided(), actor=ada, now=NOW)
    with holding(TREE):
        undoing.undo(act_id=act, actor=ada, now=NOW)


def test_an_organisation_in_which_something_begins_or_that_ends(tree):
    with holding(TREE):
        open_matters.hold(tree.l1)
    with holding(TREE):
        open_matters.refuse_open([tree.l1], act="撤销", has_heir=False)
    with holding(TREE):
        terms.set_term_end(
            org_id=tree.l1.pk, ends_on=TODAY, document="1 号", actor=admin(), now=NOW
        )


def test_an_honour_that_is_struck_out(tree):
    made = honours.give(
        organization=tree.l1, name="先进基层党组织", level="市级", organ="市委",
        given_on=dt.date(2026, 6, 28), document="8 号", actor=admin(), now=NOW,
    )  # fmt: skip
    with holding("organizations_honour"):
        honours.strike(
            organization=tree.l1, honour_id=made.pk, reason="重复登记", actor=admin(), now=NOW
        )
