"""Probes over HTTP: every route, asked by the wrong person, for the wrong thing, the wrong way."""

from __future__ import annotations

from typing import Any

from kernel import clock
from kernel.models import uuid7
from tests.isolation import routes, sampling
from tests.isolation.findings import Findings
from tests.isolation.routes import Route
from tests.isolation.scanner import Scanner
from tests.isolation.world import OFFICES, STAFF, TREE, Side, World, at

NOT_SIGNED_IN = frozenset({204, 302, 401, 403, 404, 405})
SPRAYED = (
    "id", "ids", "org", "org_id", "member", "member_id", "parent", "parent_id", "to", "person",
    "person_id", "unit", "unit_id", "scope", "bill", "order", "receipt", "export", "address", "q",
)  # fmt: skip
"""Names under which a request may carry a key; every one is sent with a key of the other unit."""


def foreign_keys_in_paths(world: World, us: Side, them: Side, found: Findings) -> None:
    """The key of another unit's row opens nothing, whoever asks and whatever the verb."""
    scanner = them.scanner
    for route in _with_keys(found.where):
        for name, client in _askers(world, us, route, found):
            for key in _keys_for(route, them, name, found):
                target = route.filled(**dict.fromkeys(route.keys, key))
                for verb in route.verbs:
                    answer = world.ask(client, verb, target)
                    if name == "anonymous":
                        is_tight = answer.status in NOT_SIGNED_IN
                        seen = scanner.find(answer.text, asked=target)
                        found.cell("path", is_tight and not seen, name, verb, target, seen)
                    else:
                        found.refused("path", answer, scanner, name, verb, target)


def own_keys_in_paths(world: World, us: Side, them: Side, found: Findings) -> None:
    """The twin: the same routes open for somebody with a key of their own."""
    for route in _with_keys(found.where):
        if route.address in ROWS_MADE_ELSEWHERE:
            continue
        keys = [key for name in route.keys for label in routes.TABLES[name]
                for key in us.keys[label]]  # fmt: skip
        is_open = any(
            world.ask(client, verb, route.filled(**dict.fromkeys(route.keys, key))).status
            not in {401, 403, 404, 405, 500}
            for name, client in us.people.items()
            if (name == "phone") == (route.face == "member") and sampling.may(name, route)
            for key in keys
            for verb in route.verbs
        )
        found.cell("path, own", is_open, route.address)


ROWS_MADE_ELSEWHERE = {
    "/members/moves/<uuid:move_id>/undo/",
    "/api/v1/members/moves/<uuid:move_id>/undo/",
    "/takeouts/<uuid:takeout_id>/file/",
    "/api/v1/takeouts/<uuid:takeout_id>/file/",
    "/m/cards/<uuid:card_id>/",
    "/m/admission/files/<uuid:paper_id>/",
    "/api/v1/admissions/own/papers/<uuid:paper_id>/",
    "/members/groupings/<uuid:move_id>/undo/",
    "/api/v1/members/groupings/<uuid:move_id>/undo/",
    "/organizations/<uuid:org_id>/acts/<uuid:act_id>/paper/",  # two keys of two tables
    "/api/v1/organizations/<uuid:org_id>/acts/<uuid:act_id>/paper/",
    "/access/roles/<uuid:grant_id>/restore/",
    "/api/v1/organizations/acts/<uuid:act_id>/undo/",
    "/api/v1/members/proposals/<uuid:proposal_id>/withdraw/",
    "/dues/standards/year/<uuid:batch_id>/back/",
    "/api/v1/dues/years/batches/<uuid:batch_id>/",
    "/api/v1/treasury/differences/<uuid:difference_id>/ask/",  # the channel must answer
    "/api/v1/treasury/differences/<uuid:difference_id>/check/",  # of a balance alone
    "/api/v1/treasury/differences/<uuid:difference_id>/stray/claim/",  # of money without an order
    "/api/v1/treasury/differences/<uuid:difference_id>/stray/confirm/",
    "/api/v1/treasury/differences/<uuid:difference_id>/stray/give-back/",
    "/api/v1/treasury/differences/<uuid:difference_id>/stray/withdraw/",
    "/treasury/handovers/<uuid:list_id>/withdraw/",  # to whoever drew it up
    "/api/v1/treasury/handovers/<uuid:list_id>/withdraw/",
}
"""Routes that open only after an act of minutes before, or to its author alone; tests of their
rooms show it, and ``applicants`` what opens to an applicant."""


def lists_and_sprays(world: World, us: Side, them: Side, found: Findings) -> None:
    """No page without a key shows another unit's rows, whatever else the request carries."""
    scanner = them.scanner
    row = them.planted_key("members.Member")
    sprayed = dict.fromkeys(SPRAYED, str(row))
    nested = {**sprayed, "rows": [sprayed], "ids": [str(row)], "unit": {"id": str(them.unit.id)}}
    headers = {
        "X-Forwarded-Host": f"{them.label}.test",
        "X-Unit": str(them.unit.id),
        "X-Tenant-Id": them.unit.schema_name,
        "Idempotency-Key": str(them.unit.id),
    }
    for route in routes.of_face("unit", "member"):
        if route.keys or "<str" in route.address or "openapi" in route.address:
            continue
        if found.where not in route.address:
            continue
        target = route.filled()
        askers = list(_askers(world, us, route, found))
        for name, client in askers:
            is_first = client is askers[0][1]
            for verb in route.verbs:
                is_read = verb == "get"
                # What is sprayed may filter the rows away: the mightiest reads without it.
                if found.is_wide or (is_first and is_read):
                    plain = world.ask(client, verb, target)
                    found.silent("list", plain, scanner, name, verb, target)
                if found.is_wide or not (is_first and is_read) or len(askers) == 1:
                    body = sprayed if is_read or "/api/" not in target else nested
                    heard = world.ask(client, verb, target, body, headers=headers)
                    found.silent("spray", heard, scanner, name, verb, target, row, them.unit.id)


def scopes_inside(world: World, us: Side, them: Side, found: Findings) -> None:
    """Inside the unit: who works in one part of the tree sees nothing of the others."""
    for name in ("secretary", "treasurer", "branch_admin", "member"):
        scope = OFFICES.get(name, MEMBERS_OWN)
        outside = [path for path in TREE if not path.startswith(scope)]
        if name == "member":
            outside = [path for path in TREE if path != MEMBERS_OWN]
        _rows_at(world, us, found, name, scope, outside)
        _lists_of(world, us, found, name, outside)


MEMBERS_OWN = "000100010001"


def _rows_at(
    world: World, us: Side, found: Findings, name: str, scope: str, outside: list[str]
) -> None:
    """Every route with the key of what stands at a place outside."""
    for route in _with_keys(found.where):
        if route.face != "unit":
            continue
        places = [path for path in outside if _key_at(us, route, path) is not None]
        if not found.is_wide:
            places = sampling.places(name, places, route)
        for path in places:
            scanner = Scanner((us.member_name(path),), frozenset())
            target = route.filled(**dict.fromkeys(route.keys, _key_at(us, route, path)))
            for verb in route.verbs:
                answer = world.ask(us.people[name], verb, target)
                kind = f"scope, {_relation(scope, path)}"
                found.refused(kind, answer, scanner, name, verb, target)


def _lists_of(world: World, us: Side, found: Findings, name: str, outside: list[str]) -> None:
    """No list and no search shows a member outside."""
    names = tuple(us.member_name(path) for path in outside if path in us.members)
    scanner = Scanner(names, frozenset())
    for route in routes.of_face("unit"):
        is_list = not route.keys and "get" in route.verbs and "<str" not in route.address
        if is_list and found.where in route.address and "openapi" not in route.address:
            answer = world.ask(us.people[name], "get", route.filled(), {"q": us.mark.word})
            found.silent("scope, list", answer, scanner, name, route.address)


def seats_elsewhere(world: World, us: Side, them: Side, found: Findings) -> None:
    """A cookie is worth nothing at any host but its own."""
    hosts = {"unit": f"{them.label}.test", "console": "console.test", "member": "m.test"}
    hosts["own"] = f"{us.label}.test"
    for name, client in us.people.items():
        own = client.defaults["SERVER_NAME"]
        for face, host in hosts.items():
            if host == own:
                continue
            with at(client, host):
                shown = face if face != "own" else "unit"
                _knock(world, us, found, name, shown, them)


def _knock(world, us, found, name, face, them) -> None:
    scanner = them.scanner
    for route in routes.of_face(face):
        if route.is_public or route.keys or "get" not in route.verbs:
            continue
        if not found.is_wide and [name] != sampling.one_of(list(us.people), face, route.address):
            continue
        answer = world.ask(us.people[name], "get", route.filled())
        seen = scanner.find(answer.text)
        is_tight = answer.status in NOT_SIGNED_IN and not seen
        found.cell("seat", is_tight, f"seat, {name}", face, route.address, answer.status, seen)


def console_roles(world: World, us: Side, them: Side, found: Findings) -> None:
    """On the console: a role does what the table says, and nobody reads a unit's own rows."""
    inside = Scanner((us.mark.word, them.mark.word), frozenset())
    for route in routes.of_face("console"):
        if route.is_public or found.where not in route.address:
            continue
        key = them.unit.id if "unit_id" in route.keys else uuid7()
        target = route.filled(**dict.fromkeys(route.keys, key))
        for role in STAFF if found.is_wide else sampling.people(STAFF, route):
            is_allowed = sampling.may(role, route)
            for verb in route.verbs:
                answer = world.ask(world.staff[role], verb, target)
                seen = inside.find(answer.text)
                is_tight = not seen and (is_allowed or answer.status in {403, 405})
                found.cell("console", is_tight, role, verb, target, answer.status, seen)
        if found.is_wide or sampling.is_knocked_at(route):
            anonymous = world.ask(world.anonymous, "get", target, headers={"host": "console.test"})
            found.cell("console", anonymous.status in NOT_SIGNED_IN, "anonymous", target)


def keys_in_bodies(world: World, us: Side, them: Side, found: Findings) -> None:
    """A key in a form or a JSON body: refused or left out, and the twin with an own key works."""
    admin, scanner = us.people["unit_admin"], them.scanner
    for verb, target, make in _bodies(us):
        own, foreign = make(us), make(them)
        before = world.ask(admin, verb, target, own)
        found.opened("body, own", before, target)
        answer = world.ask(admin, verb, target, foreign)
        seen = scanner.find(answer.text, asked=str(foreign))
        is_tight = answer.status in {400, 403, 404, 409, 422} and not seen
        found.cell("body", is_tight, target, answer.status, seen)
    listed = world.ask(admin, "post", "/members/move/", {"id": str(them.members["000100010001"])})
    found.silent("body", listed, scanner, "/members/move/", them.members["000100010001"])


def _bodies(us: Side) -> Any:
    member, org = us.members["000100010001"], us.orgs["000100010001"].id
    yield (
        "post",
        f"/api/v1/members/{member}/move/",
        lambda side: {"org_id": side.orgs["000100010002"].id},
    )
    yield (
        "post",
        f"/api/v1/organizations/{org}/move/",
        lambda side: {
            "parent_id": side.orgs["00010002"].id,
            "on": clock.today().isoformat(),
            "reason": "机构改革",
        },
    )
    yield (
        "post",
        "/api/v1/organizations/",
        lambda side: {
            "parent_id": side.orgs["00010002"].id,
            "name": "新建支部",
            "short_name": "新建支部",
            "kind": "BRANCH",
            "document": "批〔2026〕1号",
        },
    )
    yield (
        "post",
        "/members/move/",
        lambda side: {
            "id": str(member),
            "to": str(side.orgs["000100010002"].id),
        },
    )
    yield (
        "post",
        "/api/v1/grants/",
        lambda side: {
            "person_id": str(side.row("access.Grant").person_id),
            "role": "secretary",
            "scope": "",
        },
    )


def _with_keys(where: str) -> list[Route]:
    faces = routes.of_face("unit", "member")
    return [route for route in faces if route.keys and where in route.address]


def _askers(world: World, us: Side, route: Route, found: Findings) -> Any:
    if route.face == "member":
        yield "phone", us.people["phone"]
        return
    names = [name for name in us.people if name != "phone"]
    yield from (
        (name, us.people[name])
        for name in (names if found.is_wide else sampling.people(names, route))
    )
    if found.is_wide or sampling.is_knocked_at(route):
        world.anonymous.defaults["SERVER_NAME"] = f"{us.label}.test"
        yield "anonymous", world.anonymous


def _keys_for(route: Route, side: Side, name: str, found: Findings) -> list[Any]:
    """A key that fits the parameter; at the bench two, and the mightiest has every table's."""
    fitting = [key for name in route.keys for label in routes.TABLES[name]
               for key in side.keys[label][-2:]]  # fmt: skip
    if not found.is_wide:
        return sampling.one_of(fitting, name, route.address)
    if name == "unit_admin":
        fitting += [keys[-1] for keys in side.keys.values()]
    return list(dict.fromkeys(fitting))


def _key_at(side: Side, route: Route, path: str) -> Any:
    """The row at an organisation's place to which the parameter could lead."""
    places: dict[str, dict[str, Any]] = {
        "org_id": {place: org.id for place, org in side.orgs.items()},
        "member_id": side.members,
        "bill_id": side.bills,
        "receipt_id": side.receipts,
        # What belongs to the whole unit, or to its administrator alone, stands at the root.
        "grant_id": {"0001": side.planted_key("access.Grant")},
        "export_id": {"0001": side.planted_key("members.Export")},
        **side.placed,
    }
    return places.get(route.keys[0], {}).get(path)


def _relation(scope: str, path: str) -> str:
    if scope.startswith(path):
        return "parent"
    if path[:-4] == scope[:-4]:
        return "sibling"
    return "other sub-tree"
