"""``bench fleet``: the whole load, kept between runs, and what the product does under it.

11,800 units with 226,400 organisations and 5.54 million members, of the sizes that units have in
life, each member with a standard and a bill of this month; ``--units`` scales all of it down.
The build goes on where it was stopped (``--seed-only`` stops after it).  Reported are disk and
catalogue, ten pages asked for by a process of readers from the product's own web processes, the
refresh of the rollups, what grows with the number of units, and memory.  The baseline is the way
without rollups: entering every unit to count (measured on a sample), against the fleet page.
"""

from __future__ import annotations

from typing import Any

from tests.bench.load import seed, shape, web, weight

SECONDS = 45


def run(options: Any) -> dict[str, Any]:
    """Figures by their unit of measure; see the package ``load`` for each."""
    count = getattr(options, "units", None) or shape.UNITS
    sizes = shape.sizes(count)
    figures: dict[str, Any] = {
        "units": count,
        "organizations": sum(size.organizations for size in sizes),
        "members": sum(size.members for size in sizes),
        "largest_unit_members": max(size.members for size in sizes),
        "build_seconds_of_this_run": round(seed.build(count)),
        **weight.disk(count),
    }
    if options.seed_only:
        return {"figures": figures, "baselines": {}, "ratios": {}}
    figures |= weight.growth(count) | weight.rollup(count)
    seen = web.measured(SECONDS)
    if seen["wrong"]:
        raise SystemExit(f"Pages that did not answer 200: {seen['wrong']}")
    figures |= seen["figures"] | {"web_process_mb": seen["web_process_mb"]} | weight.server_mb()
    visiting = weight.by_visiting() * count * 1000
    ratio = visiting / figures["fleet_p95_ms"]
    return {
        "figures": figures,
        "baselines": {"visiting_every_unit_ms": round(visiting)},
        "ratios": {"main": round(ratio, 1)},
    }
