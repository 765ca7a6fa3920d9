"""Every page that can be reached: no accessibility violation in any look, nothing from outside.

The pages are found by following links from the start page of each role, one page per address
pattern, so that a new page is looked at without anybody remembering it.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from playwright.sync_api import Error

from tests.browser import steps
from tests.browser.conftest import origin
from tests.chromium import settle

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.enable_socket]

AXE = settings.ROOT / "node_modules" / "axe-core" / "axe.min.js"
EVERY_RULE = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}"
COLOURS = "{runOnly: ['color-contrast', 'link-in-text-block']}"
SIZES = "{runOnly: ['target-size', 'scrollable-region-focusable']}"
MOST = 80
LOOKS = {
    "light": ({}, 1440, EVERY_RULE),
    "dark": ({"theme": "dark"}, 1440, COLOURS),  # the same page in other colours
    "large": ({"care": "1"}, 1440, SIZES),  # the same page in other sizes
    "phone": ({}, 375, EVERY_RULE),
}
SKIPPED = re.compile(r"/(sign-out|export|file|template|refused|csv|xlsx|openapi\.json|print)\b")


def pattern_of(url: str) -> str:
    path = urlsplit(url).path
    path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", path)
    return re.sub(r"\d{4}-\d\d", "<month>", path)


def crawl(page, start: str) -> list[str]:
    """One address per pattern, reached by links from ``start``."""
    home, seen, queue, files = origin(start), {}, [start], set()
    while queue and len(seen) < MOST:
        url = queue.pop(0)
        if pattern_of(url) in seen or pattern_of(url) in files:
            continue
        try:
            page.goto(url)
        except Error as failure:
            if "Download is starting" not in failure.message:
                raise
            files.add(pattern_of(url))
            continue
        seen[pattern_of(url)] = url
        hrefs = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        queue += [h for h in hrefs if origin(h) == home and not SKIPPED.search(h)]
    return list(seen.values())


def faults_of(page, url: str, look: str) -> list[str]:
    cookies, width, rules = LOOKS[look]
    page.context.add_cookies(
        [{"name": n, "value": v, "url": origin(url)} for n, v in cookies.items()]
    )
    page.set_viewport_size({"width": width, "height": 900})
    outside: list[str] = []
    page.on("request", lambda r: outside.append(r.url) if origin(r.url) != origin(url) else None)
    answer = page.goto(url)
    settle(page)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(f"axe.run(document, {rules})")["violations"]
    faults = [f"{look} {pattern_of(url)}: {v['id']} {v['nodes'][0]['html'][:120]}" for v in found]
    if answer.status >= 400:
        faults.append(f"{look} {pattern_of(url)}: {answer.status}")
    if page.evaluate("document.documentElement.scrollWidth") > width:
        faults.append(f"{look} {pattern_of(url)}: wider than {width} pixels")
    faults += [f"{look} {pattern_of(url)}: asks {x}" for x in outside if x.startswith("http")]
    for name in cookies:
        page.context.clear_cookies(name=name)
    return faults


def judge(page, start: str) -> tuple[int, list[str]]:
    addresses = crawl(page, start)
    faults = []
    for url in addresses:
        for look in LOOKS:
            visit = page.context.new_page()
            faults += faults_of(visit, url, look)
            visit.close()
    return len(addresses), faults


@pytest.mark.parametrize(
    ("login", "at_least"), [("outreach", 4), ("operator", 3), ("13905160001", 15)]
)
def test_the_desks_hold_in_every_look(product, page, login, at_least):
    account = product.account(login)
    steps.sign_in(page, account)
    count, faults = judge(page, origin(account["url"]) + "/")
    assert faults == []
    assert count >= at_least


def test_the_phone_holds_in_every_look(product, phone):
    member = [a for a in product.accounts if a["url"].endswith("/m/")][-1]
    steps.sign_in_as_member(phone, product, member)
    count, faults = judge(phone, member["url"])
    assert faults == []
    assert count >= 6


def test_the_doors_hold_in_every_look(product, page):
    console, unit = product.account("outreach")["url"], product.account("13905160001")["url"]
    doors = [console, unit, f"{origin(unit)}/m/sign-in/", f"{origin(unit)}/receipts/verify/"]
    doors += [f"{origin(unit)}/invitation/nothing/", f"{origin(unit)}/nowhere/"]
    faults = []
    for url in doors:
        for look in LOOKS:
            visit = page.context.new_page()
            faults += [f for f in faults_of(visit, url, look) if not f.endswith(": 404")]
            visit.close()
    assert faults == []
