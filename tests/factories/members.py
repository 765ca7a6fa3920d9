"""Members, stored as a roster stores them.  All numbers are invented."""

from __future__ import annotations

import datetime as dt
from itertools import count
from uuid import uuid4

from tenant_apps.members.models import Category, Member
from tenant_apps.members.services import intake
from tenant_apps.members.services.intake import NewMember
from tests.factories.organizations import JOB, NOW

_serial = count(1)


def new_member(org, name: str = "曾国强", **fields) -> NewMember:
    """A complete row of a roster; every call another person."""
    number = next(_serial)
    defaults = {
        "row_key": str(number),
        "category": Category.FULL,
        "identity_number": f"32030319800101{number:04d}",
        "phone": f"138{number:08d}",
        "gender": "M",
        "ethnicity": "汉族",
        "birth_on": dt.date(1980, 1, 1),
        "education": "大学本科",
        "joined_on": dt.date(2008, 7, 1),
        "full_on": dt.date(2009, 7, 1),
    }
    return NewMember(org_id=org.id, org_path=org.path, name=name, **{**defaults, **fields})


def store(*rows: NewMember, import_id=None) -> list[Member]:
    """Stores the rows and returns the members that were made, in the order of the rows."""
    stored = intake.store(rows=rows, import_id=import_id or uuid4(), actor=JOB, now=NOW)
    made = Member.objects.in_bulk([one.member_id for one in stored.made])
    return [made[one.member_id] for one in stored.made]


def make_member(org, name: str = "曾国强", **fields) -> Member:
    return store(new_member(org, name, **fields))[0]
