"""Support access, told once in the real thing: asked, accepted, looked, ended, on the record."""

import re

import pytest

from tests.browser import steps

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.enable_socket]
WHY = "单位反映十月账单合计与名册不符，需核对"


def fresh(browser):
    page = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
    page.set_default_timeout(steps.WAIT)
    return page


def test_support_asks_looks_and_leaves(product, browser):
    console, desk = fresh(browser), fresh(browser)
    steps.sign_in(console, product.account("operator"))
    administrator = next(
        a for a in product.accounts if "管理员" in a["name"] and "yunlong" in a["url"]
    )
    console.goto(f"{product.addresses['console']}/fleet/?q=yunlong")
    console.locator("td.cell-main a").first.click()
    console.get_by_role("link", name="申请支持访问").click()
    console.fill("input[name=office]", "省分行 科技运营部")
    console.fill("textarea[name=reason]", WHY)
    console.get_by_label("组织架构").check()
    console.get_by_role("button", name="提交申请").click()

    steps.sign_in(desk, administrator)
    desk.get_by_role("link", name="查看并答复").click()
    desk.get_by_text(WHY).first.wait_for()
    steps.give_second_factor(desk, administrator, "同意访问")
    desk.get_by_text("可以访问本单位").first.wait_for()

    console.reload()
    console.get_by_role("button", name="进入单位").click()
    console.get_by_role("link", name="前往该单位").click()
    console.get_by_role("button", name="进入").click()
    console.get_by_text(re.compile("正在查看，剩余")).wait_for()
    console.get_by_role("link", name="组织架构").first.click()
    console.get_by_role("button", name="结束访问").click()
    console.get_by_text("访问已结束").first.wait_for()

    desk.reload()
    assert desk.get_by_text("查看「组织架构」").count()
    assert desk.get_by_text("支持人员结束").count()
