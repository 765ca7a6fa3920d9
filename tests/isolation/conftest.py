"""The two furnished units, made once per test and rolled back with it."""

import pytest

from tests.isolation import world as worlds


@pytest.fixture
def world(alpha, beta):
    made = worlds.build(alpha, beta)
    with worlds.listening(made):
        yield made
