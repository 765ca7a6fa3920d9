"""A member finds something wrong in the own file, and the branch puts it right."""

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
    assert page.get_by_text("2001-08-01").count()
    page.get_by_role("button", name="采纳并更正").click()
    page.wait_for_url("**/members/corrections/")

    phone.goto(f"{home}/m/me/corrections/")
    assert (
        phone.get_by_role("listitem").filter(has_text="参加工作日期").get_by_text("已采纳").count()
    )
    phone.goto(f"{home}/m/card/")
    assert phone.get_by_role("img", name="党员证查验二维码").count()
