"""What an act takes: by the clock, and in processor time of this process and of its backend."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_NANO = 1e-9


def p95(seconds: list[float]) -> float:
    """In milliseconds, to a thousandth: an act may take less than one."""
    return round(statistics.quantiles(seconds, n=100)[94] * 1000, 3)


class Meter:
    """Measures acts over one connection of Django.

    A backend on another machine is not seen: then ``processor`` stays empty.
    """

    def __init__(self, connection: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self._backend = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")
        self._sees_backend = self._backend.exists()

    def measure(self, acts: list[Callable[[], object]]) -> dict[str, list[float]]:
        """Seconds of each act; what measuring takes itself is outside them."""
        taken: dict[str, list[float]] = {"wall": [], "processor": []}
        for act in acts:
            backend, began, spent = self._of_backend(), time.perf_counter(), time.process_time()
            act()
            spent, began = time.process_time() - spent, time.perf_counter() - began
            taken["wall"].append(began)
            if self._sees_backend:
                taken["processor"].append(spent + self._of_backend() - backend)
        return taken

    def _of_backend(self) -> float:
        """The first number of schedstat is the nanoseconds spent on a processor."""
        if not self._sees_backend:
            return 0.0
        return int(self._backend.read_text().split()[0]) * _NANO
