"""What the database refuses by itself, and that each of its controls is missed when it is gone."""

import pytest
from django.db import connection

from tenants.models import Unit
from tests.isolation import battery, database
from tests.isolation.findings import Findings
from tests.isolation.mutants import STATEMENTS

pytestmark = pytest.mark.slow


@pytest.fixture
def units(django_db_setup, django_db_blocker):
    """Alpha and beta, read outside a transaction: the probes lock what it would hold."""
    with django_db_blocker.unblock():
        yield [Unit.objects.get(label=label) for label in ("alpha", "beta")]
        connection.close()


@pytest.mark.parametrize("probe", database.PROBES, ids=lambda probe: probe.__name__)
def test_nothing_leaks(units, probe):
    found = Findings()
    battery.probe_database(*units, found, probe)
    assert found.leaks == []
    assert found.cells


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.name)
def test_a_control_that_is_taken_away_is_missed(units, statement):
    assert battery.surviving_statements(*units, [statement]) == []
