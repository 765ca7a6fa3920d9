"""What people do in a browser, in their words."""

from __future__ import annotations

import re
import time

import pyotp
import requests

WAIT = 30_000


def sign_in(page, account) -> None:
    """Password, then the second factor; a code that was just used is waited out."""
    page.goto(account["url"])
    page.locator("main input:visible, .card input:visible").first.fill(account["login"])
    page.locator("input[type=password]").fill(account["password"])
    page.get_by_role("button", name="登录", exact=True).click()
    give_second_factor(page, account)


def give_second_factor(page, account, button: str | None = None) -> None:
    """The code of the moment until it is taken: one that was just used is waited out."""
    for _ in range(3):
        page.locator("input[name=code]").wait_for(timeout=WAIT)
        enter_code(page, pyotp.TOTP(account["second_factor"]).now(), button)
        if not page.locator("input[name=code]").count():
            return
        time.sleep(31 - time.time() % 30)
    raise AssertionError("the second factor was not taken")


def enter_code(page, code: str, button: str | None = None) -> None:
    """Types a six-digit code; the form may send itself at the last digit."""
    before = page.url
    page.locator("input[name=code]").fill(code)
    page.wait_for_timeout(700)
    if page.url == before and page.locator("input[name=code]").count():
        if button:
            page.get_by_role("button", name=button).click()
        else:
            page.locator(".btn-primary:visible, .weui-btn_primary:visible").first.click()
    page.wait_for_load_state("networkidle")


def newest_message(inbox: str, phone: str) -> str:
    """The text that the SMS simulator received last for a phone."""
    for _ in range(40):
        messages = requests.get(f"{inbox}/inbox.json", params={"phone": phone}, timeout=5).json()[
            "messages"
        ]
        if messages:
            return messages[0]["text"]
        time.sleep(0.5)
    raise AssertionError(f"no message for {phone}")


def code_in(text: str) -> str:
    return re.search(r"验证码 (\d{6})", text)[1]


def sign_in_as_member(phone_page, product, account) -> None:
    """Phone number, then the code from the message."""
    phone_page.goto(account["url"])
    phone_page.locator("input:visible").first.fill(account["login"])
    phone_page.locator("button[type=submit]:visible").first.click()
    phone_page.locator("input[name=code]").wait_for(timeout=WAIT)
    phone_page.wait_for_timeout(1500)
    code = code_in(newest_message(product.addresses["sms"], account["login"]))
    enter_code(phone_page, code)


def credit_code(body: str) -> str:
    """17 characters and their check character (GB 32100)."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    total = sum(alphabet.index(c) * w for c, w in zip(body, weights, strict=True))
    return body + alphabet[(31 - total % 31) % 31]
