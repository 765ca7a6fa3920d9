"""Role × relation, permission by permission."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from kernel.actor import Actor, Holding
from kernel.models import uuid7
from kernel.permissions import can
from tenant_apps.dues.permissions import DuesPermission as Dues

ME = uuid7()
INSIDE = SimpleNamespace(org_path="00010001", member_id=uuid7())
OUTSIDE = SimpleNamespace(org_path="00020001", member_id=uuid7())
OWN = SimpleNamespace(org_path="00020001", member_id=ME)
DESK = (Dues.BROWSE, Dues.STANDARD, Dues.REMIND, Dues.COUNTER)
ISSUERS = (
    Dues.ISSUE, Dues.EXEMPT, Dues.CHECK, Dues.SUSPENSE, Dues.REFUND, Dues.CONTRIBUTION,
    Dues.HAND_UP, Dues.DEPOSIT,
)  # fmt: skip
CASHIER = (Dues.COUNTER, Dues.HAND_UP)


def who(role):
    if role == "member":
        return Actor(kind="person", person_id=uuid7(), member_id=ME)
    if role == "nobody":
        return Actor()
    return Actor(kind="person", person_id=uuid7(), holdings=(Holding(role, "0001"),))


@pytest.mark.parametrize("permission", list(Dues))
@pytest.mark.parametrize(
    "role",
    ["unit_admin", "treasurer", "cashier", "secretary", "member", "nobody", "outreach", "operator"],
)
@pytest.mark.parametrize("on", [INSIDE, OUTSIDE, OWN], ids=["inside", "outside", "own"])
def test_table(permission, role, on):
    allowed = False
    if on is INSIDE:
        allowed = (permission in DESK and role in {"unit_admin", "treasurer", "secretary"}) or (
            permission in ISSUERS and role in {"unit_admin", "treasurer"}
        )
        allowed = allowed or (permission is Dues.SETTING and role == "unit_admin")
        allowed = allowed or (permission in CASHIER and role == "cashier")
    if on is OWN:
        allowed = permission is Dues.PAY and role == "member"
    assert can(who(role), permission, on) is allowed


def test_a_page_of_ones_own_is_for_members_only():
    assert can(who("member"), Dues.PAY)
    assert not can(who("unit_admin"), Dues.PAY)
