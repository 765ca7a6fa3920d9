"""Seats, tokens, states, cache, files, keys, rows, jobs: what stands before and below the pages."""

import pytest

from tests.isolation import applicants, battery, doors, inside
from tests.isolation.findings import Findings

pytestmark = pytest.mark.slow


def test_nothing_leaks(world):
    leaks = []
    for probe in (*doors.PROBES, *applicants.PROBES, *inside.PROBES):
        for is_turned in (False, True):
            found = Findings()
            battery.run_probe(world, probe, found, is_turned=is_turned)
            assert found.cells, f"{probe.__name__} tries nothing"
            leaks += [(probe.__name__, leak) for leak in found.leaks]
    assert leaks == []
