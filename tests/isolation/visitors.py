"""Probes of support access: somebody of the platform sees what a unit agreed to, and no more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, transaction

from kernel import clock
from kernel.actor import Actor
from kernel.errors import DomainError
from kernel.models import uuid7
from kernel.permissions import PUBLIC
from kernel.unit import shared_context, unit_context
from shared_apps.people.models import PlatformGrant, Session
from shared_apps.people.services import sessions
from shared_apps.support import selectors
from shared_apps.support.models import Access, Area, Pass, State
from shared_apps.support.services import accesses, visits
from tenant_apps.audit.models import Event
from tenant_apps.members.models import Member
from tenant_apps.members.views import lists
from tests import cast
from tests.conftest import FacingClient
from tests.isolation import routes
from tests.isolation.doors import MEMBERS, TURNED_AWAY, undone
from tests.isolation.findings import Findings
from tests.isolation.world import Side, World, at

PART = "00010001"
"""The part of the unit that the visitor is let into."""
DUES = "/dues/2026-11/"


def areas(world: World, us: Side, them: Side, found: Findings) -> None:
    """Every address of the desk: open where its area was agreed to, for reading; nowhere else."""
    with _visiting(us) as (client, access):
        agreed = selectors.permissions_of(access)
        for route in routes.of_face("unit"):
            if route.permission == PUBLIC or "visit/end" in route.address:
                continue
            keys = {name: us.keys[routes.TABLES[name][0]][-1] for name in route.keys}
            target = route.filled(**keys)
            for verb in route.verbs:
                if verb == "get" and route.permission in agreed:
                    continue
                answer = world.ask(client, verb, target)
                seen = us.scanner.find(answer.text, asked=target)
                is_tight = answer.status in {403, 404, 405} and not seen
                found.cell("visit, area", is_tight, verb, target, answer.status, seen)


def part(world: World, us: Side, them: Side, found: Findings) -> None:
    """Members of the agreed part open; those beside it are neither listed nor found."""
    with _visiting(us) as (client, _):
        listed = world.ask(client, "get", MEMBERS)
        for path, member_id in us.members.items():
            is_inside = path.startswith(PART)
            is_listed = us.member_name(path).encode() in listed.text
            found.cell("visit, part", is_listed == is_inside, path, "listed")
            answer = world.ask(client, "get", f"/members/{member_id}/")
            is_right = answer.status == 200 if is_inside else answer.status in {403, 404}
            found.cell("visit, part", is_right, path, answer.status)


def looks(world: World, us: Side, them: Side, found: Findings) -> None:
    """A look is on the unit's record and writes nothing else; neither file nor paper leaves."""
    with _visiting(us) as (client, _):
        answer = world.ask(client, "get", DUES)
        found.cell("visit, own", answer.status == 200, DUES, answer.status)
        answer = world.ask(client, "get", DUES, {"export": "xlsx"})
        found.cell("visit, file", answer.status == 403, answer.status)
        receipt = us.receipts["000100010001"]
        answer = world.ask(client, "get", f"/dues/receipts/{receipt}/")
        found.cell("visit, paper", answer.status == 403, answer.status)
        with undone():
            before = _noted(us)
            client.get(MEMBERS)
            client.post("/members/move/", {})
            found.cell("visit, record", _noted(us) == before + 2, before, _noted(us))
        with undone(), _a_page_that_writes() as refusals:
            client.get(MEMBERS)
        found.cell("visit, reading", refusals == [True], refusals)


def ends(world: World, us: Side, them: Side, found: Findings) -> None:
    """A visit is worth something while it is in force, in its browser, seat and unit."""
    with _visiting(us) as (client, access):
        answer = world.ask(client, "get", MEMBERS)
        found.cell("visit, own", answer.status == 200, "in force", answer.status)
        for what, changes in {
            "ended": {"state": State.ENDED},
            "only asked": {"state": State.ASKED},
            "too late": {"deadline_at": clock.now() - dt.timedelta(seconds=1)},
            "of another operator": {"operator_id": _another_operator()},
            "entered again": {"session_id": uuid7()},
        }.items():
            with undone():
                with shared_context():
                    Access.objects.filter(pk=access.pk).update(**changes)
                _out(world, client, us, found, what)
        with undone():
            with shared_context():
                PlatformGrant.objects.filter(person_id=access.operator_id).delete()
            _out(world, client, us, found, "role lost")
        with mock.patch.dict(client.defaults, {"HTTP_USER_AGENT": "another"}):
            _out(world, client, us, found, "another browser")
        with undone(), at(client, f"{them.label}.test"):
            _out(world, client, them, found, "at another unit")
            with shared_context():
                seat = Session.objects.filter(pk=access.session_id)
                seat.update(audience=f"unit:{them.unit.id}")
            _out(world, client, them, found, "a seat moved to another unit")


def passes(world: World, us: Side, them: Side, found: Findings) -> None:
    """The way in is open once, for a minute, in one browser, into one unit."""
    with undone():
        token, now = _pass(us), clock.now()
        minute = visits.PASS_LIFE + dt.timedelta(seconds=1)
        for what, unit, device, moment in (
            ("another unit", them.unit, "", now),
            ("another browser", us.unit, "another", now),
            ("too late", us.unit, "", now + minute),
            ("own", us.unit, "", now),
            ("a second time", us.unit, "", now),
        ):
            is_open = _opens(token, unit, device, moment)
            kind = "pass, own" if what == "own" else "pass"
            found.cell(kind, is_open == (what == "own"), what)
    with undone():
        token = _pass(us)
        with shared_context():
            Pass.objects.filter(access__unit_id=us.unit.id).update(
                access=Access.objects.filter(unit_id=them.unit.id)[:1].values("pk")
            )
        found.cell("pass", not _opens(token, us.unit, "", clock.now()), "of another access")


def _out(world: World, client: Any, side: Side, found: Findings, what: str) -> None:
    answer = world.ask(client, "get", MEMBERS)
    seen = side.scanner.find(answer.text)
    is_tight = answer.status in TURNED_AWAY and not seen
    found.cell("visit, refused", is_tight, what, answer.status, seen)


def _another_operator() -> UUID:
    who = cast.person("another-operator")
    with shared_context():
        PlatformGrant.objects.get_or_create(
            person=who, role="operator", defaults={"granted_at": clock.now()}
        )
    return who.id


def _opens(token: str, unit: Any, device: str, moment: dt.datetime) -> bool:
    try:
        visits.enter(token=token, unit_id=unit.id, device=device, actor=Actor(), now=moment)
    except DomainError:
        return False
    return True


def _noted(us: Side) -> int:
    with unit_context(us.unit.id):
        return Event.objects.filter(actor_kind="support").count()


@contextmanager
def _visiting(us: Side) -> Iterator[tuple[Any, Access]]:
    """A visitor in a part of the unit, by the services that the pages call; undone afterwards."""
    with undone():
        token = _pass(us)
        access, opened = visits.enter(
            token=token, unit_id=us.unit.id, device="", actor=Actor(), now=clock.now()
        )
        client = FacingClient(SERVER_NAME=f"{us.label}.test", raise_request_exception=False)
        client.cookies[settings.SIGN_IN_COOKIE] = opened.token
        yield client, access


def _pass(us: Side) -> str:
    """Asked by an operator at the console, accepted for reading in ``PART``, about to enter."""
    moment = clock.now()
    console = cast.staff(FacingClient(), "operator")
    digest = sessions.digest_of(console.cookies[settings.SIGN_IN_COOKIE].value)
    with shared_context():
        seat = Session.objects.get(digest=digest)
    operator = Actor(kind="person", person_id=seat.person_id, name="vis", session_id=seat.id)
    wanted = {"areas": list(Area.values), "hours": 24}
    access = accesses.ask(
        unit=us.unit, office="科技部", reason="核对十月的账单合计与名册", actor=operator,
        now=moment, **wanted,
    )  # fmt: skip
    administrator = Actor(kind="person", person_id=uuid7(), name="adm")
    accesses.accept(
        access_id=access.id, unit_id=us.unit.id, scope=PART, actor=administrator, now=moment,
        **wanted,
    )  # fmt: skip
    return visits.make_pass(access_id=access.id, device="", actor=operator, now=moment)


@contextmanager
def _a_page_that_writes() -> Iterator[list[bool]]:
    """Whether the database refused it, each time the list of members was asked for."""
    refusals: list[bool] = []
    get = lists.Members.get

    def writing(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            with transaction.atomic():
                Member.objects.update(posts="")
        except DatabaseError:
            refusals.append(True)
        else:
            refusals.append(False)
        return get(self, request, *args, **kwargs)

    with mock.patch.object(lists.Members, "get", writing):
        yield refusals


PROBES = (areas, part, looks, ends, passes)
