"""``bench request-overhead``: a page with tenancy, and the same page without.

Ours is the member list as people get it: through the middleware, the pool, the switch into the
unit's role and schema, and the guards on its rows.  The baseline is the same request to the same
view over the same rows with all of that taken out: a connection that stands in the schema from
the beginning and never moves, no look for the host's unit, rows that are plain Django's.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from django.db import connections, models
from django.test import Client

from kernel.models import UnitQuerySet, UnitRow
from tenants import selectors as units
from tenants.backends.unit.base import DatabaseWrapper
from tests import cast
from tests.bench.page import fill
from tests.database import open_unit

MEMBERS = 2_000
ROUNDS = 300
WARM = 20
ADDRESS = "/members/"
Taken = tuple[float, float]
"""Seconds by the clock and of this process."""
POOL = {"min_size": 1, "max_size": 4, "timeout": 20}


class PlainWrapper(DatabaseWrapper):
    """Stands in one schema for good, with a pool that cleans nothing."""

    _connection_pools: dict[str, Any] = {}

    def __init__(self, settings_dict: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(settings_dict, *args, **kwargs)
        settings_dict["OPTIONS"]["pool"].pop("reset", None)

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        self.tenant, self.schema_name = tenant, tenant.schema_name

    def _handle_search_path(self, cursor: Any = None) -> None:
        """Never moves."""


def run(options: Any) -> dict[str, Any]:
    """Medians in ms of both, by the clock and of this process; ``ours_over_plain`` is the price.

    It is the median of the rounds' own ratios: what slows the machine down for a while slows
    both pages of a round.
    """
    unit = open_unit("alpha")
    fill(unit, getattr(options, "rows", None) or MEMBERS)
    client = cast.officer(Client(), unit)
    connections["default"].close()
    with _modes(unit) as (ours, plain):
        with_tenancy, without = _timed(client, ours, plain)
    wall, processor = _price(with_tenancy, without, 0), _price(with_tenancy, without, 1)
    return {
        "figures": {
            "p50_ms": _ms(_median(with_tenancy, 0)),
            "processor_ms": _ms(_median(with_tenancy, 1)),
            "ours_over_plain": round(wall, 3),
            "processor_ours_over_plain": round(processor, 3),
        },
        "baselines": {
            "plain_p50_ms": _ms(_median(without, 0)),
            "plain_processor_ms": _ms(_median(without, 1)),
        },
        "ratios": {"main": round(1 / wall, 3)},
    }


def _median(taken: list[Taken], which: int) -> float:
    return statistics.median(one[which] for one in taken)


def _price(ours: list[Taken], plain: list[Taken], which: int) -> float:
    return statistics.median(
        one[which] / other[which] for one, other in zip(ours, plain, strict=True)
    )


@contextmanager
def _modes(unit: Any) -> Iterator[tuple[Callable[[], Any], Callable[[], Any]]]:
    """Two functions, each of which gives a context in which the one way is in force."""
    base = connections["default"].settings_dict
    own = DatabaseWrapper(base | {"OPTIONS": {"pool": dict(POOL)}}, "default")
    owner = connections["owner"].settings_dict
    fixed = {"pool": dict(POOL), "options": f"-c search_path={unit.schema_name},public"}
    still = PlainWrapper(owner | {"OPTIONS": fixed}, "default")

    @contextmanager
    def through(wrapper: Any) -> Iterator[None]:
        before = connections["default"]
        connections["default"] = wrapper
        try:
            yield
        finally:
            connections["default"] = before

    @contextmanager
    def without() -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(through(still))
            stack.enter_context(patch.object(units, "unit_by_host", lambda host: unit))
            for owner_class, name, plain in (
                (UnitRow, "from_db", models.Model.__dict__["from_db"]),
                (UnitQuerySet, "__init__", models.QuerySet.__init__),
                (UnitQuerySet, "_fetch_all", models.QuerySet._fetch_all),
                (UnitQuerySet, "_clone", models.QuerySet._clone),
                (UnitQuerySet, "db", models.QuerySet.db),
            ):
                stack.enter_context(patch.object(owner_class, name, plain))
            yield

    try:
        yield (lambda: through(own)), without
    finally:
        for wrapper in (own, still):
            wrapper.close()
            wrapper.close_pool()


def _timed(
    client: Client, ours: Callable[[], Any], plain: Callable[[], Any]
) -> tuple[list[Taken], list[Taken]]:
    """Both ways in turn, so that what else the machine does falls on both."""
    seconds: tuple[list[Taken], list[Taken]] = ([], [])
    for round_number in range(ROUNDS + WARM):
        # Who goes first alternates: the second finds the processor's caches warm.
        for which in (0, 1) if round_number % 2 else (1, 0):
            with (ours, plain)[which]():
                began, worked = time.perf_counter(), time.process_time()
                response = client.get(ADDRESS)
                connections["default"].close()
                taken = (time.perf_counter() - began, time.process_time() - worked)
            if response.status_code != 200:
                raise SystemExit(f"{ADDRESS} answered {response.status_code}")
            if round_number >= WARM:
                seconds[which].append(taken)
    return seconds


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
