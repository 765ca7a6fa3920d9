"""The evaluator: closed by default, scoped by path."""

from enum import StrEnum
from types import SimpleNamespace
from uuid import uuid4

import pytest

from kernel import permissions
from kernel.actor import Actor, Holding
from kernel.errors import Forbidden
from kernel.permissions import PUBLIC, can, is_self, register, require, role, signed_in


class Probe(StrEnum):
    SEE = "probe:see"
    EDIT = "probe:edit"
    FORGOTTEN = "probe:forgotten"


@pytest.fixture(autouse=True)
def _table(monkeypatch):
    monkeypatch.setattr(permissions, "_table", {})
    register({Probe.SEE: ((role("secretary"),), (is_self,)), Probe.EDIT: ((role("secretary"),),)})


def actor(*holdings, member_id=None):
    return Actor(kind="person", person_id=uuid4(), holdings=holdings, member_id=member_id)


BRANCH = SimpleNamespace(org_path="00010002")


class TestCan:
    def test_refuses_what_no_table_names(self):
        assert not can(actor(Holding("secretary")), Probe.FORGOTTEN)

    def test_lets_everybody_into_what_is_public(self):
        assert can(Actor(), PUBLIC)

    @pytest.mark.parametrize(
        ("scope", "allowed"),
        [
            ("", True),
            ("0001", True),
            ("00010002", True),
            ("00010003", False),
            ("000100020001", False),
        ],
    )
    def test_a_role_reaches_its_own_sub_tree_only(self, scope, allowed):
        assert can(actor(Holding("secretary", scope)), Probe.EDIT, BRANCH) is allowed

    def test_alternatives_are_or(self):
        me = uuid4()
        file = SimpleNamespace(org_path="0009", member_id=me)
        assert can(actor(member_id=me), Probe.SEE, file)
        assert not can(actor(member_id=me), Probe.EDIT, file)

    def test_nobody_is_not_self(self):
        assert not is_self(Actor(), SimpleNamespace(member_id=None))

    def test_signed_in_means_a_person(self):
        assert signed_in(actor(), None)
        assert not signed_in(Actor(), None)


def test_require_raises_forbidden():
    with pytest.raises(Forbidden):
        require(actor(), Probe.EDIT)


def test_a_permission_is_declared_once():
    with pytest.raises(RuntimeError, match="declared twice"):
        register({Probe.SEE: ((signed_in,),)})


def test_scopes_are_outermost_only():
    holder = actor(Holding("secretary", "0001"), Holding("secretary", "00010002"))
    assert holder.scopes("secretary") == ("0001",)
