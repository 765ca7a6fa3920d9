"""How the platform stands, read when Prometheus asks: from the tables and the broker.

A part that cannot be read is left out and named in ``gongjian_unread``: the others still come.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from typing import Final

from django.db import connection
from django.db.models import Count
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from config import broker
from kernel import clock
from shared_apps.payments import selectors as payments
from shared_apps.status.selectors import runs
from shared_apps.usage import selectors as usage
from tenants import selectors as directory
from tenants.cells import directory as cells
from tenants.cells import registry
from tenants.models import BACKED_UP, ReadySchema, UnitState
from tenants.rollout import DriftFinding, Wave, WaveState
from tenants.work import QueuedWork

_HOUR: Final = dt.timedelta(hours=1)
_AGES: Final = (("1d", 1), ("2d", 2), ("7d", 7), ("30d", 30))
_log = logging.getLogger(__name__)


class Platform(Collector):
    """Asked anew at every scrape."""

    def collect(self) -> Iterator[Metric]:
        unread = GaugeMetricFamily(
            "gongjian_unread", "Parts that could not be read", labels=["part"]
        )
        for name, read in READINGS:
            try:
                yield from read(clock.now())
            except Exception:  # noqa: BLE001 - whatever it is, the other parts are told
                _log.exception("%s could not be read for the metrics", name)
                unread.add_metric([name], 1)
        yield unread


def _family(name: str, words: str, label: str, values: dict[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"gongjian_{name}", words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _single(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"gongjian_{name}", words, value=value)


def _queues(now: dt.datetime) -> Iterator[Metric]:
    if broker.is_inspectable():
        found = broker.queues()
        depths: dict[str, float] = {one.name: one.depth for one in found}
        ages = {one.name: one.oldest_seconds for one in found}
        yield _family("queue_messages", "Messages that wait", "queue", depths)
        yield _family("queue_oldest_seconds", "Age of the oldest message", "queue", ages)
    waiting = dict(QueuedWork.objects.order_by().values_list("cost").annotate(n=Count("pk")))
    yield _family("turns", "Heavy jobs of units, waiting or in hand", "queue", waiting)


def _outbox(now: dt.datetime) -> Iterator[Metric]:
    lag = usage.lag(now=now)
    yield _single("outbox_reports", "Reports not folded yet", lag.waiting)
    yield _single("outbox_lag_seconds", "Age of the oldest report", lag.seconds)


def _units(now: dt.datetime) -> Iterator[Metric]:
    counted = dict(directory.all_units().order_by().values_list("state").annotate(n=Count("pk")))
    states = {state.value: float(counted.get(state.value, 0)) for state in UnitState}
    yield _family("units", "Units by state", "state", states)
    yield _single("pool_schemas", "Ready schemas in the pool", ReadySchema.objects.count())


def _waves(now: dt.datetime) -> Iterator[Metric]:
    counted = dict(Wave.objects.order_by().values_list("state").annotate(n=Count("pk")))
    states = {state.value: float(counted.get(state.value, 0)) for state in WaveState}
    yield _family("waves", "Migration waves by state", "state", states)
    quarantined = DriftFinding.objects.filter(resolved_at=None).count()
    yield _single("schemas_quarantined", "Schemas in quarantine", quarantined)


def _backups(now: dt.datetime) -> Iterator[Metric]:
    held = directory.all_units().filter(state__in=BACKED_UP).values_list("pk", flat=True)
    last = directory.last_backup_at()
    buckets: dict[str, float] = {**{name: 0.0 for name, _ in _AGES}, "older": 0.0, "none": 0.0}
    for unit_id in held:
        at = last.get(unit_id)
        age = (now - at).days if at else None
        name = next((name for name, days in _AGES if age is not None and age < days), "older")
        buckets["none" if age is None else name] += 1
    yield _family("backup_age_units", "Units by age of the last backup", "younger_than", buckets)


def _payments(now: dt.datetime) -> Iterator[Metric]:
    results = {name: float(count) for name, count in payments.callbacks_since(now - _HOUR).items()}
    yield _family("payment_callbacks_hour", "Callbacks of an hour by result", "result", results)


def _database(now: dt.datetime) -> Iterator[Metric]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(state, 'unknown'), count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() GROUP BY 1"
        )
        states = {state: float(count) for state, count in cursor.fetchall()}
    yield _family("database_connections", "Sessions of the database by state", "state", states)


def _probe(now: dt.datetime) -> Iterator[Metric]:
    latest = runs.last_success_at()
    if latest is not None:
        seconds = (now - latest).total_seconds()
        yield _single("probe_success_age_seconds", "Since the probe last got through", seconds)


def _cells(now: dt.datetime) -> Iterator[Metric]:
    """Ages of what cells know of one another; nothing where there is one cell only."""
    told = {cell.name: cell.as_of for cell in registry.others() if cell.as_of}
    if told:
        ages = {name: (now - at).total_seconds() for name, at in told.items()}
        yield _family("cell_summary_age_seconds", "Age of the figures of a cell", "cell", ages)
    held = cells.link()
    if held is not None and held.confirmed_at:
        age = (now - held.confirmed_at).total_seconds()
        yield _single("directory_age_seconds", "Since the directory was last confirmed", age)


READINGS: Final[tuple[tuple[str, Callable[[dt.datetime], Iterator[Metric]]], ...]] = (
    ("queues", _queues),
    ("outbox", _outbox),
    ("units", _units),
    ("waves", _waves),
    ("backups", _backups),
    ("payments", _payments),
    ("database", _database),
    ("probe", _probe),
    ("cells", _cells),
)
