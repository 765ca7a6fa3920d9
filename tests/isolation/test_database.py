"""What the database refuses by itself, and that each of its controls is missed when it is gone."""

import pytest

from tests.isolation import battery, database
from tests.isolation.findings import Findings
from tests.isolation.mutants import STATEMENTS

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.mark.parametrize("probe", database.PROBES, ids=lambda probe: probe.__name__)
def test_nothing_leaks(alpha, beta, probe):
    found = Findings()
    battery.probe_database(alpha, beta, found, probe)
    assert found.leaks == []
    assert found.cells


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.name)
def test_a_control_that_is_taken_away_is_missed(alpha, beta, statement):
    assert battery.surviving_statements(alpha, beta, [statement]) == []
