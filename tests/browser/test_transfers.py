"""A transfer inside a unit is approved, one between two units is accepted and placed."""

import re

import pytest

from tests import axe
from tests.browser import steps

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.enable_socket]


def officer_of(product, label):
    return next(
        one
        for one in product.accounts
        if f"//{label}." in one["url"] and re.search("，.*管理员$", one["name"])
    )


def sound(page) -> None:
    """Nothing that axe minds."""
    assert axe.violations(page) == [], page.url


def test_what_waits_is_approved_and_the_pocket_list_reminds(product, page):
    page.set_default_timeout(steps.WAIT)
    axe.bring(page)
    steps.sign_in(page, officer_of(product, "yunlong"))
    page.get_by_role("link", name="组织关系转接").first.click()
    page.get_by_role("link", name=re.compile("^待我办理")).click()
    page.locator("a.cell-name").first.click()
    page.get_by_role("button", name="批准，立即转入").click()
    page.get_by_text("已批准 1 人。").wait_for()
    page.get_by_text("办结归档").or_(page.get_by_text("党委批准")).first.wait_for()
    sound(page)

    page.get_by_role("link", name="组织关系转接").first.click()
    page.get_by_role("link", name=re.compile("^口袋党员")).click()
    page.get_by_text(re.compile(r"^逾期 \d+ 天$")).first.wait_for()
    page.get_by_role("button", name=re.compile("^提醒")).first.click()
    page.get_by_text(re.compile("发送提醒短信")).wait_for()
    page.get_by_role("link", name="打印介绍信").click()
    page.get_by_role("heading", name="党员组织关系介绍信存根").wait_for()
    page.get_by_role("img", name="介绍信查验二维码").wait_for()
    sound(page)


def test_the_other_unit_previews_accepts_and_places(product, page):
    page.set_default_timeout(steps.WAIT)
    axe.bring(page)
    steps.sign_in(page, officer_of(product, "hexi"))
    page.get_by_role("link", name="组织关系转接").first.click()
    page.get_by_role("link", name=re.compile("^转入")).click()
    page.locator("a.cell-name").first.click()
    page.get_by_text(re.compile(r"\d{3}\*+\d{3}[\dX]")).first.wait_for()
    page.get_by_label("编入支部").select_option(index=1)
    page.get_by_role("button", name="同意接收").click()
    page.get_by_text(re.compile("已同意接收 1 人")).wait_for()
    page.get_by_role("button", name="编入支部").click()
    page.get_by_text("已编入支部 1 人。").wait_for()
    page.get_by_role("link", name="打印回执").click()
    page.get_by_role("heading", name="党员组织关系介绍信回执").wait_for()
    sound(page)
