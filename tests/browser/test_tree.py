"""A branch is taken up in the tree, put down below another superior, and brought back."""

import re

import pytest

from tests.browser import steps
from tests.browser.conftest import origin

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.enable_socket]


def test_a_branch_is_moved_with_the_keyboard_and_brought_back(product, page):
    page.set_default_timeout(steps.WAIT)
    officer = next(a for a in product.accounts if a["name"].endswith("集团管理员"))
    steps.sign_in(page, officer)
    home = origin(page.url)
    page.goto(f"{home}/organizations/list/?kind=BRANCH")
    page.locator("a.cell-name").first.click()
    branch = page.locator('[role="treeitem"][aria-selected="true"]')
    name = branch.locator(".clip").inner_text()
    committee = page.locator('[role="treeitem"]').first
    branch.focus()
    branch.press("x")
    committee.focus()
    committee.press("v")
    page.get_by_role("heading", name="影响预览").wait_for()
    page.fill("textarea[name=reason]", "机构改革")
    page.get_by_role("button", name="确认移动").click()
    page.get_by_text(re.compile(f"已将「{re.escape(name)}」移到")).wait_for()
    page.get_by_role("button", name="撤销").click()
    page.get_by_text("组织恢复原状").wait_for()
    page.get_by_role("heading", name=name).wait_for()
    page.goto(f"{page.url}history/")
    page.get_by_role("heading", name="沿革", exact=True).wait_for()
    assert page.get_by_text("机构改革").count() == 0  # what was taken back is no history
