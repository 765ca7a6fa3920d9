"""``bench crash``: the crash matrix, every phase of money × every point × whom it strikes.

Each case prepares its own money, has somebody killed with SIGKILL at the point, lets everything
follow that follows in service, and asks whether the rules of the books hold and the channels and
the bank say the same to the fen.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import Any

from tests.crash.matrix import CASES, outcome
from tests.crash.world import world


def run(options: Any) -> dict[str, Any]:
    """How many cases there were, and what was wrong after which; with ``--rows`` the first ones."""
    chosen = CASES[: getattr(options, "rows", None) or len(CASES)]
    began = time.monotonic()
    wrong: dict[str, list[str]] = {}
    with world() as one:
        for case in chosen:
            try:
                found = outcome(one, case)
            except Exception as error:  # noqa: BLE001 - the other cases are asked as well
                found = [f"{type(error).__name__}: {error}"]
            if found:
                wrong[str(case)] = found
                sys.stderr.write(f"{case}: {found}\n")
    victims = Counter(case.victim.value for case in chosen)
    return {
        "figures": {
            "cases": len(chosen),
            "phases": len({case.phase.name for case in chosen}),
            "points": len({(case.phase.name, case.point) for case in chosen}),
            **{f"struck_{victim}": count for victim, count in victims.items()},
            "wrong": len(wrong),
            "seconds": round(time.monotonic() - began, 1),
        },
        "baselines": {},
        "ratios": {},
        "off": wrong,
    }
