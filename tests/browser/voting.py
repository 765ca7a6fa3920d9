"""An election as its papers go back and forth, on the phones of those who write and answer them."""

from __future__ import annotations

import datetime as dt
import re

import pyotp

from kernel import clock
from tests.browser import steps
from tests.browser.conftest import origin

ANSWERER = "13952100416"
NEXT = "保存并进入下一步"
_WIDTH = 375


def officer_of(product, label):
    return next(
        one
        for one in product.accounts
        if f"//{label}." in one["url"] and re.search("，.*管理员$", one["name"])
    )


def save(page, name):
    """Sends the form; nothing of the page that comes is wider than the phone."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()
    assert page.evaluate("document.documentElement.scrollWidth") <= _WIDTH, page.url


def second_officer(page, product, answering) -> None:
    """Invites somebody who may answer what the first submits, and lets them in on another phone."""
    base = origin(page.url)
    if steps.comes_back(answering, {"url": f"{base}/sign-in/", "login": ANSWERER}):
        return
    page.goto(f"{base}/access/invite/")
    page.fill("[name=name]", "陶以宁")
    page.fill("[name=phone]", ANSWERER)
    page.check("[name=role][value=unit_admin]")
    page.check("[name=scope][value='*']")
    save(page, "生成邀请")
    answering.goto(page.locator("input[readonly]").input_value())
    answering.get_by_role("button", name=re.compile("发送验证码")).click()
    answering.locator("input[name=code]").wait_for()
    steps.enter_code(answering, steps.newest_code(product.addresses["sms"], ANSWERER))
    for field in answering.locator("input[type=password]:visible").all():
        field.fill("Yunlong rails 416")
    answering.locator(".btn-primary:visible").first.click()
    answering.wait_for_url("**/second-factor/**")
    shown = re.search(r"(?:[A-Z2-7]{4}\s+){7}[A-Z2-7]{4}", answering.inner_text("body"))[0]
    steps.enter_code(answering, pyotp.TOTP(re.sub(r"\s", "", shown)).now())
    steps.remember(answering, {"url": f"{base}/sign-in/", "login": ANSWERER})


def lead(page, answering, *, seats: int, secretaries: int = 1) -> None:
    """From the page that opens a case to its file: one writes, the other answers.

    The papers before the meeting are of two days ago, so that the notice is over today.
    """
    today = clock.today()
    before, notice = (today - dt.timedelta(days=days) for days in (2, 1))
    act_here(page, "启动", on=before)
    case = page.url
    plan = {"planned_on": today.isoformat(), "seats": str(seats), "secretaries": str(secretaries)}
    act(page, NEXT, on=before, has_committee=True, note="班子缺额，抓紧选举", **plan)
    act(page, "呈报上级", on=before, document="支〔2026〕31 号")
    answer(answering, case, "党发〔2026〕61 号", on=before)
    page.goto(case)
    nominate(page, seats, secretaries)
    act_here(page, "呈报审查", on=before)
    answer(answering, case, "党发〔2026〕62 号", on=before)
    page.goto(case)
    act(page, NEXT, on=before, notice_until=notice.isoformat())
    act(page, "确认到会情况", on=today)
    vote(page, "committee", seats)
    if secretaries:
        vote(page, "secretary", secretaries)
    act(page, "呈报上级", on=today, document="支〔2026〕32 号")
    answer(answering, case, "党发〔2026〕63 号", on=today)
    page.goto(case)
    act(page, "办结", on=today)
    page.get_by_text("已办结").wait_for()


def act(page, button: str, **fields) -> None:
    """The next step of a case, from its page."""
    page.locator("a.btn-primary").click()
    act_here(page, button, **fields)


def act_here(page, button: str, *, on: dt.date, has_committee: bool = False, **fields: str) -> None:
    page.fill("[name=happened_on]", on.isoformat())
    if has_committee:
        page.check("[name=has_committee]")
    for field, value in fields.items():
        page.fill(f"[name={field}]", value)
    save(page, button)


def answer(page, case: str, document: str, *, on: dt.date) -> None:
    page.goto(case)
    page.locator("a.btn-primary").click()
    page.get_by_label("同意", exact=True).check()
    shift = page.locator("[name=approves_shift]")
    if shift.count():
        shift.check()
    act_here(page, "答复", on=on, document=document)


def nominate(page, seats: int, secretaries: int) -> None:
    """A fifth more than seats for the committee, the first of them for secretary."""
    page.locator("a.btn-primary").click()
    for office, wanted in (("committee", -(-seats * 6 // 5)), ("secretary", secretaries)):
        boxes = page.locator(f"[name={office.upper()}]")
        for number in range(min(wanted, boxes.count())):
            boxes.nth(number).check()


def vote(page, office: str, open_seats: int) -> None:
    page.locator("a.btn-primary").click()
    count(page, office, open_seats=open_seats)
    page.get_by_role("link", name="结束选举").click()
    page.fill("[name=document]", "选举会议")
    save(page, "结束选举")


def count(page, office, *, open_seats):
    """Everybody for the first ones; the others against."""
    form = page.locator(f"form[action$='/votes/{office}/']")
    present = form.locator("[name=present]").input_value()
    for name in ("issued", "returned", "valid"):
        form.locator(f"[name={name}]").fill(present)
    for number in range(form.locator("[name^=abstained_]").count()):
        wins = number < open_seats
        form.locator(f"[name=for_{number}]").fill(present if wins else "0")
        form.locator(f"[name=against_{number}]").fill("0" if wins else present)
        form.locator(f"[name=abstained_{number}]").fill("0")
    page.get_by_text(re.compile("^当选：")).first.wait_for()
    save(page, "保存本轮计票")
