"""A file is found, corrected by the office or as its member asks, and taken away."""

import re

import pytest

from tests.browser import steps
from tests.browser.conftest import origin

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.enable_socket]


def test_a_member_asks_for_a_correction_and_reads_that_it_was_made(product, page, phone):
    for one in (page, phone):
        one.set_default_timeout(steps.WAIT)
    member = [a for a in product.accounts if a["url"].endswith("/m/")][-1]
    unit = member["name"].partition("，")[2].removesuffix("党员")
    officer = next(a for a in product.accounts if a["name"].endswith(f"，{unit}管理员"))
    steps.sign_in_as_member(phone, product, member)
    home = origin(phone.url)
    phone.goto(f"{home}/m/me/")
    phone.get_by_role("link", name=re.compile("^更正申请")).click()
    phone.get_by_role("link", name=re.compile("^参加工作日期")).click()
    phone.fill("input[name=value]", "2001-08-01")
    phone.fill("textarea[name=reason]", "以劳动合同为准")
    phone.get_by_role("button", name="提交申请").click()
    phone.get_by_text("待审核").first.wait_for()

    steps.sign_in(page, officer)
    page.get_by_role("link", name=re.compile("党员申请更正档案")).click()
    row = page.get_by_role("row").filter(has_text="参加工作日期")
    row.get_by_role("link", name=re.compile("审核")).click()
    page.get_by_text("2001-08-01").first.wait_for()
    page.get_by_role("button", name="采纳并更正").click()
    page.wait_for_url("**/members/corrections/")

    phone.goto(f"{home}/m/me/corrections/")
    assert (
        phone.get_by_role("listitem").filter(has_text="参加工作日期").get_by_text("已采纳").count()
    )
    phone.goto(f"{home}/m/card/")
    assert phone.get_by_role("img", name="党员证查验二维码").count()


def test_an_officer_finds_a_member_corrects_the_file_and_takes_the_list_away(product, page):
    page.set_default_timeout(steps.WAIT)
    member = [a for a in product.accounts if a["url"].endswith("/m/")][-1]
    unit = member["name"].partition("，")[2].removesuffix("党员")
    officer = next(a for a in product.accounts if a["name"].endswith(f"，{unit}管理员"))
    name = member["name"].partition("，")[0]
    steps.sign_in(page, officer)
    page.goto(f"{origin(page.url)}/members/")
    page.fill("#roster input[name=q]", name)
    page.keyboard.press("Enter")
    page.get_by_text(f"搜索 {name}", exact=True).wait_for()
    page.get_by_role("link", name=name, exact=True).first.click()
    page.get_by_role("link", name="更正档案").first.click()
    page.fill("input[name=workplace]", "虚构水质检测中心")
    page.get_by_role("button", name="保存").first.click()
    page.get_by_text(f"已保存「{name}」的档案").wait_for()
    page.get_by_role("link", name=re.compile("^档案版本")).click()
    page.wait_for_url("**/versions/")
    assert (
        page.get_by_role("row").filter(has_text="工作单位").get_by_text("虚构水质检测中心").count()
    )

    page.goto(f"{origin(page.url)}/members/?q={name}")
    page.get_by_role("link", name="导出", exact=True).click()
    page.get_by_role("button", name="生成文件").click()
    with page.expect_download() as taken:
        page.get_by_role("link", name=re.compile("^下载")).click()
    assert taken.value.suggested_filename.endswith(".xlsx")
