"""Last half-year's figures are frozen, a number is opened, and the tables are taken away."""

import re

import openpyxl
import pytest

from tests.browser import steps
from tests.browser.conftest import origin

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.enable_socket]


def test_the_half_year_is_frozen_opened_and_taken_away(product, page, tmp_path):
    page.set_default_timeout(steps.WAIT)
    officer = next(a for a in product.accounts if a["name"].endswith("集团管理员"))
    steps.sign_in(page, officer)
    page.goto(f"{origin(page.url)}/statistics/")
    page.select_option("select[name=cut]", label="半年报")
    page.get_by_role("button", name="采集").click()
    page.get_by_role("heading", name=re.compile("上半年报")).wait_for()
    page.get_by_role("link", name="党员基本情况").first.click()
    total = page.get_by_role("row", name=re.compile("^合计")).get_by_role("link").first
    people = int(total.inner_text().replace(",", ""))
    total.click()
    page.get_by_role("heading", name="合计 · 合计").wait_for()
    assert page.get_by_text(re.compile(rf"共 {people:,} 人")).count()
    with page.expect_download() as download:
        page.get_by_role("link", name="导出名单").click()
    listed = tmp_path / "people.xlsx"
    download.value.save_as(listed)
    assert openpyxl.load_workbook(listed).worksheets[0].max_row == people + 1
    page.go_back()
    with page.expect_download() as download:
        page.get_by_role("link", name="导出", exact=True).click()
    kept = tmp_path / "table.xlsx"
    download.value.save_as(kept)
    sheet = openpyxl.load_workbook(kept).worksheets[0]
    assert [sheet.cell(2, 1).value, sheet.cell(2, 2).value] == ["合计", people]
