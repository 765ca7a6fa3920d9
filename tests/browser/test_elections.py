"""On a phone a branch plans its re-election and another one counts; nobody answers an own paper."""

import re

import pytest

from tests.browser import steps
from tests.browser.voting import count, officer_of, save

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.enable_socket]
HOME = "换届与任职"


def test_a_branch_plans_and_nobody_answers_an_own_paper(product, phone):
    page = phone
    page.set_default_timeout(steps.WAIT)
    steps.sign_in(page, officer_of(product, "yunlong"))
    page.get_by_role("button", name="打开导航").click()
    page.get_by_role("link", name=HOME).first.click()
    page.get_by_role("link", name=re.compile("^已超期")).first.click()
    page.locator("a.cell-name").first.click()
    page.get_by_role("link", name="启动换届").click()
    save(page, "启动")
    page.get_by_role("link", name="委员会会议研究").click()
    today = page.locator("[name=happened_on]").input_value()
    page.locator("[name=planned_on]").fill(today)
    page.locator("[name=note]").fill("任期已届满，抓紧换届")
    save(page, "保存并进入下一步")
    page.get_by_role("link", name="呈报请示").click()
    page.locator("[name=document]").fill("支〔2026〕12 号")
    save(page, "呈报上级")
    page.get_by_role("link", name="上级批复").click()
    page.get_by_label("同意", exact=True).check()
    page.locator("[name=document]").fill("党发〔2026〕33 号")
    save(page, "答复")
    page.get_by_text("须由呈报人以外的另一人办理").wait_for()


def test_votes_are_counted_to_the_result(product, phone):
    page = phone
    page.set_default_timeout(steps.WAIT)
    steps.sign_in(page, officer_of(product, "yunlong"))
    page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + "/elections/")
    page.locator("tr").filter(has_text="大会选举").get_by_role("link").first.click()
    page.get_by_role("link", name="大会选举").click()
    count(page, "committee", open_seats=3)
    page.get_by_role("link", name="结束选举").click()
    save(page, "结束选举")
    page.get_by_role("link", name="第一次全体会议").click()
    count(page, "secretary", open_seats=1)
    page.get_by_role("link", name="结束选举").click()
    page.locator("[name=document]").fill("第一次全体会议")
    save(page, "结束选举")
    page.get_by_role("link", name="报告选举结果").click()
    page.locator("[name=document]").fill("支〔2026〕13 号")
    save(page, "呈报上级")
    page.get_by_text("选举结果", exact=True).first.wait_for()
    page.get_by_role("link", name="打印").last.click()
    page.get_by_role("heading", name="关于选举结果的报告").wait_for()
