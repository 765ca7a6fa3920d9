"""Works of the test instead of the product's, and units for them to go round."""

from __future__ import annotations

import pytest

from kernel.errors import Conflict
from kernel.models import uuid7
from kernel.unit import scope_name
from tenants import timetable
from tenants.models import PeriodicWork, Unit, UnitState, schema_name_of
from tenants.services import periodic

DAY = 86_400
SEEN: list[tuple[str, object]] = []


def note(*, unit_id, now):
    SEEN.append((scope_name(), unit_id))


class NotToday(Conflict):
    code = "not_today"
    sentence = "今天不行。"


def fail(*, unit_id, now):
    SEEN.append((scope_name(), unit_id))
    raise NotToday


@pytest.fixture(autouse=True)
def works(monkeypatch):
    monkeypatch.setattr(timetable, "_works", {})
    SEEN.clear()


def register(body=note, **changes):
    values = {"label": "试运行", "seconds": DAY, "cost": "bulk", "purpose": None}
    return periodic.every_unit(body, **{**values, **changes})


def directory(count: int) -> list[Unit]:
    """Units of which only the directory knows: enough for work on the shared tables."""
    ids = [uuid7() for _ in range(count)]
    rows = [
        Unit(
            id=one,
            schema_name=schema_name_of(one),
            schema_version="x",
            name=f"单位{number}",
            label=f"u{number}",
            credit_code=f"9132030{number:011d}",
            region_code="320300",
            state=UnitState.LIVE,
        )
        for number, one in enumerate(ids)
    ]
    return Unit.objects.bulk_create(rows)


def rows_of(work):
    return PeriodicWork.objects.filter(work=work.name)


def everything_due(at):
    PeriodicWork.objects.update(due_at=at)
