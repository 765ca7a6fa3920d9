"""``python -m tests.crash.sample``: some of the matrix, in a process that nothing else has used.

Whoever forks hands on what it holds; a test process holds a driver of browsers, open transactions
and connections to its own database.
"""

from __future__ import annotations

import os
import sys
from typing import Final

import django

SAMPLE: Final = {
    ("payment begun", "_prepay", "process"),
    ("callback heard", "store", "server"),
    ("callback heard", "apply_in_unit", "process"),
    ("stored payment booked", "give", "backend"),
    ("order closed", "_take_standing", "process"),
    ("refund approved", "_take", "process"),
    ("instruction carried", "_claim", "process"),
    ("instruction carried", "_take", "process"),
    ("statement booked", "to_settle", "process"),
    ("sweep run confirmed", "_book_out", "server"),
}


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()
    from tests.crash.matrix import CASES, outcome  # noqa: PLC0415 - needs Django
    from tests.crash.world import world  # noqa: PLC0415

    named = {(c.phase.name, c.point.function, c.victim.value): c for c in CASES}
    with world() as one:
        wrong = {
            str(named[name]): found
            for name in sorted(SAMPLE)
            if (found := outcome(one, named[name]))
        }
    for case, found in wrong.items():
        sys.stdout.write(f"{case}: {found}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
