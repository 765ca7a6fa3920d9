"""The battery over HTTP: every route of every face."""

import pytest

from tests.isolation import battery, routes
from tests.isolation.findings import Findings

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("probe", battery.PAGES, ids=lambda probe: probe.__name__)
def test_nothing_leaks(world, probe):
    found = Findings()
    battery.run_probe(world, probe, found)
    assert not found.leaks, "\n".join(found.leaks)
    assert sum(found.cells.values()) > 10, "a probe that tries nothing proves nothing"


def test_every_parameter_of_a_route_leads_to_a_table():
    named = {name for route in routes.of_face("unit", "member") for name in route.keys}
    assert named <= set(routes.TABLES)


def test_the_mark_is_seen_by_its_own_unit(world):
    """Without this, a battery that reads nothing would be green."""
    for side in (world.alpha, world.beta):
        answer = world.ask(side.people["unit_admin"], "get", "/members/")
        assert side.scanner.find(answer.text)
