"""Templates of every app use what the design system has, and nothing the policy blocks."""

import json
import re

import pytest
from django.conf import settings

ROOT = settings.ROOT
FOLDERS = ("platform", "shared_apps", "tenant_apps", "onboarding", "tenants")
TEMPLATES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.html"))
BUILT = ROOT / "static_build" / "ui"
REMARKS = re.compile(r"{%\s*comment.*?endcomment\s*%}|{#.*?#}", re.DOTALL)
TAGS = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)


def source(path):
    return REMARKS.sub("", path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def known_classes():
    if not (BUILT / "desk.css").exists():
        pytest.skip("assets are not built")
    sheets = "".join((BUILT / name).read_text("utf-8") for name in ("desk.css", "phone.css"))
    return set(re.findall(r"\.(-?[A-Za-z_][\w-]*)", sheets))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
class TestTemplate:
    def test_uses_classes_that_exist(self, path, known_classes):
        used = {
            word
            for value in re.findall(r'class="([^"]*)"', source(path))
            if "{" not in value or TAGS.search(value)
            for word in TAGS.sub(" {} ", value).split()
            if "{}" not in word and not word.endswith("-")
        }
        assert used - known_classes == set()

    def test_uses_icons_that_are_in_the_sprite(self, path):
        names = set(json.loads((ROOT / "assets" / "icons.json").read_text("utf-8")))
        assert set(re.findall(r'{% icon "([\w-]+)"', source(path))) - names == set()

    def test_has_no_inline_style_script_or_handler(self, path):
        html = TAGS.sub("", source(path))
        assert re.findall(r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=", html) == []

    def test_comments_stand_on_one_line(self, path):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if line.count("{#") != line.count("#}")] == []
