import pytest

from tests.factories.organizations import small_tree


@pytest.fixture
def tree(alpha):
    return small_tree()
