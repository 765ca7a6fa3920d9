"""People of the console, and moments."""

import datetime as dt

import pytest

from kernel.actor import Actor, Holding
from kernel.models import uuid7
from shared_apps.status.selectors import notices
from tests import cast
from tests.conftest import FacingClient

NOW = dt.datetime(2026, 11, 22, 4, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _look_again():
    notices.forget()
    yield
    notices.forget()


@pytest.fixture
def actor():
    return Actor(kind="person", name="顾清", person_id=uuid7(), holdings=(Holding("operator"),))


@pytest.fixture
def operator(db):
    return cast.staff(FacingClient(), "operator")


@pytest.fixture
def auditor(db):
    return cast.staff(FacingClient(), "audit_admin")


@pytest.fixture
def outreach(db):
    return cast.staff(FacingClient(), "outreach")
