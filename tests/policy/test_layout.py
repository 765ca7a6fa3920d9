"""The folders are what they say, and nothing shadows the standard library."""

import sysconfig
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.conf import settings

ROOT = settings.ROOT
PACKAGES = ["config", "kernel", "tenants", "shared_apps", "tenant_apps", "onboarding"]
SOURCES = sorted(
    path
    for folder in ("platform", "tenants", "shared_apps", "tenant_apps", "onboarding")
    for path in (ROOT / folder).rglob("*.py")
)


def test_the_standard_librarys_platform_is_not_shadowed():
    assert Path(find_spec("platform").origin).is_relative_to(sysconfig.get_path("stdlib"))
    assert not list((ROOT / "platform").glob("*.py"))


@pytest.mark.parametrize("name", PACKAGES)
def test_a_root_package_is_ours(name):
    assert Path(find_spec(name).origin).is_relative_to(ROOT)


def test_no_file_is_longer_than_400_lines():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in SOURCES
        if "migrations" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}


def test_no_folder_of_leftovers():
    banned = {"utils", "helpers", "common", "managers", "signals", "tasks"}
    assert [str(path) for path in SOURCES if path.stem in banned] == []
