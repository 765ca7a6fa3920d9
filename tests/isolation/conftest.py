"""The two furnished units, made once per file and rolled back after it."""

import pytest

from tenants.models import Unit
from tests.isolation import battery


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """In one transaction: every probe has a savepoint of its own, and what it wrote is undone."""
    with django_db_blocker.unblock():
        units = [Unit.objects.get(label=label) for label in ("alpha", "beta")]
        with battery.furnished(*units) as made:
            yield made
