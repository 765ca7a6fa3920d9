"""Which cells the tests try of those that one code path serves; the bench tries every one.

Whoever may not do a thing by the table of permissions, or is not signed in, is turned away before
the view begins: they knock at every fourth address.  Of those who may, the mightiest goes to every
address and one other to each.  Which other, which place and which key is decided by the address:
in every run the same, and everybody is tried somewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar
from zlib import crc32

from kernel.actor import Actor, Holding
from kernel.models import uuid7
from kernel.permissions import can
from tests.isolation.routes import Route

Thing = TypeVar("Thing")
ROLES = {"branch_admin": "unit_admin", "phone": "member"}
"""The roles of people who are named otherwise."""
ADDRESSES_PER_KNOCK = 4


def one_of(things: Sequence[Thing], *where: object) -> list[Thing]:
    """One of them, always the same for the same place; none of none."""
    return [things[_number(*where) % len(things)]] if things else []


def may(name: str, route: Route) -> bool:
    """Whether the table of permissions lets this person through to the view."""
    role = ROLES.get(name, name)
    member_id = uuid7() if role == "member" else None
    who = Actor(kind="person", person_id=uuid7(), member_id=member_id, holdings=(Holding(role),))
    return can(who, route.permission)


def is_knocked_at(route: Route) -> bool:
    """Whether those whom the door keeps out are tried here."""
    return _number(route.face, route.address) % ADDRESSES_PER_KNOCK == 0


def people(names: Sequence[str], route: Route) -> list[str]:
    """Two who may, at some addresses one who may not; ``names`` begin with the mightiest."""
    through = [name for name in names if may(name, route)]
    picked = through[:1] + one_of(through[1:], route.face, route.address)
    if is_knocked_at(route):
        kept_out = [name for name in names if name not in through]
        picked += one_of(kept_out, route.address, route.face)
    return picked


def places(name: str, outside: Sequence[str], route: Route) -> list[str]:
    """One place outside the person's own part, above it or beside it."""
    return one_of(outside, name, route.address) if may(name, route) else []


def _number(*where: object) -> int:
    return crc32(" ".join(map(str, where)).encode())
