"""Every page that can be reached: no accessibility violation in any look, nothing from outside.

The pages are found by following links from the start page of each role, one page per address
pattern, so that a new page is looked at without anybody remembering it.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error

from tests import axe
from tests.browser import steps
from tests.browser.conftest import origin

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.enable_socket]

MOST = 80
SKIPPED = re.compile(r"/(sign-out|export|file|template|refused|csv|xlsx|openapi\.json|print)\b")


def pattern_of(url: str) -> str:
    path = urlsplit(url).path
    path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", path)
    path = re.sub(r"/tables/\d+/", "/tables/<n>/", path)
    return re.sub(r"\d{4}-\d\d", "<month>", path)


def crawl(page, start: str):
    """One page per pattern, reached by links from ``start``: its address and its status."""
    home, seen, queue = origin(start), set(), [start]
    while queue and len(seen) < MOST:
        url = queue.pop(0)
        if pattern_of(url) in seen:
            continue
        seen.add(pattern_of(url))
        try:
            status = page.goto(url).status
        except Error as failure:
            if "Download is starting" not in failure.message:
                raise
            continue
        hrefs = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
        queue += [h for h in hrefs if origin(h) == home and not SKIPPED.search(h)]
        yield url, status


DESK = ((axe.LIGHT, axe.DARK, axe.LARGE), (axe.OTHER_WIDTH,))
PHONE = ((axe.DARK, axe.LARGE), (axe.LIGHT,))
"""The looks at 1440 and at 375 pixels: every rule where the page is used, and what differs."""


class Judge:
    """Looks at pages at both widths and keeps what it found.

    A pattern that another role's walk has led to is not looked at again: ``seen`` is theirs all.
    """

    def __init__(self, page, seen, looks=DESK) -> None:
        self.page, self.seen, self.looks = page, seen, looks
        self.faults: list[str] = []
        self.asked: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        axe.bring(page)

    def judge(self, pages) -> list[str]:
        """The addresses of the pages, which come with their status while they are open."""
        wide, narrow = self.looks
        self.page.set_viewport_size({"width": 1440, "height": 900})
        addresses, new = [], []
        for url, status in pages:
            addresses.append(url)
            if (origin(url), pattern_of(url)) in self.seen:
                self._note(url, status, [])
                continue
            self.seen.add((origin(url), pattern_of(url)))
            new.append(url)
            self._note(url, status, axe.violations(self.page, *wide))
        self.page.set_viewport_size({"width": 375, "height": 812})
        for url in new:
            status = self.page.goto(url).status
            self._note(url, status, axe.violations(self.page, *narrow))
        return addresses

    def _note(self, url: str, status: int, found: list[str]) -> None:
        if status >= 400:
            found.append(str(status))
        found += [f"asks {x}" for x in self.asked if x.startswith("http")
                  and origin(x) != origin(url)]  # fmt: skip
        self.asked.clear()
        self.faults += [f"{pattern_of(url)}: {fault}" for fault in found]


@pytest.fixture(scope="session")
def seen():
    """The patterns that were looked at, with their host."""
    return set()


@pytest.mark.parametrize(
    ("login", "at_least"), [("outreach", 4), ("operator", 3), ("13905160001", 15)]
)
def test_the_desks_hold_in_every_look(product, page, seen, login, at_least):
    account = product.account(login)
    steps.sign_in(page, account)
    judge = Judge(page, seen)
    addresses = judge.judge(crawl(page, origin(account["url"]) + "/"))
    assert judge.faults == []
    assert len(addresses) >= at_least
    if login == "13905160001":
        assert opened(page, origin(account["url"])) == []


def opened(page, home: str) -> list[str]:
    """What the walk does not open: menus, boxes and dialogs of the member list and the tree."""
    faults: list[str] = []
    page.goto(f"{home}/members/")
    page.set_viewport_size({"width": 1440, "height": 900})
    for opener in (
        page.locator("[data-pick]").first,
        page.locator(".span-filter summary"),
        page.get_by_role("button", name="列设置"),  # a click elsewhere folds the box before it
    ):
        opener.click()
        faults += axe.violations(page, axe.LIGHT, axe.DARK, axe.LARGE)
    page.goto(f"{home}/organizations/")
    page.locator("[role=group] [role=treeitem]").first.click()
    page.get_by_role("button", name="移动到").click()
    page.locator("#move-choices > *").first.wait_for()
    return faults + axe.violations(page, axe.LIGHT, axe.DARK, axe.LARGE)


def test_the_phone_holds_in_every_look(product, phone, seen):
    member = [a for a in product.accounts if a["url"].endswith("/m/")][-1]
    steps.sign_in_as_member(phone, product, member)
    judge = Judge(phone, seen, PHONE)
    addresses = judge.judge(crawl(phone, member["url"]))
    assert judge.faults == []
    assert len(addresses) >= 6


def test_the_doors_hold_in_every_look(product, page, seen):
    console, unit = product.account("outreach")["url"], product.account("13905160001")["url"]
    doors = [console, unit, f"{origin(unit)}/m/sign-in/", f"{origin(unit)}/receipts/verify/"]
    doors += [f"{origin(unit)}/invitation/nothing/", f"{origin(unit)}/nowhere/"]
    judge = Judge(page, seen)
    judge.judge((url, page.goto(url).status) for url in doors)
    assert [fault for fault in judge.faults if not fault.endswith(": 404")] == []
