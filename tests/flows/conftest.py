"""A browser at each door: console, a unit's desk, the members' common host."""

import pytest

from tests.conftest import FacingClient


@pytest.fixture
def console():
    return FacingClient(headers={"host": "console.test"})


@pytest.fixture
def desk(alpha):
    return FacingClient(headers={"host": "alpha.test"})


@pytest.fixture
def phone(db):
    return FacingClient(headers={"host": "m.test"})
