import pytest

from tests.factories.organizations import admin, small_tree


@pytest.fixture
def tree(alpha):
    return small_tree()


@pytest.fixture
def ada(alpha):
    """Administers the whole unit."""
    return admin()


@pytest.fixture
def dora(alpha):
    """Another administrator of the whole unit."""
    return admin()
