"""A drain that is killed loses and doubles nothing."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connections

from kernel.clock import Month, now
from kernel.unit import unit_context
from shared_apps.usage import selectors
from shared_apps.usage.models import Outbox, PlaceDay, Report
from shared_apps.usage.services import outbox, rollups
from tenants.models import Unit
from tests.onboarding.processes import environment

pytestmark = pytest.mark.slow


@pytest.fixture
def written(really_written, django_db_setup, django_db_blocker):
    """Alpha with really committed reports, taken away afterwards."""
    with django_db_blocker.unblock():
        unit = Unit.objects.get(label="alpha")
        PlaceDay.objects.all().delete()
        with unit_context(unit.id):
            for _ in range(3):
                outbox.emit(unit=unit, kind="members", now=now(), delta=7)
        yield unit
        rollups.forget(unit_id=unit.id)
        PlaceDay.objects.all().delete()
        for alias in connections:
            connections[alias].close()


def kill_at(place: str, data: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("dying_drain.py"), place],
        env=environment(data),
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout.readline() == "here\n"
        child.kill()
    assert child.returncode == -9


def members(unit):
    figures = selectors.figures_by_unit(month=Month(202611), unit_ids=[unit.id])
    return figures[unit.id].members if figures else 0


def test_before_its_commit_leaves_everything_for_the_next(written, tmp_path):
    kill_at("folding", tmp_path)
    assert (Outbox.objects.count(), members(written)) == (3, 0)
    rollups.drain()
    rollups.drain()
    assert (Outbox.objects.count(), members(written)) == (0, 21)
    assert Report.objects.filter(unit_id=written.id).count() == 3


def test_after_its_commit_leaves_the_days_of_places_for_the_next(written, tmp_path):
    kill_at("placing", tmp_path)
    assert (Outbox.objects.count(), members(written)) == (0, 21)
    assert not PlaceDay.objects.exists()
    rollups.drain()
    assert members(written) == 21
    assert PlaceDay.objects.get(kind="all").members == 21
