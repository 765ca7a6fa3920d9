import pytest

from tests.tenant_apps.admissions.walking import scene


@pytest.fixture
def world(alpha):
    return scene()
