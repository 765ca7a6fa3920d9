"""Rights in the rooms of organisations and members: every verb, by role and by place in the tree.

The table of permissions says who may (``tests/policy/permissions.txt``).  Here: every verb of every
page and of the API stands behind a right that writes where it writes; a role has its rights inside
its sub-tree and nowhere else; and what names a place only in its body is refused outside of it.
"""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from kernel.actor import Actor, Holding
from kernel.models import uuid7
from kernel.papers import Upload
from kernel.permissions import can, table
from tenant_apps.members.models import EntryKind
from tenant_apps.members.selectors.scans import scans_of
from tenant_apps.members.services import entries, scans
from tests import cast
from tests.conftest import FacingClient
from tests.factories.members import make_member
from tests.factories.organizations import NOW, admin, small_tree
from tests.isolation import routes

ROOMS = ("organizations", "elections", "members", "admissions", "transfers", "insight")
EXCHANGE = "onboarding:exchange_"
ROLES = ("unit_admin", "secretary", "treasurer")
INSIDE, ABOVE, OUTSIDE = "00010002", "0001", "00010003"
WHOLE_UNIT = {"insight:take", "insight:submit", "insight:file"}
"""Asked of the whole unit: nobody has them over a part of it."""
_API = "/api/v1"
_ORG = "organizations/<uuid:org_id>"
WRITES = {
    ("post", f"{_API}/organizations/"): "organizations:edit",
    ("patch", f"{_API}/{_ORG}/"): "organizations:edit",
    ("post", f"{_API}/{_ORG}/honours/"): "organizations:edit",
    ("post", f"/{_ORG}/honours/"): "organizations:edit",
    ("post", f"{_API}/elections/"): "elections:prepare",
    ("post", f"{_API}/elections/posts/"): "elections:appoint",
    ("post", f"{_API}/elections/organizations/<uuid:org_id>/reminders/"): "elections:decide",
    ("post", f"{_API}/members/<uuid:member_id>/entries/"): "members:edit",
    ("patch", f"{_API}/members/<uuid:member_id>/"): "members:edit",
    ("delete", f"{_API}/members/entries/<uuid:entry_id>/scans/<slug:mark>/"): "members:edit",
    ("post", f"{_API}/transfers/"): "transfers:prepare",
    ("post", f"{_API}/statistics/snapshots/"): "insight:take",
    ("post", "/statistics/"): "insight:take",
}
"""Verbs that write behind the door of those who read: the right that they ask for inside."""
OF_ONESELF = {
    ("post", "/members/lists/save/"),
    ("post", "/members/lists/<uuid:saved_id>/drop/"),
    ("post", "/members/columns/"),
}
"""Writes that only concern who writes: saved lists, the columns as somebody wants them."""
_READING = ("browse", "read", "people", "view", "former")


def holding(role: str, scope: str) -> Actor:
    return Actor(kind="person", person_id=uuid7(), holdings=(Holding(role, scope),))


def verbs_of(room: str) -> list[tuple[routes.Route, str]]:
    """Every route of a room with each of its verbs."""
    begins = EXCHANGE if room == "exchange" else f"{room}:"
    found = [one for one in routes.of_face("unit") if one.permission.startswith(begins)]
    return [(one, verb) for one in found for verb in one.verbs]


@pytest.mark.parametrize("room", [*ROOMS, "exchange"])
def test_every_verb_that_writes_has_a_right_that_writes(room):
    reading = {
        (verb, route.address)
        for route, verb in verbs_of(room)
        if verb != "get" and route.permission.partition(":")[2].endswith(_READING)
    }
    assert reading - OF_ONESELF <= set(WRITES)
    assert set(WRITES.values()) <= set(table())


@pytest.mark.parametrize("room", [*ROOMS, "exchange"])
def test_every_right_ends_at_the_sub_tree(room):
    """Role by right by place: inside as the table says, above and beside never."""
    rights = {route.permission for route, _ in verbs_of(room)}
    rights |= {right for right in WRITES.values() if right.startswith(f"{room}:")}
    assert rights
    for role in ROLES:
        holder = holding(role, INSIDE)
        for right in sorted(rights):
            has = can(holder, right)
            reach = [can(holder, right, SimpleNamespace(org_path=path))
                     for path in (f"{INSIDE}0001", INSIDE, ABOVE, OUTSIDE, "")]  # fmt: skip
            assert reach == [has, has, False, False, False], (role, right)


def test_what_concerns_the_whole_unit_takes_the_whole_unit():
    for right in WHOLE_UNIT:
        assert can(holding("unit_admin", ""), right, SimpleNamespace(org_path=""))
        assert not can(holding("unit_admin", ABOVE), right, SimpleNamespace(org_path=""))


@pytest.fixture
def tree(alpha):
    tree = small_tree()
    tree.ours, tree.theirs = make_member(tree.l1), make_member(tree.r1)
    return tree


def sent(client, verb: str, address: str, body) -> int:
    if "/api/" in address:
        text = json.dumps(body, default=str)
        return getattr(client, verb)(address, text, content_type="application/json").status_code
    return getattr(client, verb)(address, body).status_code


def with_scan(member):
    entry = entries.add(
        member=member, kind=EntryKind.REWARD, year=2025, actor=admin(), now=NOW,
        data={"name": "优秀共产党员", "level": "本单位", "organ": "中共root"},
    )  # fmt: skip
    file = Upload("证书.pdf", b"%PDF-1.7 invented")
    return entry, scans.attach(entry=entry, file=file, actor=admin(), now=NOW)


def test_who_only_reads_is_refused_every_write(alpha, tree):
    """The treasurer of the whole unit, who may open these doors, and the member, who may not."""
    treasurer = cast.officer(FacingClient(), alpha, role="treasurer")
    member = cast.member(FacingClient(), alpha, tree.ours.pk)
    entry, scan = with_scan(tree.ours)
    keys = {
        "<uuid:org_id>": tree.l1.pk, "<uuid:member_id>": tree.ours.pk,
        "<uuid:entry_id>": entry.pk, "<slug:mark>": scan.digest,
    }  # fmt: skip
    body = {"org_id": tree.l1.pk, "parent_id": tree.left.pk, "member_ids": [tree.ours.pk]}
    for verb, pattern in WRITES:
        address = pattern
        for name, key in keys.items():
            address = address.replace(name, str(key))
        for client in (treasurer, member):
            assert sent(client, verb, address, body) in {403, 404, 422}, (verb, pattern)
    entry.refresh_from_db()
    assert scans_of(entry) == [scan]


def test_a_secretary_takes_no_snapshot(alpha, tree):
    """Statistics are frozen for the whole unit by who administers it."""
    secretary = cast.officer(FacingClient(), alpha, role="secretary")
    for address in ("/statistics/", f"{_API}/statistics/snapshots/"):
        assert sent(secretary, "post", address, {"year": 2026, "cut": "HALF"}) == 403


PERSON = {
    "name": "林晓", "identity": "320303199102030042", "category": "FULL", "gender": "F",
    "joined_on": "2012-07-01", "birth_on": "1991-02-03", "on": "2026-03-02", "document": "2 号",
}  # fmt: skip


def bodies(tree):
    """Room by room: what names a place, or somebody at a place, outside of the sub-tree."""
    there, here = tree.r1.pk, tree.l1.pk
    decision = {"on": "2026-11-01", "reason": "机构改革"}
    act = {"happened_on": "2026-11-01", "org_id": there}
    new = {"name": "新支部", "short_name": "新", "kind": "BRANCH", "document": "8 号"}
    return [
        ("organizations", f"{_API}/organizations/", {**new, "parent_id": tree.right.pk}),
        ("organizations", f"{_API}/organizations/{here}/move/",
         {**decision, "parent_id": tree.right.pk}),
        ("organizations", f"{_API}/organizations/{here}/merge/", {**decision, "into_id": there}),
        ("elections", f"{_API}/elections/", {**act, "kind": "REELECTION"}),
        ("elections", f"{_API}/elections/posts/",
         {"org_id": there, "member_id": tree.theirs.pk, "code": "11", "began_on": "2026-11-01",
          "document": "8 号"}),
        ("members", f"{_API}/members/enter/", {**PERSON, "org_id": there}),
        ("members", f"{_API}/members/{tree.ours.pk}/move/", {"org_id": there}),
        ("members", f"{_API}/members/{tree.theirs.pk}/move/", {"org_id": here}),
        ("admissions", f"{_API}/admissions/",
         {"name": "林晓", "identity": PERSON["identity"], "org_id": there,
          "applied_on": "2026-03-02"}),
        ("transfers", f"{_API}/transfers/",
         {"branch_id": there, "to": here, "reason": "WORK"}),
    ]  # fmt: skip


def test_what_names_a_place_outside_is_refused(alpha, tree):
    """By who may write, in the own part: 404, as what one may not see is not there."""
    admin = cast.officer(FacingClient(), alpha, scope=tree.left.path)
    for room, address, body in bodies(tree):
        status = sent(admin, "post", address, body)
        assert status in {403, 404}, (room, address, status)
