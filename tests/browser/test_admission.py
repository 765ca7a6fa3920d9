"""From the application to the activist, on a phone: the secretary's side and the applicant's."""

import re

import pytest

from kernel import clock
from tests import axe
from tests.browser import steps
from tests.browser.conftest import origin

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.enable_socket]
PHONE = "13805230077"


def looked_at(page):
    """Nothing that axe minds, nothing wider than the phone."""
    assert axe.violations(page) == [], page.url


def test_from_application_to_activist_on_a_phone(product, phone, browser):
    applicant = next(a for a in product.accounts if a["name"].endswith("入党申请人"))
    unit = applicant["name"].partition("，")[2].removesuffix("入党申请人")
    officer = next(a for a in product.accounts if a["name"].endswith(f"，{unit}管理员"))
    own = browser.new_context(viewport={"width": 375, "height": 812}, locale="zh-CN").new_page()
    for one in (phone, own):
        one.set_default_timeout(steps.WAIT)
        axe.bring(one)
    today = clock.today().isoformat()

    steps.sign_in(phone, officer)
    home = origin(phone.url)
    phone.goto(f"{home}/admissions/")
    looked_at(phone)
    phone.get_by_role("link", name="接收入党申请").click()
    phone.locator(".plain-rows a").first.click()
    phone.fill("input[name=name]", "林小满")
    phone.fill("input[name=identity]", "32030319950203101X")
    phone.fill("input[name=phone]", PHONE)
    phone.fill("input[name=applied_on]", today)
    looked_at(phone)
    phone.get_by_role("button", name="接收申请").click()
    phone.get_by_text("已接收「林小满」的入党申请。").wait_for()
    case = phone.url
    looked_at(phone)
    phone.get_by_role("link", name="办理", exact=True).click()
    phone.fill("input[name=talker]", "林致远")
    phone.fill("input[name=place]", "活动室")
    phone.fill("textarea[name=content]", "谈了成长经历和入党动机")
    looked_at(phone)
    phone.get_by_role("button", name="保存并进入下一步").click()
    phone.get_by_role("heading", name=re.compile("推荐和确定入党积极分子")).first.wait_for()
    phone.get_by_role("link", name="办理", exact=True).click()
    phone.check("input[name=recommended_by][value=MEMBERS]")
    phone.check("input[name=body][value=COMMITTEE]")
    phone.fill("textarea[name=minutes]", "一致同意")
    phone.get_by_role("button", name="保存并进入下一步").click()
    phone.get_by_text("入党积极分子", exact=True).first.wait_for()

    steps.sign_in_as_member(own, product, {**applicant, "login": PHONE})
    own.get_by_text("党支部研究确定您为入党积极分子").wait_for()
    looked_at(own)
    own.get_by_role("link", name=re.compile("^入党申请书")).click()
    looked_at(own)
    own.set_input_files(
        "input[name=file]",
        {"name": "申请书.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 invented"},
    )
    own.get_by_role("button", name="上传").click()
    own.get_by_role("heading", name="已提交的材料").wait_for()
    own.get_by_role("link", name="写一篇").click()
    own.fill("textarea[name=text]", "近期参加党课的体会")
    looked_at(own)
    own.get_by_role("button", name="提交给党支部").click()
    own.get_by_text("近期参加党课的体会").wait_for()
    looked_at(own)

    phone.goto(case)
    phone.get_by_role("link", name="入党申请书", exact=True).wait_for()
    phone.get_by_text("近期参加党课的体会").wait_for()
    phone.goto(f"{home}/admissions/work/")
    looked_at(phone)
    own.context.close()
