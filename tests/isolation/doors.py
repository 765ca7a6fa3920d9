"""Probes of what stands before and beside the pages: seats, tokens, states, proofs, replies."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.core.cache import cache as raw_cache
from django.db import transaction
from django.test import Client

from kernel import clock, crypto
from kernel.actor import Actor
from kernel.models import uuid7
from kernel.unit import shared_context, unit_context
from shared_apps.payments import selectors
from shared_apps.payments.models import ChannelConfig, Order
from shared_apps.payments.services import callbacks
from shared_apps.people.models import Affiliation, Person, Session
from shared_apps.people.services import invitations
from tenant_apps.access.models import Grant
from tenant_apps.organizations.services import moving
from tenant_apps.organizations.services.turns import Decision
from tests import cast
from tests.conftest import FacingClient
from tests.isolation.findings import Findings
from tests.isolation.world import Side, World, at

TURNED_AWAY = frozenset({302, 401, 403, 404, 503})
MEMBERS = "/members/"


@contextmanager
def undone() -> Any:
    """Whatever the block writes is undone."""
    undo = transaction.savepoint()
    try:
        yield
    finally:
        transaction.set_rollback(False)
        transaction.savepoint_rollback(undo)


def _in(found: Findings, kind: str, world: World, client: Any, what: str) -> None:
    answer = world.ask(client, "get", MEMBERS)
    found.cell(kind, answer.status == 200, what, answer.status)


def _out(found: Findings, kind: str, world: World, client: Any, what: str) -> None:
    answer = world.ask(client, "get", MEMBERS)
    found.cell(kind, answer.status in TURNED_AWAY, what, answer.status)


def seats(world: World, us: Side, them: Side, found: Findings) -> None:
    """A seat ends with its time, its person, its role; and begins with the second factor."""
    client = us.people["unit_admin"]
    _in(found, "seat, own", world, client, "alive")
    digest = _digest(client)
    for what, changes in {
        "ended": {"ended_at": clock.now()},
        "idle": {"seen_at": clock.now() - dt.timedelta(hours=1)},
        "too old": {"created_at": clock.now() - dt.timedelta(hours=13)},
        "without second factor": {"second_factor_at": None},
        "of another unit": {"audience": f"unit:{them.unit.id}"},
        "of the console": {"audience": "console"},
    }.items():
        with undone():
            with shared_context():
                Session.objects.filter(digest=digest).update(**changes)
            _out(found, "seat, refused", world, client, what)
    with undone():
        with shared_context():
            Person.objects.filter(sessions__digest=digest).update(is_active=False)
        _out(found, "seat, refused", world, client, "person out of service")
    with undone():
        with unit_context(us.unit.id):
            Grant.objects.update(revoked_at=clock.now())
        _out(found, "seat, refused", world, client, "role revoked")
    _member_seats(world, us, them, found)


def _member_seats(world: World, us: Side, them: Side, found: Findings) -> None:
    """The phone's host serves the unit and the member that the affiliation still names."""
    for client, target in ((us.people["phone"], "/m/me/"), (us.people["member"], "/m/me/")):
        answer = world.ask(client, "get", target)
        found.cell("seat, own", answer.status == 200, target, answer.status)
        with undone():
            with shared_context():
                mine = Affiliation.objects.filter(member_id=us.members["000100010001"])
                mine.update(person=None)
            answer = world.ask(client, "get", target)
            found.cell("seat, refused", answer.status in TURNED_AWAY, "affiliation gone")
        with undone():
            with shared_context():
                Session.objects.filter(digest=_digest(client)).update(
                    unit_id=them.unit.id, member_id=them.members["000100010001"]
                )
            answer = world.ask(client, "get", target)
            seen = them.scanner.find(answer.text)
            is_tight = answer.status in TURNED_AWAY and not seen
            found.cell("seat, refused", is_tight, "another unit's member", answer.status, seen)


def _digest(client: Any) -> bytes:
    return _sessions_digest(client.cookies[settings.SIGN_IN_COOKIE].value)


def roles_of_one_person(world: World, us: Side, them: Side, found: Findings) -> None:
    """Who administers one unit and sits in another holds nothing there; replies stay where they
    were given, even under the same key.
    """
    with undone():
        both = [_seat(side, "both") for side in (us, them)]
        for side, client in zip((us, them), both, strict=True):
            with undone():
                with unit_context(side.unit.id):
                    Grant.objects.filter(person_name="both").update(revoked_at=clock.now())
                _out(found, "one person", world, client, f"no role in {side.label}")
            _in(found, "one person, own", world, client, side.label)
        _same_key(world, us, them, both, found)


def _same_key(world: World, us: Side, them: Side, both: list[Any], found: Findings) -> None:
    """The same Idempotency-Key, path and body by the same person in two units: two answers."""
    raw_cache.clear()
    target, headers = "/api/v1/members/exports/", {"Idempotency-Key": "the-same-key-0001"}
    body = {"form": "xlsx", "address": "", "reason": "核对名册", "is_full": False}
    first = world.ask(both[0], "post", target, body, headers=headers)
    again = world.ask(both[0], "post", target, body, headers=headers)
    found.cell("idempotency, own", first.status == 201 and again.status == 201, first.status)
    found.cell("idempotency, own", first.response.content == again.response.content, "not kept")
    another = world.ask(us.people["branch_admin"], "post", target, body, headers=headers)
    is_tight = another.response.content != first.response.content and another.status == 201
    found.cell("idempotency", is_tight, "another person", another.status)
    theirs = world.ask(both[1], "post", target, body, headers=headers)
    is_tight = theirs.response.content != first.response.content and theirs.status == 201
    found.cell("idempotency", is_tight, theirs.status, theirs.response.content[:120])


def _seat(side: Side, name: str) -> Any:
    """The same person, administrator in each unit."""
    who = cast.person(name)
    with unit_context(side.unit.id):
        Grant.objects.create(
            person_id=who.id, person_name=name, role="unit_admin", scope="", granted_at=clock.now()
        )
    return cast._seat(
        FacingClient(raise_request_exception=False),
        who,
        "administrator",
        "unit",
        side.unit.id,
        f"{side.label}.test",
    )


def tokens(world: World, us: Side, them: Side, found: Findings) -> None:
    """What was signed or sent for one unit opens nothing in another."""
    with undone():
        _undo_links(world, us, them, found)
    with undone():
        _invitations(world, us, them, found)
    _receipts(world, us, them, found)


def _undo_links(world: World, us: Side, them: Side, found: Findings) -> None:
    admin, moment = us.people["unit_admin"], clock.now()
    with unit_context(us.unit.id):
        act = moving.move(
            organization=us.orgs["000100010001"],
            parent=us.orgs["00010002"],
            decision=Decision(on=clock.today(), reason="机构改革"),
            actor=_office_of_admin(us),
            now=moment,
        )
    kept, made = {"act": str(act)}, []
    for side in (us, them):
        with unit_context(side.unit.id):
            made.append(crypto.sign(kept, purpose="organization.act", now=moment))
            made.append(crypto.sign(kept, purpose="invitation.phone", now=moment))
    own, other_purpose, foreign, _ = made
    path = "/organizations/acts/{}/undo/"
    for token in (foreign, other_purpose, own[:-2] + "AA"):
        found.refused("token", world.ask(admin, "post", path.format(token)), them.scanner, token)
    with unit_context(us.unit.id):
        stale = crypto.sign(kept, purpose="organization.act", now=moment - dt.timedelta(days=2))
    found.refused("token", world.ask(admin, "post", path.format(stale)), them.scanner, "stale")
    found.opened("token, own", world.ask(admin, "post", path.format(own)), "move")


def _office_of_admin(side: Side) -> Actor:
    """The administrator who is signed in, as an actor: only who moved it may take a move back."""
    who = cast.person(f"{side.mark.word}unit_admin-unit_admin--{side.label}")
    held = Grant.objects.get(person_id=who.id)
    return Actor(kind="person", person_id=held.person_id, name=held.person_name)


def _invitations(world: World, us: Side, them: Side, found: Findings) -> None:
    world.anonymous.defaults["SERVER_NAME"] = f"{us.label}.test"
    links = []
    for number, side in enumerate((us, them)):
        invited = invitations.invite(
            unit_id=side.unit.id,
            unit_role=side.unit.schema_name,
            role="secretary",
            name=f"{side.mark.shared_word}受邀人",
            phone=f"1370000000{number}",
            actor=Actor.system("isolation"),
            now=clock.now(),
        )
        links.append(f"/invitation/{invited.token}/")
    found.opened("token, own", world.ask(world.anonymous, "get", links[0]), "invitation")
    answer = world.ask(world.anonymous, "get", links[1])
    seen = them.scanner.find(answer.text)
    found.cell("token", answer.status >= 400 and not seen, "invitation", answer.status, seen)


def _receipts(world: World, us: Side, them: Side, found: Findings) -> None:
    """Both units have a receipt with the same number and code: each host knows its own."""
    world.anonymous.defaults["SERVER_NAME"] = f"{us.label}.test"
    given = {"serial": "2026-000001", "code": "SAMECODE"}
    answer = world.ask(world.anonymous, "post", "/api/v1/dues/receipts/verify/", given)
    found.cell("receipt, own", us.mark.word.encode() in answer.text, answer.status)
    found.silent("receipt", answer, them.scanner, "verify")
    wrong = world.ask(
        world.anonymous, "post", "/api/v1/dues/receipts/verify/", {**given, "code": "WRONG"}
    )
    found.silent("receipt", wrong, us.scanner, "wrong code")


def forgeries(world: World, us: Side, them: Side, found: Findings) -> None:
    """A write without the page's token is refused, on pages and in the API."""
    admin = us.people["unit_admin"]
    strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
    strict.cookies, strict.defaults = admin.cookies, dict(admin.defaults)
    member, org = us.members["000100010001"], us.orgs["000100010002"].id
    for path, body in (
        ("/members/move/", {"id": str(member), "to": str(org)}),
        (f"/api/v1/members/{member}/move/", {"org_id": str(org)}),
    ):
        found.opened("forgery, own", world.ask(admin, "post", path, body), path)
        answer = world.ask(strict, "post", path, body)
        found.cell("forgery", answer.status == 403, path, answer.status)


def states(world: World, us: Side, them: Side, found: Findings) -> None:
    """A unit that is suspended answers nobody, one that is read-only changes nothing."""
    admin, member = us.people["unit_admin"], us.members["000100010001"]
    move, body = f"/api/v1/members/{member}/move/", {"org_id": str(us.orgs["000100010002"].id)}
    for state, may_read, may_write in (
        ("live", True, True),
        ("read_only", True, False),
        ("closing", True, False),
        ("suspended", False, False),
        ("closed", False, False),
        ("draft", False, False),
    ):
        with undone():
            with shared_context():
                # Seen a moment ago: noting it again would write inside the test's transaction,
                # which a read-only unit makes read-only as a whole.
                Session.objects.update(seen_at=clock.now())
                type(us.unit).objects.filter(pk=us.unit.pk).update(state=state)
            for verb, path, data, is_open in (
                ("get", MEMBERS, None, may_read),
                ("post", move, body, may_write),
            ):
                answer = world.ask(admin, verb, path, data)
                seen = "" if is_open else us.scanner.find(answer.text, asked=path + str(data))
                is_tight = (answer.status < 400) == is_open and not seen
                found.cell(f"state, {state}", is_tight, verb, answer.status, seen)
            phone = world.ask(us.people["phone"], "get", "/m/me/")
            found.cell(f"state, {state}", (phone.status == 200) == may_read, phone.status)


def hosts(world: World, us: Side, them: Side, found: Findings) -> None:
    """Only the exact host leads to a unit; one that was given up leads to no rows."""
    admin = us.people["unit_admin"]
    for host in ("x.test", f"x{us.label}.test", f"{us.label}.test.x", "test", f"{us.label}x.test"):
        with at(admin, host):
            answer = world.ask(admin, "get", MEMBERS)
        seen = us.scanner.find(answer.text)
        found.cell("host", answer.status in TURNED_AWAY and not seen, host, answer.status, seen)
    with undone():
        with shared_context():
            us.unit.domains.update(retired_at=clock.now())
        answer = world.ask(admin, "get", MEMBERS)
        seen = us.scanner.find(answer.text)
        found.cell("host", answer.status != 200 and not seen, "given up", answer.status, seen)


def payments(world: World, us: Side, them: Side, found: Findings) -> None:
    """A channel's telling is matched with an order of the unit whose address it came to."""
    with shared_context():
        for account, payer, is_own in ((us, us, True), (us, them, False), (them, us, False)):
            config = ChannelConfig.objects.get(unit_id=account.unit.id)
            order = Order.objects.get(unit_id=payer.unit.id)
            with undone():
                # The same merchant account may serve two units: only the unit tells them apart.
                order.pk, order.out_trade_no, order.config = uuid7(), "ISOLATION1", config
                order.transaction_id = "isolation"
                order.save(force_insert=True)
                fact = SimpleNamespace(
                    out_trade_no=order.out_trade_no, currency="CNY", amount_fen=order.amount_fen
                )
                terms = selectors.order_terms([order.out_trade_no])[order.out_trade_no]
                is_matched = callbacks.mismatch(config, terms, fact) is None
            found.cell("payment", is_matched == is_own, account.label, payer.label)


def _sessions_digest(token: str) -> bytes:
    return invitations.sessions.digest_of(token)


PROBES = (seats, roles_of_one_person, tokens, forgeries, states, hosts, payments)
