"""The table of permissions: in words, true, and reviewed as a file."""

import os
from pathlib import Path

import pytest

from kernel.actor import Actor, Holding
from kernel.models import uuid7
from kernel.permissions import can, table
from tenant_apps.access.selectors import permission_table, wording
from tests import cast

SNAPSHOT = Path(__file__).parents[2] / "policy" / "permissions.txt"
ROLES = (*permission_table.UNIT_ROLES, *permission_table.PLATFORM_ROLES)


def test_is_what_was_reviewed():
    """Run with UPDATE_SNAPSHOTS=1 after a wanted change, and read the difference."""
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(permission_table.as_text(), encoding="utf-8")
    assert permission_table.as_text() == SNAPSHOT.read_text(encoding="utf-8")


def test_every_permission_is_put_into_words_and_no_other():
    assert set(wording.SENTENCES) == set(table())
    assert {permission.partition(":")[0] for permission in table()} <= set(wording.AREAS)


@pytest.mark.parametrize("role", ROLES)
def test_says_what_the_evaluator_does(role):
    is_member = role == "member"
    holder = Actor(
        kind="person",
        person_id=uuid7(),
        member_id=uuid7() if is_member else None,
        applicant_id=uuid7() if role == "applicant" else None,
        holdings=(Holding(role, ""),),
    )
    shown = {
        permission: bool(permission_table.reach(rules, role))
        for permission, rules in table().items()
    }
    assert shown == {permission: can(holder, permission) for permission in table()}


@pytest.mark.parametrize(
    ("role", "permission", "reach"),
    [
        ("unit_admin", "access:manage", "scope"),
        ("secretary", "access:manage", ""),
        ("member", "dues:pay", "own"),
        ("outreach", "members:browse", ""),
        ("system_admin", "members:read", ""),
        ("audit_admin", "people:account", "scope"),
    ],
)
def test_holds_what_the_rulebook_says(role, permission, reach):
    assert permission_table.reach(table()[permission], role) == reach


@pytest.mark.parametrize("role", ["outreach", "operator", "system_admin", "security_admin"])
def test_no_platform_role_reaches_a_members_file_or_dues(role):
    held = [p for p, rules in table().items() if permission_table.reach(rules, role)]
    assert not [p for p in held if p.startswith(("members:", "dues:", "organizations:"))]


@pytest.mark.django_db
class TestPage:
    def test_shows_a_units_roles_at_its_desk(self, client, alpha):
        cast.officer(client, alpha)
        page = client.get("/permissions/").content.decode()
        assert "党费管理员" in page
        assert "共建推广专员" not in page

    def test_shows_all_roles_on_the_console(self, client):
        cast.staff(client, "audit_admin")
        page = client.get("/permissions/").content.decode()
        assert "共建推广专员" in page
        assert "党费管理员" in page

    def test_is_closed_to_members(self, client, alpha):
        cast.member(client, alpha, uuid7())
        assert client.get("/permissions/").status_code == 302

    def test_is_told_to_programs(self, client, alpha):
        cast.officer(client, alpha)
        lines = client.get("/api/v1/permissions/").json()
        manage = next(line for line in lines if line["permission"] == "access:manage")
        assert manage["roles"]["unit_admin"] == "scope"
        assert manage["roles"]["secretary"] == ""
