"""A real database per test process, with units alpha and beta opened once."""

from __future__ import annotations

import os
from contextlib import suppress

import psycopg
import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from kernel.unit import shared_context, unit_context
from tenants.models import Unit
from tests import scenes
from tests.chromium import browser
from tests.database import base_of, drop_database, installation, leaving_nothing, open_unit
from tests.scenes import _scenes
from tests.spreading import ByFile, long_ones_first, place_of

__all__ = ["_scenes", "browser"]  # fixtures for whole folders


@pytest.hookimpl(wrapper=True, tryfirst=True)  # before the marks are asked for
def pytest_collection_modifyitems(items):
    for item in items:
        if "really_written" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")
    result = yield  # pytest-django puts what asks for no database last: browsers, fleets of units
    long_ones_first(items)
    scenes.together(items, place_of)
    return result


@pytest.hookimpl(tryfirst=True)  # before any fixture is made
def pytest_runtest_setup(item):
    scenes.leave_what_is_not_wanted(item)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return ByFile(config, log)


def pytest_unconfigure(config):
    if config.getoption("numprocesses", None):  # the parent of test processes
        with suppress(psycopg.OperationalError):
            drop_database(base_of(os.getpid()))


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker):
    """Opens alpha and beta once; every test runs in a transaction that is rolled back."""
    with django_db_blocker.unblock(), installation():
        for label in ("alpha", "beta"):
            open_unit(label)
        yield
        scenes.leave_what_is_not_wanted(None)


@pytest.fixture
def really_written(django_db_setup, django_db_blocker):
    """For fixtures that make schemas, commit and clear up again: whoever uses one is slow.

    They take away what they made; what else was written on the way, to shared tables that were
    empty, is taken away here.
    """
    with django_db_blocker.unblock(), leaving_nothing():
        yield


@pytest.fixture(autouse=True)
def _leave_nothing_behind():
    yield
    connection.set_schema_to_public()
    cache.clear()


class FacingClient(Client):
    """Leaves the connection in the unit in which the test works, as no real request would."""

    def request(self, **request):
        before = connection.tenant
        try:
            return super().request(**request)
        finally:
            connection.set_tenant(before)


@pytest.fixture
def client():
    """A browser; name the host with ``headers={"host": "alpha.test"}`` or ``SERVER_NAME``."""
    return FacingClient()


@pytest.fixture
def alpha(db):
    """The unit alpha, in force on the connection."""
    with unit_context(Unit.objects.get(label="alpha").id) as unit:
        yield unit


@pytest.fixture
def beta(db):
    """The unit beta, not in force."""
    with shared_context():
        return Unit.objects.get(label="beta")
