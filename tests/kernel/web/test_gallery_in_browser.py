"""The gallery in Chromium: accessible, nothing sticks out, and the scripts do what they say."""

import json
import mimetypes
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from tests import axe

from .gallery import PAGES
from .test_gallery import page as rendered

BUILT = settings.ROOT / "static_build"
POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'"
HOST = "http://gallery.test"
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 375, "height": 812}
LOOKS = {"light": (DESK, {}), "phone": (PHONE, {}), "phone-large": (PHONE, {"care": "1"})}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.enable_socket,
    pytest.mark.skipif(not axe.AXE.exists() or not BUILT.exists(), reason="assets are not built"),
]


def answer(route, request):
    """Serves templates and built files without a server, under the product's policy."""
    path = urlsplit(request.url).path
    if path.startswith("/static/"):
        file = BUILT / path.removeprefix("/static/")
        kind = mimetypes.guess_type(file.name)[0] or "text/plain"
        route.fulfill(body=file.read_bytes(), content_type=kind)
        return
    if path.strip("/") not in PAGES:
        route.fulfill(status=204)
        return
    cookies = {
        name: morsel.value
        for name, morsel in SimpleCookie(request.all_headers().get("cookie", "")).items()
    }
    route.fulfill(
        body=rendered(path.strip("/"), cookies),
        content_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": POLICY},
    )


@pytest.fixture
def visit(browser):
    """Opens a gallery page in a look; complaints of the browser fail the test."""
    opened, complaints = [], []

    def go(name, look="light", *, is_judged=False):
        viewport, cookies = LOOKS[look]
        context = browser.new_context(viewport=viewport, locale="zh-CN")
        opened.append(context)
        context.add_cookies(
            [{"name": key, "value": value, "url": HOST} for key, value in cookies.items()]
        )
        context.route("**/*", answer)
        page = context.new_page()
        if is_judged:
            axe.bring(page)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.goto(f"{HOST}/{name}")
        page.wait_for_load_state("load")
        return page

    yield go
    for context in opened:
        context.close()
    assert complaints == []


@pytest.mark.parametrize("look", ["light", "phone"])
@pytest.mark.parametrize("name", sorted(PAGES))
def test_is_accessible_and_nothing_sticks_out(visit, name, look):
    """The parts of every page: each rule at both widths, colours in the dark, sizes when large."""
    page = visit(name, look, is_judged=True)
    assert axe.violations(page, axe.LIGHT, axe.DARK, axe.LARGE) == []


class TestList:
    def test_picked_rows_bring_up_the_bulk_bar(self, visit):
        page = visit("web/gallery/list.html")
        assert page.inner_text("[data-bulk-count]") == "3"
        page.click("[data-bulk-take-all]")
        assert page.inner_text("[data-bulk-count]") == "492"
        assert page.input_value("[data-bulk-all]") == "1"
        page.click("[data-bulk-clear]")
        assert page.is_hidden("[data-bulk]")

    def test_columns_and_row_height_are_remembered_by_the_server(self, visit):
        page = visit("web/gallery/list.html")
        page.click("[title=列设置]")
        page.uncheck('[data-column="4"]')
        page.click("[data-row-height=tight]")
        page.reload()
        assert page.get_attribute("#members", "data-hide") == "4 7"
        assert page.get_attribute("#members", "data-rows") == "tight"
        assert page.is_hidden('th[data-c="4"]')

    def test_the_tree_is_walked_with_arrow_keys(self, visit):
        page = visit("web/gallery/list.html")
        page.focus('[role=treeitem][tabindex="0"]')
        page.keyboard.press("ArrowLeft")
        assert page.get_attribute(":focus", "aria-expanded") == "false"
        page.keyboard.press("Home")
        assert "彭城水务集团党委" in page.inner_text(":focus")
        page.keyboard.press("ArrowDown")
        assert "机关党总支" in page.inner_text(":focus")

    def test_the_rail_is_a_drawer_on_a_phone(self, visit):
        page = visit("web/gallery/list.html", "phone")
        assert page.is_hidden("#rail")
        page.click("[data-drawer-open=rail]")
        page.wait_for_selector("#rail.is-open a:focus")
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.dataset.drawerOpen") == "rail"

    def test_control_k_goes_to_the_search(self, visit):
        page = visit("web/gallery/list.html")
        page.keyboard.press("Control+k")
        assert page.evaluate("document.activeElement.id") == "site-q"


class TestForms:
    def test_the_first_wrong_field_has_the_focus(self, visit):
        assert visit("web/gallery.html").evaluate("document.activeElement.name") == "code"

    def test_a_form_is_sent_once(self, visit):
        page = visit("web/gallery.html")
        page.evaluate(
            "window.sent = 0; addEventListener('submit', e => { sent += 1; e.preventDefault() })"
        )
        button = page.locator("form[data-guard] [type=submit]")
        button.click()
        button.click(force=True)
        assert page.evaluate("sent") == 1
        assert button.inner_text() == "提交中…"

    def test_a_serious_act_wants_the_name_typed(self, visit):
        page = visit("web/gallery.html")
        page.click('[data-bs-target="#undo-import"]')
        assert page.is_disabled("[data-confirm-button]")
        page.fill("[data-confirm-text]", "彭城水务集团")
        assert page.is_enabled("[data-confirm-button]")


class TestDisplay:
    def test_theme_and_letters_are_kept_in_cookies(self, visit):
        page = visit("web/gallery.html")
        page.click("[data-toggle-theme]")
        page.click("[data-toggle-care]")
        kept = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
        assert kept == {"theme": "dark", "care": "1"}

    def test_a_toast_travels_in_a_cookie_and_is_shown_once(self, visit):
        page = visit("web/gallery.html")
        queued = json.dumps([{"text": "已保存", "undo": "/undo/", "level": "success"}])
        page.context.add_cookies([{"name": "toast", "value": queued.encode().hex(), "url": HOST}])
        page.reload()
        assert page.inner_text(".toast-s p") == "已保存"
        assert page.inner_text(".toast-s .undo") == "撤销"
        assert "toast" not in {cookie["name"] for cookie in page.context.cookies()}


class TestPaying:
    def test_the_total_follows_the_ticked_months(self, visit):
        page = visit("web/gallery/due.html", "phone")
        page.uncheck("#month-202610")
        assert page.inner_text(".pay-bar [data-total]") == "129.00"
        page.uncheck("#month-202611")
        assert page.is_disabled("[data-pay]")

    @pytest.mark.parametrize("name", ["web/gallery/due.html", "web/gallery/done.html"])
    def test_letters_are_at_least_18_pixels_in_large_mode(self, visit, name):
        page = visit(name, "phone-large")
        small = page.evaluate(
            "[...document.querySelectorAll('body *')].filter(e => e.offsetParent &&"
            " [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) &&"
            " parseFloat(getComputedStyle(e).fontSize) < 17.9).map(e => e.outerHTML.slice(0, 80))"
        )
        assert small == []


def test_a_printed_list_has_no_navigation_and_says_who_printed_it(visit, tmp_path: Path):
    page = visit("web/gallery/list.html")
    page.emulate_media(media="print")
    assert page.is_hidden(".rail")
    assert page.is_hidden(".bulk")
    assert "打印人：林晓慧" in page.inner_text(".printed-by")
    head = page.evaluate("getComputedStyle(document.querySelector('.grid thead')).display")
    assert head == "table-header-group"
    page.pdf(path=tmp_path / "list.pdf", format="A4")
    assert (tmp_path / "list.pdf").stat().st_size > 0
