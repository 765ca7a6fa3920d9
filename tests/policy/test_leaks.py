"""The leak battery: every route of a unit, asked by its own people for another unit's things.

Beta is furnished with a canary in every name.  Each route that takes an id is asked with the id
of every row that beta has, by each kind of person of alpha, for reading and for writing; the
answer is 404 (or the route's refusal of the verb), and no byte of the canary comes back.  Each
denial has its allowed twin: alpha's own ids open the same route for somebody.
"""

from __future__ import annotations

import logging
import re
from importlib import import_module
from uuid import UUID

import pytest
from django.apps import apps
from django.conf import settings
from django.urls import URLPattern, URLResolver

from kernel.models import UnitBoundShared
from kernel.unit import shared_context, unit_context
from tenants.services import grants
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import make_owing_member

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

CANARY = "金丝雀"
REFUSALS = {403, 404, 405}
ID_PARAMETER = re.compile(r"<(?:uuid|str|slug):([a-z_]+)>|\(\?P<([a-z_]+)>[^)]+\)")


def routes(urlconf):
    def walk(entries, prefix):
        for entry in entries:
            route = prefix + str(entry.pattern)
            if isinstance(entry, URLResolver):
                yield from walk(entry.url_patterns, route)
            elif isinstance(entry, URLPattern):
                yield route

    return sorted(set(walk(import_module(urlconf).urlpatterns, "/")))


ROUTES = routes(settings.HOST_URLCONFS["unit"])
WITH_ID = [route for route in ROUTES if "<uuid:" in route]
PLAIN = [route for route in ROUTES if "<" not in route]


def furnish(unit, word):
    """A tree, members, standards, bills and an administrator, each named with ``word``."""
    with unit_context(unit.id):
        for branch in ("00010001", "00010002"):
            made = make_owing_member(202610, 202611, path=branch, name=f"{word}{branch[-1]}")
            made.org.name = made.org.short_name = f"{word}第{branch[-1]}党支部"
            made.org.save()
        cast.officer(FacingClient(), unit, name=f"{word}管理员")
        return made


def ids_of(unit) -> dict[str, list[UUID]]:
    """The keys of every row that belongs to ``unit``, by table."""
    found = {}
    with unit_context(unit.id):
        for model in grants.unit_models():
            found[model._meta.db_table] = list(model.objects.values_list("pk", flat=True)[:2])
    with shared_context():
        for model in apps.get_models():
            if issubclass(model, UnitBoundShared):
                rows = model.objects.filter(unit_id=unit.id)
                found[model._meta.db_table] = list(rows.values_list("pk", flat=True)[:2])
    return {table: keys for table, keys in found.items() if keys}


@pytest.fixture
def two_units(alpha, beta):
    ours = furnish(alpha, "自家人")
    theirs = furnish(beta, CANARY)
    people = {
        "unit_admin": cast.officer(FacingClient(), alpha),
        "treasurer": cast.officer(FacingClient(), alpha, role="treasurer", name="本"),
        "member": cast.member(FacingClient(), alpha, ours.id),
    }
    return people, ids_of(alpha), ids_of(beta), theirs


def address(route, key):
    filled = re.sub(r"<uuid:[a-z_]+>", str(key), route)
    filled = re.sub(r"<month:[a-z_]+>", "2026-11", filled)
    return re.sub(r"<(?:str|slug|int|path):[a-z_]+>", "1", filled)


def verbs(route):
    return ("get", "post", "patch", "delete") if "/api/" in route else ("get", "post")


@pytest.fixture(autouse=True)
def _quiet_refusals():
    """Thousands of refusals are the point; their log lines are not."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def body_of(response) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8", "replace")


def test_another_units_ids_open_nothing(two_units):
    people, _, foreign, _ = two_units
    leaks = []
    for name, client in people.items():
        for route in WITH_ID:
            for table, keys in foreign.items():
                target = address(route, keys[0])
                for verb in verbs(route):
                    response = getattr(client, verb)(target)
                    if response.status_code not in REFUSALS or CANARY in body_of(response):
                        leaks.append((name, verb, route, table, response.status_code))
    assert sorted({(verb, route, status) for _, verb, route, _, status in leaks}) == []


def test_the_same_routes_open_for_the_units_own_ids(two_units):
    people, own, _, _ = two_units
    closed = []
    for route in WITH_ID:
        opened = any(
            getattr(client, verb)(address(route, key)).status_code not in {404, 405}
            for client in people.values()
            for keys in own.values()
            for key in keys
            for verb in ("get", "post")
        )
        if not opened:
            closed.append(route)
    assert set(closed) <= NEEDS_MORE_THAN_A_ROW


NEEDS_MORE_THAN_A_ROW: set[str] = {
    "/account/sessions/<uuid:session_id>/end/",
    "/m/account/sessions/<uuid:session_id>/end/",
    "/api/v1/sessions/<uuid:session_id>/",
    "/members/moves/<uuid:move_id>/undo/",
    "/members/exports/<uuid:export_id>/",
    "/members/exports/<uuid:export_id>/file/",
    "/api/v1/members/moves/<uuid:move_id>/undo/",
    "/api/v1/members/exports/<uuid:export_id>/",
}
"""Routes whose rows the furnished units do not have; their own tests show them open."""


def test_no_list_shows_another_units_rows(two_units):
    people, _, _, _ = two_units
    leaks = [
        (name, route)
        for name, client in people.items()
        for route in PLAIN
        if CANARY in body_of(client.get(route)) + body_of(client.get(route, {"q": CANARY[:1]}))
    ]
    assert leaks == []


def test_a_session_is_worth_nothing_at_another_unit(two_units, beta):
    people, _, _, theirs = two_units
    for client in people.values():
        for host in ("beta.test", "console.test", "m.test"):
            client.defaults["SERVER_NAME"] = host
            for target in ("/", "/members/", "/m/", f"/members/{theirs.id}/"):
                response = client.get(target)
                assert response.status_code in {302, 404}
                assert CANARY not in body_of(response)


def test_the_canary_is_seen_by_its_own_unit(two_units, beta):
    """Without this, a battery that reads nothing would be green."""
    own = cast.officer(FacingClient(), beta)
    assert CANARY in body_of(own.get("/members/"))
