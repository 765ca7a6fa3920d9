"""Two units with the same rows in the same places, and everybody who could ask for them."""

from __future__ import annotations

import copy
import datetime as dt
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import transaction

from kernel.actor import Actor
from kernel.clock import Month
from kernel.models import uuid7
from kernel.unit import shared_context, unit_context
from shared_apps.library.models import Card
from shared_apps.people.models import Session
from tenant_apps.access.models import Grant
from tenant_apps.dues.models import Bill, Receipt, Resolution, Transfer
from tenant_apps.dues.selectors import chart
from tenant_apps.dues.services import billing, standards
from tenant_apps.members.models import Category, Export
from tenant_apps.members.services import intake
from tenant_apps.organizations.models import Kind, Organization
from tests import cast
from tests.conftest import FacingClient
from tests.isolation import canaries, furniture
from tests.isolation.canaries import MARKS, Mark
from tests.isolation.scanner import Scanner, content_of

JOB = Actor.system("isolation")
TREE = {
    "0001": Kind.COMMITTEE,
    "00010001": Kind.GENERAL_BRANCH,
    "000100010001": Kind.BRANCH,
    "000100010002": Kind.BRANCH,
    "00010002": Kind.GENERAL_BRANCH,
    "000100020001": Kind.BRANCH,
}
BRANCHES = [path for path, kind in TREE.items() if kind == Kind.BRANCH]
OFFICES = {
    "unit_admin": "",
    "secretary": "000100010001",
    "treasurer": "00010001",
    "cashier": "",
    "branch_admin": "00010001",
}
"""Who works at the desk, and where; ``branch_admin`` administers a part of the unit only."""
STAFF = (
    "outreach", "operator", "settlement_maker", "settlement_checker", "system_admin",
    "security_admin", "audit_admin",
)  # fmt: skip


@dataclass
class Side:
    """One unit: its marks, its rows, its people."""

    unit: Any
    mark: Mark
    orgs: dict[str, Organization] = field(default_factory=dict)
    members: dict[str, UUID] = field(default_factory=dict)
    planted: dict[Any, Any] = field(default_factory=dict)
    keys: dict[str, list[UUID]] = field(default_factory=dict)
    people: dict[str, Any] = field(default_factory=dict)
    numbers: list[str] = field(default_factory=list)
    bills: dict[str, UUID] = field(default_factory=dict)
    receipts: dict[str, UUID] = field(default_factory=dict)
    placed: dict[str, dict[str, UUID]] = field(default_factory=dict)
    """Rows of the apps' furniture by the parameter of a route and the place they stand at."""

    @property
    def label(self) -> str:
        return self.unit.label

    def member_name(self, path: str) -> str:
        return f"{self.mark.word}员{path}"

    def row(self, label: str) -> Any:
        """The marked row of a table."""
        return next(row for model, row in self.planted.items() if model._meta.label == label)

    def planted_key(self, label: str) -> UUID:
        key: UUID = self.row(label).pk
        return key

    @property
    def scanner(self) -> Scanner:
        """Finds anything of this unit in what somebody else was given."""
        ids = {str(key) for keys in self.keys.values() for key in keys}
        return Scanner((*self.mark.texts, *self.numbers, self.unit.schema_name), frozenset(ids))


@dataclass
class World:
    """Alpha asks, beta is asked for; the battery is run again the other way round."""

    alpha: Side
    beta: Side
    staff: dict[str, Any]
    anonymous: Any
    logged: list[str] = field(default_factory=list)

    def ask(self, client: Any, verb: str, path: str, data: Any = None, **more: Any) -> Any:
        """One request whose writes and cookies are undone; ``text`` is all that was sent out.

        What it logged is part of the answer: somebody reads that too.
        """
        undo, cookies = transaction.savepoint(), copy.copy(client.cookies)
        self.logged.clear()
        try:
            response = send(client, verb, path, data, **more)
            text = content_of(response) + b"\n".join(line.encode() for line in self.logged)
            return SimpleNamespace(status=response.status_code, text=text, response=response)
        finally:
            client.cookies = cookies  # signing out is undone as well
            transaction.set_rollback(False)
            transaction.savepoint_rollback(undo)


def send(client: Any, verb: str, path: str, data: Any = None, **more: Any) -> Any:
    """As a browser would: JSON to the API, a form to a page."""
    if verb == "get":
        return client.get(path, data or {}, **more)
    if "/api/" in path:
        return getattr(client, verb)(
            path, json.dumps(data or {}, default=str), content_type="application/json", **more
        )
    return getattr(client, verb)(path, data or {}, **more)


def build(alpha: Any, beta: Any) -> World:
    """Fills both units; needs a transaction that the caller rolls back."""
    sides = [_side(unit) for unit in (alpha, beta)]
    staff = {role: _quiet(cast.staff(FacingClient(), role)) for role in STAFF}
    return World(*sides, staff, _quiet(FacingClient()))


def _side(unit: Any) -> Side:
    side = Side(unit, MARKS[unit.label])
    with unit_context(unit.id):
        _plant_tree(side)
        _plant_members(side)
    own = side.members["000100010001"]
    person = cast.person(f"member-{own}")
    side.planted = canaries.plant(
        unit,
        side.mark,
        {
            "people.Affiliation.person": person,
            "payments.Order.payer_person_id": person.id,
            "payments.Order.payer_member_id": own,
            "dues.Receipt.card_id": Card.objects.values_list("pk", flat=True).first(),
            "access.Grant.person_id": cast.person(f"planted-{unit.label}").id,
        },
    )
    _seat_people(side, own)
    _link(side, own)
    with unit_context(unit.id):
        furniture.furnish(side, own)
    side.keys = canaries.keys_of(unit)
    with unit_context(unit.id):
        seated = Grant.objects.order_by("pk").values_list("person_id", flat=True)
        side.keys["people.Person"] = list(dict.fromkeys(seated))
    with shared_context():
        mine = Session.objects.filter(audience=f"unit:{unit.id}")
        side.keys["people.Session"] = list(mine.values_list("pk", flat=True))
    return side


def _plant_tree(side: Side) -> None:
    for path, kind in TREE.items():
        side.orgs[path] = Organization.objects.create(
            parent=side.orgs.get(path[:-4]),
            path=path,
            depth=len(path) // 4,
            name=f"{side.mark.word}组织{path}",
            short_name=f"{side.mark.word}组织{path}",
            kind=kind,
            created_at=canaries.NOW,
        )


def _plant_members(side: Side) -> None:
    """One member per branch, with a standard and two months' bills; numbers differ by unit."""
    digit = "1" if side.label == "alpha" else "2"
    for number, path in enumerate(BRANCHES):
        phone, identity = f"13{digit}7654{number:04d}", f"32030319800{digit}01{number:04d}"
        side.numbers += [phone, identity]
        new = intake.NewMember(
            row_key=path,
            org_id=side.orgs[path].id,
            org_path=path,
            name=side.member_name(path),
            category=Category.FULL,
            identity_number=identity,
            phone=phone,
            gender="F",
            ethnicity="汉族",
            birth_on=dt.date(1980, 1, 1),
            education=f"{side.mark.word}大学",
            joined_on=dt.date(2008, 7, 1),
            full_on=dt.date(2009, 7, 1),
        )
        stored = intake.store(rows=[new], import_id=side.orgs[path].id, actor=JOB, now=canaries.NOW)
        side.members[path] = stored.made[0].member_id
        standards.set_one(
            member_id=side.members[path],
            category="WAGE",
            base_fen=side.mark.fen,
            month=Month(202601),
            reason=f"{side.mark.word}核定",
            actor=JOB,
            now=canaries.NOW,
        )
    for month in (202610, 202611):
        billing.issue_month(month=Month(month), actor=JOB, now=canaries.NOW)
    for path, member_id in side.members.items():
        side.bills[path] = Bill.objects.get(member_id=member_id, month=202611).id


def _seat_people(side: Side, own: UUID) -> None:
    unit = side.unit
    for name, scope in OFFICES.items():
        role = "unit_admin" if name == "branch_admin" else name
        said = f"{side.mark.word}{name}"
        client = cast.officer(FacingClient(), unit, role=role, scope=scope, name=said)
        side.people[name] = _quiet(client)
    side.people["member"] = _quiet(cast.member(FacingClient(), unit, own))
    side.people["phone"] = _quiet(cast.member(FacingClient(), unit, own, host="m.test"))


def _link(side: Side, own: UUID) -> None:
    """Rows that lead to people: the member's receipt and order, the administrator's export."""
    with unit_context(side.unit.id):
        receipt, export = side.row("dues.Receipt"), side.row("members.Export")
        Receipt.objects.filter(pk=receipt.pk).update(member_id=own, org=side.orgs["000100010001"])
        admin = cast.person(f"{side.mark.word}unit_admin-unit_admin--{side.label}")
        Export.objects.filter(pk=export.pk).update(requested_by=admin.id)
        side.receipts["000100010001"] = receipt.pk
        side.receipts["000100020001"] = Receipt.objects.create(
            serial="2026-000002",
            member_id=side.members["000100020001"],
            order_id=uuid7(),
            months=[202611],
            amount_fen=side.mark.fen,
            org=side.orgs["000100020001"],
            channel="wechat",
            verify_code="SAMECODE",
            issued_at=canaries.NOW,
        ).pk
        held = Transfer.objects.create(
            at=canaries.NOW,
            debit=f"{chart.CLEARING}:wechat",
            credit=chart.SUSPENSE,
            amount_fen=side.mark.fen,
            effect=f"{side.mark.word}suspended",
            order_id=side.row("payments.Order").pk,
            memo=f"{side.mark.word}待确认",
        )
        decided = Resolution.objects.filter(pk=side.row("dues.Resolution").pk)
        decided.update(suspension=held)


def _quiet(client: Any) -> Any:
    """An error of the server is an answer like any other, to be judged."""
    client.raise_request_exception = False
    return client


@contextmanager
def at(client: Any, host: str) -> Iterator[None]:
    """The client asks another host for a while, and its own again whatever happens."""
    own = client.defaults["SERVER_NAME"]
    client.defaults["SERVER_NAME"] = host
    try:
        yield
    finally:
        client.defaults["SERVER_NAME"] = own


@contextmanager
def listening(world: World) -> Iterator[None]:
    """Everything that is logged while requests run is read like an answer."""

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            world.logged.append(self.format(record))

    root, ear = logging.getLogger(), Ear(level=logging.INFO)
    before = root.handlers[:]
    root.handlers = [ear]
    cache.clear()
    try:
        yield
    finally:
        root.handlers = before
