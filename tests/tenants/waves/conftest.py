"""An installation of its own for waves: what they do to schemas must reach no other test."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connections

from kernel.actor import Actor
from kernel.clock import now
from tenants.models import TemplateStep, Unit
from tenants.rollout import Wave
from tenants.services import template, waves
from tests.database import copy_database, drop_database, installation, open_unit
from tests.onboarding.processes import environment
from tests.tenants.waves.releases import Releases

LABELS = [f"unit{number}" for number in range(6)]
OPERATOR = Actor(kind="person", name="沈一帆")
APPS = {"audit", "organizations"}
"""Of these the fleet's schemas are made.  A wave knows no app, and every test copies the fleet:
with all tables that took seconds.  ``test_restart`` runs a wave over all of them.
"""


@pytest.fixture(scope="package")
def fleet(django_db_setup, django_db_blocker):
    """Open units in a database of their own; a test finds and leaves them as opened."""
    kept = {alias: settings.DATABASES[alias]["NAME"] for alias in connections}
    name = f"{kept['owner']}_waves"
    with django_db_blocker.unblock():
        _point_at(dict.fromkeys(kept, name))
        try:
            with installation():
                fleet = _opened()
                copy_database(name, f"{name}_kept")
                try:
                    yield fleet
                finally:
                    drop_database(f"{name}_kept")  # or the units' roles could not go
        finally:
            _point_at(kept)


def _opened() -> list[Unit]:
    with few_apps():
        TemplateStep.objects.using("owner").all().delete()
        template.capture(now=now())
        return [
            open_unit(label, credit_code=f"91320303MA20WAVE{at:02}")
            for at, label in enumerate(LABELS)
        ]


@contextmanager
def few_apps():
    """Only the migrations of ``APPS`` make tables of units."""
    others = {a.label for a in apps.get_app_configs() if a.name in settings.TENANT_APPS} - APPS
    before = settings.MIGRATION_MODULES
    settings.MIGRATION_MODULES = before | dict.fromkeys(others, "tests.tenants.waves.no_migrations")
    try:
        yield
    finally:
        settings.MIGRATION_MODULES = before


def _point_at(names: dict[str, str]) -> None:
    for alias, name in names.items():
        connections[alias].close()
        settings.DATABASES[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name


@pytest.fixture
def units(really_written, fleet):
    """The units in the order of their labels; what a test did to them is undone as a whole."""
    with few_apps():
        yield fleet
    name = settings.DATABASES["owner"]["NAME"]
    copy_database(f"{name}_kept", name)


@pytest.fixture
def releases(units, tmp_path):
    """Migrations of the test; the order makes them end before the units are made anew."""
    made = Releases(tmp_path)
    yield made
    made.end()


@pytest.fixture
def planned(releases):
    """A wave over all units, one per transaction: a column, and rows that are written."""
    releases.add(
        'migrations.AddField("event", "probe", models.CharField(max_length=9, null=True)),'
        "migrations.RunSQL(\"UPDATE audit_event SET ip = '' WHERE ip IS NULL\"),"
    )
    template.capture(now=now())
    return waves.plan(actor=OPERATOR, now=now())


def states(wave: Wave) -> list[str]:
    return list(wave.steps.using("owner").values_list("state", flat=True))


def ask(sql: str, *params: object) -> list[tuple]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(sql, params or None)
        return cursor.fetchall() if cursor.description else []


def has_column(unit: Unit, column: str = "probe", table: str = "audit_event") -> bool:
    found = ask(
        "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attname = %s"
        " AND NOT attisdropped",
        f"{unit.schema_name}.{table}",
        column,
    )
    return bool(found)


@pytest.fixture
def process(tmp_path):
    """Starts a runner as a process of its own on this database; none outlives the test."""
    started: list[subprocess.Popen] = []

    def start(*arguments: str) -> subprocess.Popen:
        script = Path(__file__).parent / "runner_process.py"
        child = subprocess.Popen(
            [sys.executable, str(script), *arguments],
            env=environment(tmp_path) | {"PYTHONDONTWRITEBYTECODE": "1"},
            cwd=settings.ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(child)
        return child

    yield start
    for child in started:
        if child.poll() is None:
            child.kill()
        child.communicate()
