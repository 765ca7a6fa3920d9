"""Masked by default (rulebook 12.2): inside the own unit nobody is shown a number by just looking.

The administrator of the whole unit opens every page, address of the API, print and file that
answers to GET, and the member every page of the phone; no identity number and no phone stands in
full in what they are sent.  Numbers in full are asked for by POST, with a reason.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from kernel.unit import unit_context
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.services import revising
from tenant_apps.organizations.services.sheets import sheet_of
from tests.factories.organizations import NOW, admin
from tests.isolation import routes
from tests.isolation.scanner import Scanner
from tests.isolation.world import Side, World

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
CONTACT = "13176549876"
OWN = "000100010001"
KEYS_TRIED = 3


def looked_at(world: World, side: Side, face: str, client) -> tuple[int, list[tuple[str, str]]]:
    """How many addresses opened, and those that showed a number in full."""
    scanner = Scanner((*side.numbers, CONTACT), frozenset())
    opened, shown = 0, []
    for route in routes.of_face(face):
        if "get" not in route.verbs or "openapi" in route.address:
            continue
        keys = [key for name in route.keys for key in side.keys[routes.TABLES[name][0]]]
        for key in ([*reversed(keys)] or [None])[:KEYS_TRIED]:
            target = route.filled(**dict.fromkeys(route.keys, key))
            answer = world.ask(client, "get", target)
            opened += answer.status == 200
            if seen := scanner.find(answer.text, asked=target):
                shown.append((target, seen))
    return opened, shown


def test_nobody_is_shown_a_number_by_looking(world):
    side = world.alpha
    with unit_context(side.unit.id):
        org = side.orgs[OWN]
        revising.revise(
            organization=org, sheet=replace(sheet_of(org), contact_phone=CONTACT),
            actor=admin(), now=NOW,
        )  # fmt: skip
    opened, shown = looked_at(world, side, "unit", side.people["unit_admin"])
    assert shown == []
    assert opened > 150
    opened, shown = looked_at(world, side, "member", side.people["phone"])
    assert shown == []
    assert opened > 10
    with unit_context(side.unit.id):
        Organization.objects.filter(pk=org.pk).update(contact_phone_masked=CONTACT)
    answer = world.ask(side.people["unit_admin"], "get", f"/organizations/{org.pk}/")
    assert CONTACT.encode() in answer.text, "a probe that sees nothing proves nothing"
