"""HR data comes in, is decided on, applied and taken back; a set goes out."""

import re

import pytest

from tests.browser import steps

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.enable_socket]


def test_an_administrator_decides_on_hr_data_and_takes_it_back(product, page):
    page.set_default_timeout(steps.WAIT)
    officer = next(a for a in product.accounts if a["login"].isdigit() and a["second_factor"])
    steps.sign_in(page, officer)
    page.get_by_role("link", name="导入与导出").click()
    row = page.get_by_role("row").filter(has_text="待确认").first
    row.get_by_role("link", name=re.compile(r"人力资源系统")).click()
    page.get_by_role("button", name="全部接受").click()
    page.get_by_role("button", name=re.compile(r"更新已接受的 \d+ 项")).click()
    page.get_by_role("button", name="开始更新").click()
    page.get_by_text(re.compile(r"^已更新 \d+ 项$")).wait_for()
    page.get_by_role("button", name="整体撤销").click()
    page.get_by_role("button", name="撤销更新").click()
    page.get_by_text(re.compile(r"^已撤销 \d+ 项$")).wait_for()

    page.get_by_role("link", name="导入与导出").first.click()
    page.get_by_role("link", name="导出交换集").click()
    page.get_by_role("button", name="生成文件").click()
    with page.expect_download() as taken:
        page.get_by_role("link", name="下载文件").click()
    assert re.search(r"代码[\d.]+-\d{8}-\d+条\.zip$", taken.value.suggested_filename)
