"""What an act takes: by the clock, and in processor time of this process and of its backend."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_NANO = 1e-9
_ROUNDS = 5
_ONCE = "move"
"""Not done a second time: there is nothing left to move."""


def percentile(seconds: Sequence[float], percent: int) -> float:
    """In milliseconds, to a thousandth: an act may take less than one."""
    return round(statistics.quantiles(seconds, n=100)[percent - 1] * 1000, 3)


class Meter:
    """Measures acts over one connection of Django.

    A backend on another machine is not seen: then ``processor`` stays empty.
    """

    def __init__(self, connection: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self._backend = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
        self._sees_backend = self._backend.exists()

    def measure(
        self, name: str, act: Callable[[Any], object], asked: Sequence[Any]
    ) -> dict[str, list[float]]:
        """Seconds of the act on each thing asked, at its best of some rounds through all of them:
        what else the machine did in one of the rounds is not the act's.
        """
        rounds = [
            [self._one(act, thing) for thing in asked]
            for _ in range(1 if name == _ONCE else _ROUNDS)
        ]
        best = [
            (min(wall for wall, _ in each), min(spent for _, spent in each))
            for each in zip(*rounds, strict=True)
        ]
        return {
            "wall": [wall for wall, _ in best],
            "processor": [spent for _, spent in best] if self._sees_backend else [],
        }

    def _one(self, act: Callable[[Any], object], thing: Any) -> tuple[float, float]:
        """By the clock and by the processor; what measuring takes itself is outside them."""
        backend, began, spent = self._of_backend(), time.perf_counter(), time.process_time()
        act(thing)
        spent, wall = time.process_time() - spent, time.perf_counter() - began
        return wall, spent + self._of_backend() - backend

    def _of_backend(self) -> float:
        """The first number of schedstat is the nanoseconds spent on a processor."""
        if not self._sees_backend:
            return 0.0
        return int(self._backend.read_text().split()[0]) * _NANO
