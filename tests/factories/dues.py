"""Members with standards and bills, as the dues tests need them: only required fields."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from kernel.actor import Actor, Holding
from kernel.clock import Month
from kernel.models import uuid7
from kernel.unit import current_unit_id
from tenant_apps.dues.models import Bill, Standard
from tenant_apps.dues.services import billing, standards
from tenant_apps.members.models import Category, Member
from tenant_apps.organizations.models import Kind, Organization

NOW = dt.datetime(2026, 11, 22, 1, 0, tzinfo=dt.UTC)
NOVEMBER = Month(202611)


def treasurer(scope: str = "", role: str = "treasurer") -> Actor:
    """Ben, who keeps the dues of a sub-tree."""
    return Actor(
        kind="person",
        name="贝凯",
        person_id=uuid7(),
        unit_id=current_unit_id(),
        holdings=(Holding(role, scope),),
        is_second_factor_passed=True,
    )


def as_member(member: Member) -> Actor:
    """The member, signed in on the phone."""
    return Actor(
        kind="person",
        name=member.name,
        person_id=uuid7(),
        unit_id=current_unit_id(),
        member_id=member.id,
    )


def make_organization(path: str = "0001", name: str = "", **fields: object) -> Organization:
    """An organisation at ``path``; whatever lies above it is made first."""
    found = Organization.objects.filter(path=path).first()
    if found:
        return found
    parent = make_organization(path[:-4]) if len(path) > 4 else None
    return Organization.objects.create(
        parent=parent,
        path=path,
        depth=len(path) // 4,
        name=name or f"第{path}党支部",
        short_name=name or f"{path}支部",
        kind=Kind.BRANCH if parent else Kind.COMMITTEE,
        created_at=NOW,
        **fields,
    )


def make_member(path: str = "00010001", name: str = "克莱", **fields: object) -> Member:
    """Cleo, a full member of the branch at ``path``."""
    key = uuid7()
    values = {
        "category": Category.FULL,
        "joined_on": dt.date(2010, 7, 1),
        "identity_sealed": b"sealed",
        "identity_index": key.bytes,
        "identity_masked": "320***********4217",
        "phone_masked": "138****1234",
        "created_at": NOW,
        **fields,
    }
    return Member.objects.create(
        id=key, org=make_organization(path), org_path=path, name=name, **values
    )


def make_standard(
    member: Member, base_fen: int = 860_000, category: str = "WAGE", year: int = 2026
) -> Standard:
    """8,600 yuan at 1.5 % is 129.00 a month."""
    return standards.set_one(
        member_id=member.id,
        category=category,
        base_fen=base_fen,
        month=Month(year * 100 + 1),
        reason="年初核定",
        actor=Actor.system("tests"),
        now=NOW,
    )


def make_owing_member(
    *months: int, path: str = "00010001", name: str = "克莱", base_fen: int = 860_000
) -> Member:
    """A member with a standard and issued bills for ``months`` (default: November)."""
    member = make_member(path, name)
    make_standard(member, base_fen)
    for month in months or (202611,):
        billing.issue_month(month=Month(month), actor=Actor.system("tests"), now=NOW)
    return member


def bill_ids(member: Member) -> list[UUID]:
    """The member's bills, oldest first."""
    return list(Bill.objects.filter(member=member).order_by("month").values_list("id", flat=True))
