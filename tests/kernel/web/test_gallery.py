"""Every part of the design system renders, and as the content security policy allows."""

import re
from html.parser import HTMLParser

import pytest
from django.template.loader import get_template
from django.test import RequestFactory

from . import gallery


class Outline(HTMLParser):
    """Collects what a page must not have, and what it must have once."""

    def __init__(self):
        super().__init__()
        self.ids, self.banned, self.headings, self.references = [], [], [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "h1":
            self.headings.append(given)
        inline = [name for name in given if name == "style" or name.startswith("on")]
        if inline or tag == "style" or (tag == "script" and "src" not in given):
            self.banned.append((tag, given))
        self.references += [
            reference
            for name in ("for", "aria-controls", "aria-labelledby", "aria-describedby")
            for reference in (given.get(name) or "").split()
        ]


def page(name, cookies=None):
    factory = RequestFactory()
    factory.cookies.load(cookies or {})
    request = factory.get("/members/")
    return get_template(name).render(gallery.PAGES[name](), request)


@pytest.fixture(params=sorted(gallery.PAGES))
def html(request):
    return page(request.param)


@pytest.fixture
def outline(html):
    read = Outline()
    read.feed(html)
    return read


class TestEveryPage:
    def test_has_nothing_inline_that_the_policy_blocks(self, outline):
        assert outline.banned == []

    def test_has_one_main_heading(self, outline):
        assert len(outline.headings) == 1

    def test_gives_no_id_twice(self, outline):
        assert sorted(outline.ids) == sorted(set(outline.ids))

    def test_refers_only_to_ids_it_has(self, outline):
        assert set(outline.references) <= set(outline.ids)

    def test_leaves_no_comment_or_missing_value_behind(self, html):
        assert "{#" not in html
        assert "None" not in re.sub(r"<script.*?</script>", "", html)

    def test_loads_nothing_from_elsewhere(self, html):
        assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', html) == []


def test_theme_and_letter_size_are_rendered_by_the_server():
    html = page("web/gallery/due.html", {"theme": "dark", "care": "1"})
    assert 'data-bs-theme="dark" data-care="1"' in html


def test_an_error_page_says_what_to_do_and_its_number():
    context = gallery.shell(status=404, message="没有找到", code="not_found", is_phone=False)
    html = get_template("web/error.html").render(context, RequestFactory().get("/x/"))
    assert "请核对地址" in html
    assert "019a5f3c7d1e" in html
