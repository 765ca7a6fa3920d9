"""Measurements of requests and jobs, added up over all processes of this machine.

A unit is never a label: with 11,800 units every figure would become 11,800 figures.  It is the
*exemplar* of a bucket, the latest one that fell into it, which leads from a slow bucket to a
log line.  The client library keeps no exemplars when there are several processes; each process
keeps its own here, beside its figures, and writes them down every few seconds.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from prometheus_client import REGISTRY, CollectorRegistry, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar, Sample
from prometheus_client.utils import floatToGoString

from config.metric_files import all_folders, own_folder

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST
SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
JOB_SECONDS: Final = (0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0)
COUNTS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_PREFIX: Final = "gongjian_"
_WRITE_EVERY: Final = 5.0

REQUESTS = Histogram(
    f"{_PREFIX}request_seconds",
    "How long requests took",
    ("face", "view", "method", "status"),
    buckets=SECONDS,
)
QUERIES = Histogram(
    f"{_PREFIX}request_queries", "Statements per request", ("face", "view"), buckets=COUNTS
)
JOBS = Histogram(
    f"{_PREFIX}job_seconds", "How long jobs took", ("job", "result"), buckets=JOB_SECONDS
)
_BOUNDS: Final = {REQUESTS: SECONDS, QUERIES: COUNTS, JOBS: JOB_SECONDS}
_Key = str


class _Exemplars:
    """The latest unit in each bucket: as many as there are buckets, however many units."""

    def __init__(self) -> None:
        self._kept: dict[_Key, tuple[str, float, float]] = {}
        self._written_at = 0.0
        self._lock = threading.Lock()

    def keep(self, key: _Key, unit: str, value: float) -> None:
        with self._lock:
            self._kept[key] = (unit, value, time.time())
            folder = own_folder()
            if folder and time.monotonic() - self._written_at > _WRITE_EVERY:
                self._written_at = time.monotonic()
                self._write(folder)

    def _write(self, folder: Path) -> None:
        path = folder / f"exemplars_{os.getpid()}.json"
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(self._kept))
        draft.replace(path)

    def everybodys(self) -> dict[_Key, Exemplar]:
        """Those of all processes, the latest of each bucket."""
        found = dict(self._kept)
        for path in sorted(all_folders().glob("*/exemplars_*.json")) if own_folder() else ():
            for key, (unit, value, at) in json.loads(path.read_text()).items():
                if key not in found or found[key][2] < at:
                    found[key] = (unit, value, at)
        return {
            key: Exemplar({"unit": unit}, value, at) for key, (unit, value, at) in found.items()
        }

    def clear(self) -> None:
        self._kept.clear()


exemplars = _Exemplars()


def observe(histogram: Histogram, labels: dict[str, str], value: float, *, unit: str) -> None:
    """One measurement; ``unit`` is empty where there was none."""
    histogram.labels(**labels).observe(value)
    if unit:
        bounds = _BOUNDS[histogram]
        bound = next((bound for bound in bounds if value <= bound), float("inf"))
        name = f"{histogram._name}_bucket"  # noqa: SLF001 - the library has no other word for it
        edge: str = floatToGoString(bound)  # type: ignore[no-untyped-call]  # prometheus_client
        exemplars.keep(_key(name, {**labels, "le": edge}), unit, value)


def exposition(*others: Collector) -> bytes:
    """Everything in the OpenMetrics format, with ``others`` that are asked afresh."""
    registry = CollectorRegistry()
    registry.register(_Measured())
    for other in others:
        registry.register(other)
    content: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]  # as above
    return content


class _Measured(Collector):
    """Requests and jobs of all programs, with their exemplars."""

    def collect(self) -> Iterator[Metric]:
        known = exemplars.everybodys()
        for metric in self._metrics():
            if metric.name.startswith(_PREFIX):
                metric.samples = [_with_exemplar(sample, known) for sample in metric.samples]
                yield metric

    @staticmethod
    def _metrics() -> list[Metric]:
        if own_folder() is None:
            return list(REGISTRY.collect())
        files = [str(path) for path in all_folders().glob("*/*.db")]
        merge: Any = MultiProcessCollector.merge
        merged = merge(files, accumulate=True)
        return list(merged)


def _with_exemplar(sample: Sample, known: dict[_Key, Exemplar]) -> Sample:
    exemplar = known.get(_key(sample.name, sample.labels))
    return Sample(sample.name, sample.labels, sample.value, sample.timestamp, exemplar)


def _key(name: str, labels: dict[str, str]) -> _Key:
    return json.dumps([name, sorted(labels.items())])
