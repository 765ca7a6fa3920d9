"""``bench fleet-page``: the operators' list of 11,800 units, and the same list added up when asked.

Ours is the page that people get, asked over HTTP by a signed-in operator with the filters they
use; its figures were gathered beforehand, once a minute, by the refresh.  The baseline gathers
them for each request: the same statement over the same tables, then the same page.  The units
have no schemas, which neither side would enter.
"""

from __future__ import annotations

import gzip
import statistics
import time
from typing import Any

from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kernel import clock
from kernel.unit import shared_context
from shared_apps.fleet.services import standings
from tests import cast
from tests.factories.fleet import make_fleet

UNITS = 11_800
ROUNDS = 20
ADDRESSES = (
    "/fleet/?view=all",
    "/fleet/?trouble=any&page=20",
    "/fleet/?q=sw&sort=-members",
    "/fleet/?region=32&state=live&sort=backup",
    "/fleet/?sort=name&page=100",
)
TABLES = ("tenants_unit", "usage_unittotal", "fleet_standing", "tenants_backup", "payments_order")


def run(options: Any) -> dict[str, Any]:
    """p50 and p95 in ms over all addresses, statements, compressed KB, and the refresh."""
    size = getattr(options, "units", None) or UNITS
    fill(size)
    client = cast.staff(Client(), "operator")
    for address in ADDRESSES:
        asked(client, address)
    ours = [asked(client, address) for _ in range(ROUNDS) for address in ADDRESSES]
    gathered = [
        refreshed(whole=True) + asked(client, address) for _ in range(2) for address in ADDRESSES
    ]
    with CaptureQueriesContext(connection) as statements:
        page = client.get(ADDRESSES[0]).content
    figures = {
        "units": size,
        "p50_ms": percentile(ours, 50),
        "p95_ms": percentile(ours, 95),
        "statements": len(statements),
        "kb_compressed": round(len(gzip.compress(page)) / 1024, 1),
        "refresh_ms": percentile([refreshed(whole=False) for _ in range(5)], 50),
    }
    baselines = {"gathered_when_asked_p95_ms": percentile(gathered, 95)}
    ratio = baselines["gathered_when_asked_p95_ms"] / figures["p95_ms"]
    return {"figures": figures, "baselines": baselines, "ratios": {"main": round(ratio, 2)}}


def fill(size: int) -> None:
    """The same units in every run, with their lines."""
    with shared_context():
        make_fleet(size, now=clock.now())
        standings.refresh()
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(TABLES)}")


def asked(client: Client, address: str) -> float:
    """Seconds until the page is there."""
    begun = time.perf_counter()
    answer = client.get(address)
    taken = time.perf_counter() - begun
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}")
    return taken


def refreshed(*, whole: bool) -> float:
    """Seconds that gathering every unit's line takes."""
    begun = time.perf_counter()
    with shared_context():
        (standings.recount if whole else standings.refresh)()
    return time.perf_counter() - begun


def percentile(seconds: list[float], share: int) -> float:
    """In milliseconds."""
    return round(statistics.quantiles(seconds, n=100, method="inclusive")[share - 1] * 1000, 1)
