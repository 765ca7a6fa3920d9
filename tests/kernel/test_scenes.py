"""Scenes of the tests are found as they were made, whatever the test before did to them."""

import pytest

from tenant_apps.members.models import Member
from tenant_apps.organizations.models import Kind, Organization
from tests.factories.members import make_member
from tests.factories.organizations import new, plant, small_tree
from tests.scenes import scene

tree = scene(small_tree)
member = scene(lambda tree: make_member(tree.l1), on=tree)
lonely = scene(lambda: plant(new("lonely", Kind.COMMITTEE, None)))


@pytest.mark.parametrize("visit", ["first", "second"])
def test_what_a_test_did_is_not_seen_by_the_next(tree, visit):
    assert tree.l1.short_name == "l1"
    tree.l1.refresh_from_db()
    assert tree.l1.short_name == "l1"
    tree.l1.short_name = "changed"
    tree.l1.save()


@pytest.mark.parametrize("visit", ["first", "second"])
def test_one_stands_on_another(tree, member, visit):
    assert Member.objects.get().org_id == tree.l1.pk == member.org_id
    Member.objects.all().delete()


def test_one_is_left_for_another_beside_it(lonely):
    assert list(Organization.objects.values_list("short_name", flat=True)) == ["lonely"]


def test_none_stands_for_who_asks_for_none(alpha):
    assert not Organization.objects.exists()
