"""``bench backend-memory``: one process visits every unit; how large do its backends get.

A visit is what a page does to the database: point selects on a dozen tables of the unit.  Ours is
the connection of the product, which is replaced after so many units; the baseline is the same
visits on one connection that is never replaced.  Memory is the private anonymous memory of the
backend as the kernel counts it (``RssAnon``): shared buffers are not in it.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, models
from django.test import override_settings

from kernel.unit import shared_context, unit_context
from tenants.models import Unit
from tenants.services import grants
from tests.database import open_unit

UNITS = 300
TABLES = 12
NOWHERE = UUID(int=0)
NEVER = 10**9


def run(options: Any) -> dict[str, Any]:
    """MB of the largest backend, milliseconds per visit and connections used."""
    count = options.units or UNITS
    for number in range(count):
        open_unit(f"u{number}", credit_code=f"9132030{number:011d}")
    ids = list(Unit.objects.order_by("id").values_list("id", flat=True))
    ours = _visit_all(ids)
    with override_settings(UNITS_PER_CONNECTION=NEVER):
        plain = _visit_all(ids)
    ratio = plain["largest_backend_mb"] / ours["largest_backend_mb"]
    return {
        "figures": {"units": count, "tables_per_visit": TABLES, **ours},
        "baselines": {f"one_connection_{key}": value for key, value in plain.items()},
        "ratios": {"main": round(ratio, 2)},
    }


def _visit_all(ids: list[UUID]) -> dict[str, float]:
    connection.close()
    tables = list(grants.unit_models())[:TABLES]
    largest: dict[int, float] = {}
    seconds = 0.0
    for unit_id in ids:
        began = time.perf_counter()
        with unit_context(unit_id):
            _page(tables)
            seconds += time.perf_counter() - began
            pid = _backend()
        largest[pid] = max(largest.get(pid, 0.0), _private_mb(pid))
    connection.close()
    return {
        "largest_backend_mb": round(max(largest.values()), 1),
        "connections": len(largest),
        "ms_per_visit": round(seconds / len(ids) * 1000, 2),
    }


def _page(tables: list[type[models.Model]]) -> None:
    for table in tables:
        table._default_manager.filter(pk=NOWHERE).first()
    with shared_context():
        Unit.objects.filter(pk=NOWHERE).first()


def _backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _private_mb(pid: int) -> float:
    """Of a backend on this machine."""
    if not (status := Path(f"/proc/{pid}/status")).exists():
        raise SystemExit(f"The database is not on this machine ({os.uname().nodename}).")
    for line in status.read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"{status} does not say RssAnon.")
