"""The style sheets stay readable for Chromium 92, the lock file stays clean, weights stay low."""

import gzip
import json
import re

import pytest
from django.conf import settings

ROOT = settings.ROOT
SHEETS = sorted((ROOT / "assets" / "src").rglob("*.css"))
BUILT = ROOT / "static_build" / "ui"
KIB = 1024

TOO_NEW = re.compile(
    r"color-mix\(|oklch\(|oklab\(|light-dark\(|@layer|@container|:has\(|\bdvh\b|@property|&[\s.:\[]"
)


def test_there_are_style_sheets():
    assert SHEETS


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_uses_no_syntax_that_old_engines_drop(sheet):
    assert TOO_NEW.findall(sheet.read_text(encoding="utf-8")) == []


def test_colours_are_named_once():
    tokens = (ROOT / "assets/src/shared/tokens.css").read_text(encoding="utf-8")
    assert "--brand: #b0171c;" in tokens
    assert '[data-bs-theme="dark"]' in tokens


def test_versions_are_exact():
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    wanted = {**package["dependencies"], **package["devDependencies"]}
    assert [name for name, version in wanted.items() if not version[0].isdigit()] == []


def test_the_lock_file_names_no_source_and_no_banned_package():
    lock = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in lock
    assert not re.search(r"git\+|github:|codeload", lock)
    assert "@svg-maps/china" not in lock


def weight(*names):
    return sum(len(gzip.compress((BUILT / name).read_bytes(), 9)) for name in names)


@pytest.mark.skipif(not (BUILT / "desk.css").exists(), reason="assets are not built")
class TestWeight:
    """Compressed, first visit, without the page itself (ui.md, point 45)."""

    def test_the_desk_leaves_room_for_a_list_under_200_kib(self):
        assert weight("boot.js", "desk.css", "desk.js", "icons.svg") < 150 * KIB

    def test_the_phone_leaves_room_for_a_page_under_80_kib(self):
        assert weight("boot.js", "phone.css", "phone.js", "icons.svg") < 65 * KIB
