"""The stories of the product, each told once, in the real thing."""

import re

import openpyxl
import pyotp
import pytest
from django.conf import settings

from tests.browser import steps

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.enable_socket]

ROSTER = settings.ROOT / "onboarding" / "demo" / "rosters" / "baima-farm.xlsx"
UNITS = settings.ROOT / "onboarding" / "demo" / "units.csv"
PHONE = "13941380088"


def test_a_unit_is_opened_from_its_own_roster_and_issues_its_first_bills(
    product, page, browser, tmp_path
):
    page.set_default_timeout(steps.WAIT)
    steps.sign_in(page, product.account("outreach2"))
    page.goto(f"{product.addresses['console']}/units/new/")
    page.fill("input[name=name]", "淮湖港务集团")
    page.fill("input[name=credit_code]", steps.credit_code("91320303MA2HH0001"))
    page.fill("input[name=label]", "huaihu")
    page.select_option("select[name=city]", label=city(page))
    page.fill("input[name=contact_name]", "卫澄")
    page.fill("input[name=contact_phone]", PHONE)
    page.fill("input[name=agreed_on]", "2026-11-01")
    page.fill("input[name=agreement_ends_on]", "2029-10-31")
    page.fill("input[name=bank_branch]", "彭城支行")
    page.locator("form.form button[type=submit]").last.click()
    page.locator("input[type=file]").set_input_files(ROSTER)
    page.locator("form button[type=submit]:visible").last.click()

    confirm = page.get_by_role("button", name=re.compile("确认导入 131 人"))
    confirm.wait_for(timeout=60_000)
    assert page.get_by_text("没有这个组织").count()
    assert page.get_by_text("身份证号码的校验位不对").count()
    confirm.click()
    page.locator(".modal.show button[type=submit]").click()

    page.get_by_text("已开通", exact=False).first.wait_for(timeout=120_000)
    with page.expect_download() as download:
        page.get_by_role("link", name="下载退回的行").click()
    refused = tmp_path / "refused.xlsx"
    download.value.save_as(refused)
    assert refused.read_bytes()[:2] == b"PK"
    page.get_by_role("button", name="生成邀请链接").click()
    page.locator("input[readonly]").first.wait_for()
    links = [field.input_value() for field in page.locator("input[readonly]").all()]
    accept_invitation(browser, product, next(x for x in links if "/invitation/" in x))


def city(page) -> str:
    options = [o.inner_text() for o in page.locator("select[name=city] option").all()]
    return next(text for text in options if "徐州" in text)


def accept_invitation(browser, product, link) -> None:
    """The administrator comes in, finds the checklist and issues the month."""
    desk = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
    desk.set_default_timeout(steps.WAIT)
    desk.goto(link)
    desk.get_by_role("button", name=re.compile("发送验证码")).click()
    desk.locator("input[name=code]").wait_for()
    steps.enter_code(desk, steps.newest_code(product.addresses["sms"], PHONE))
    for field in desk.locator("input[type=password]:visible").all():
        field.fill("Huaihu harbour 88")
    desk.locator(".btn-primary:visible").first.click()
    desk.wait_for_url("**/second-factor/**")
    shown = re.search(r"(?:[A-Z2-7]{4}\s+){7}[A-Z2-7]{4}", desk.inner_text("body"))[0]
    steps.enter_code(desk, pyotp.TOTP(re.sub(r"\s", "", shown)).now())
    assert desk.get_by_text("恢复码").count()
    desk.goto(link.partition("/invitation/")[0] + "/")
    assert desk.get_by_text("开通清单").count()
    assert desk.get_by_text("131").count()

    desk.goto(link.partition("/invitation/")[0] + "/dues/?month=2026-11")
    desk.get_by_role("button", name="生成本月账单").click()
    desk.locator("#issue.show button[type=submit]").click()
    desk.get_by_text("131 笔账单").first.wait_for()
    again = browser.new_context().new_page()
    again.goto(link)
    assert again.get_by_text(re.compile("已使用|已经使用|失效")).count()


def test_a_member_pays_two_months_and_finds_the_receipt_again(product, phone):
    phone.set_default_timeout(steps.WAIT)
    member = next(a for a in product.accounts if a["url"].endswith("/m/"))
    steps.sign_in_as_member(phone, product, member)
    phone.goto(f"{product.addresses['m'].rstrip('/')}/dues/")
    phone.locator("summary", has_text="是怎么算的").click()
    assert phone.get_by_text("中组发〔2008〕3号").count()
    due = phone.locator("[data-total]").first.inner_text()
    phone.locator("label[for=way-alipay]").click()
    phone.get_by_role("button", name="确认交纳").click()
    phone.get_by_role("button", name="支付", exact=True).click()
    phone.get_by_text("交纳成功").wait_for(timeout=60_000)
    assert phone.get_by_text(due).count()
    assert phone.get_by_text("支付宝").count()
    assert phone.get_by_text("送您一则党建小知识").count()
    phone.goto(f"{product.addresses['m'].rstrip('/')}/receipts/")
    assert phone.get_by_text(due).count()


def test_the_operator_sees_figures_with_their_moment(product, page):
    page.set_default_timeout(steps.WAIT)
    steps.sign_in(page, product.account("operator"))
    page.goto(f"{product.addresses['console']}/operations/")
    for words in ("共建单位", "本月开通", "党组织", "党员", "开通漏斗", "本月已交"):
        assert page.get_by_text(words).count(), words
    assert page.get_by_text(re.compile(r"截至 \d\d-\d\d \d\d:\d\d")).count() >= 8
    assert page.get_by_text("有行被退回").count(), "the named blocker of the unit in review"


def test_an_officer_opens_a_sheet_of_units_and_hands_out_the_links(product, page, tmp_path):
    page.set_default_timeout(steps.WAIT)
    steps.sign_in(page, product.account("outreach"))
    page.goto(f"{product.addresses['console']}/batches/")
    page.get_by_role("link", name="上传单位表").first.click()
    page.locator("input[type=file]").set_input_files(UNITS)
    page.get_by_role("button", name="上传并核对").click()

    confirm = page.get_by_role("button", name="确认开通 5 家")
    confirm.wait_for()
    assert page.get_by_text("应为 11 位，写了 10 位").count()
    assert page.get_by_text("尚未登记任何单位").count()
    confirm.click()
    page.locator(".modal.show button[type=submit]").click()

    page.get_by_role("heading", name="批量开通结果").wait_for(timeout=120_000)
    assert page.locator("td.cell-status", has_text="已开通").count() == 5
    with page.expect_download() as download:
        page.get_by_role("button", name="生成并下载邀请链接").click()
    taken = tmp_path / "links.xlsx"
    download.value.save_as(taken)
    rows = list(openpyxl.load_workbook(taken).active.iter_rows(min_row=2, values_only=True))
    assert len(rows) == 5
    page.goto(rows[0][4])
    assert page.get_by_text(rows[0][0]).count()
    assert page.get_by_role("button", name=re.compile("发送验证码")).count()

    page.goto(f"{product.addresses['console']}/batches/")
    page.locator("a.cell-name").first.click()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载需修改的行").click()
    back = tmp_path / "back.xlsx"
    download.value.save_as(back)
    book = openpyxl.load_workbook(back)
    assert "应为 11 位，写了 10 位" in book.active["I2"].value
    book.active["E2"] = "13905160015"
    book.save(back)
    page.goto(f"{product.addresses['console']}/batches/new/")
    page.locator("input[type=file]").set_input_files(back)
    page.get_by_role("button", name="上传并核对").click()
    page.get_by_role("button", name="确认开通 1 家").wait_for()

    page.goto(f"{product.addresses['console']}/batches/new/")
    page.locator("input[type=file]").set_input_files(UNITS)
    page.get_by_role("button", name="上传并核对").click()
    page.get_by_text("没有可以开通的单位").wait_for()
