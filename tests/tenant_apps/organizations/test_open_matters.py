"""An organisation does not end over what is still under way in it."""

import pytest

from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.selectors import open_matters as registry
from tenant_apps.organizations.selectors import previews
from tenant_apps.organizations.services import merging, open_matters, retyping, undoing
from tests.factories.organizations import NOW, admin, decided, small_tree

REPLY = decided(document="徐水党组〔2026〕9 号")


@pytest.fixture
def tree(alpha):
    return small_tree()


@pytest.fixture
def ada(tree):
    return admin()


@pytest.fixture
def under_way(tree, monkeypatch):
    """Says of l1 what one hands it."""
    told = []
    monkeypatch.setattr(registry, "_providers", [lambda ids: [m for m in told if m[0] in ids]])
    return lambda *matter: told.append((tree.l1.pk, *matter))


def merge(tree, ada):
    return merging.merge(source=tree.l1, target=tree.l2, decision=REPLY, actor=ada, now=NOW)


def test_what_cannot_go_along_is_finished_first(tree, ada, under_way):
    under_way("换届选举", 1, False)
    under_way("发展档案", 2, True)
    under_way("组织关系转接", 0, False)
    shown = previews.of_merger(tree.l1, tree.l2)
    assert [one.text for one in shown.matters] == ["换届选举", "发展档案"]
    assert [one.text for one in shown.holding] == ["换届选举"]
    with pytest.raises(open_matters.StillOpen) as refused:
        merge(tree, ada)
    assert refused.value.message == (
        "「l1」还有未办结的事项：换届选举 1 件。请先办结或终止，再合并。"
    )
    assert Organization.objects.get(pk=tree.l1.pk).ended_on is None


def test_what_goes_along_needs_somebody_who_takes_it(tree, ada, under_way):
    under_way("发展档案", 2, True)
    with pytest.raises(open_matters.StillOpen, match="再撤销"):
        merging.dissolve(organization=tree.l1, into=None, decision=REPLY, actor=ada, now=NOW)
    undoing.undo(act_id=merge(tree, ada), actor=ada, now=NOW)


def test_branches_that_become_one_end_as_well(tree, ada, under_way):
    under_way("换届选举", 1, False)
    shown = previews.of_retyping(tree.left, "JOINT_BRANCH")
    assert [one.text for one in shown.holding] == ["换届选举"]
    with pytest.raises(open_matters.StillOpen, match="再改设"):
        retyping.retype(
            organization=tree.left, kind="JOINT_BRANCH", decision=REPLY, actor=ada, now=NOW
        )
