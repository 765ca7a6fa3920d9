"""``bench isolation``: the whole battery both ways round, and the mutation run.

``main`` is the share of mutants that the battery turned red for; the baseline is what a battery
that looks at nothing would kill.  ``--units 1`` runs alpha against beta only.
"""

from __future__ import annotations

import io
import time
from collections import Counter
from contextlib import redirect_stderr
from typing import Any

from tests.database import open_unit
from tests.isolation import battery, canaries, database
from tests.isolation.findings import Findings


def run(options: Any) -> dict[str, Any]:
    """Cells by probe, leaks, mutants and those killed; raises when a canary is missing."""
    alpha, beta = open_unit("alpha"), open_unit("beta")
    turns = (False,) if getattr(options, "units", None) == 1 else (False, True)
    cells, leaks = Counter[str](), []
    began = time.perf_counter()
    with redirect_stderr(io.StringIO()), battery.furnished(alpha, beta) as world:
        for side in (world.alpha, world.beta):
            bare = [n for n, seen in canaries.marked_columns(side.unit, side.mark) if not seen]
            if bare:
                raise RuntimeError(f"columns without a canary: {bare}")
        for is_turned in turns:
            for probe in battery.PROBES:
                found = Findings(is_wide=True)
                battery.run_probe(world, probe, found, is_turned=is_turned)
                cells[probe.__name__] += sum(found.cells.values())
                leaks += found.leaks
        battery_seconds = time.perf_counter() - began
        alive = battery.survivors(world)
    for probe in database.PROBES:
        found = Findings()
        battery.probe_database(alpha, beta, found, probe)
        cells[probe.__name__] += sum(found.cells.values())
        leaks += found.leaks
    alive += battery.surviving_statements(alpha, beta)
    mutants = len(battery.CODE) + len(battery.STATEMENTS)
    killed = mutants - len(alive)
    return {
        "figures": {
            "cells": sum(cells.values()),
            **{f"cells_{name.strip('_')}": count for name, count in sorted(cells.items())},
            "leaks": len(leaks),
            "first_leaks": leaks[:5],
            "mutants": mutants,
            "killed": killed,
            "survivors": alive,
            "battery_seconds": round(battery_seconds, 1),
            "seconds": round(time.perf_counter() - began, 1),
        },
        "baselines": {"killed_by_a_battery_that_looks_at_nothing": 0},
        "ratios": {"main": round(killed / mutants, 3)},
    }
