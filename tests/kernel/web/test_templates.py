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


def faults(judge):
    """What ``judge`` finds in the templates, by the template: all of them in one test."""
    found = {str(path.relative_to(ROOT)): judge(path) for path in TEMPLATES}
    return {name: wrong for name, wrong in found.items() if wrong}


def test_templates_are_found():
    assert len(TEMPLATES) > 100


def test_every_class_exists(known_classes):
    def unknown(path):
        used = {
            word
            for value in re.findall(r'class="([^"]*)"', source(path))
            if "{" not in value or TAGS.search(value)
            for word in TAGS.sub(" {} ", value).split()
            if "{}" not in word and not word.endswith("-")
        }
        return used - known_classes

    assert faults(unknown) == {}


def test_every_icon_is_in_the_sprite():
    names = set(json.loads((ROOT / "assets" / "icons.json").read_text("utf-8")))
    icons = re.compile(r'{% icon "([\w-]+)"')
    assert faults(lambda path: set(icons.findall(source(path))) - names) == {}


def test_no_inline_style_script_or_handler():
    inline = re.compile(r"\sstyle=|<style|<script(?![^>]*\ssrc=)|\son[a-z]+=")
    assert faults(lambda path: inline.findall(TAGS.sub("", source(path)))) == {}


def test_comments_stand_on_one_line():
    def broken(path):
        lines = path.read_text(encoding="utf-8").splitlines()
        return [line for line in lines if line.count("{#") != line.count("#}")]

    assert faults(broken) == {}
