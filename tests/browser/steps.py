"""What people do in a browser, in their words."""

from __future__ import annotations

import re
import time

import pyotp
import requests
from django.conf import settings

WAIT = 30_000


_cookies: dict[tuple[str, str], list] = {}
_used_steps: dict[str, int] = {}


def sign_in(page, account) -> None:
    """Password, then the second factor; who signed in before comes back with the cookie."""
    if comes_back(page, account):
        return
    page.goto(account["url"])
    page.locator("main input:visible, .card input:visible").first.fill(account["login"])
    page.locator("input[type=password]").fill(account["password"])
    page.get_by_role("button", name="登录", exact=True).click()
    give_second_factor(page, account)
    remember(page, account)


def comes_back(page, account) -> bool:
    """Opens the start page with the cookie of an earlier story, where there was one."""
    kept = _cookies.get((account["url"], account["login"]), [])
    if kept:
        page.context.add_cookies(kept)
        page.goto(account["url"].removesuffix("sign-in/"))
    return bool(kept)


def remember(page, account) -> None:
    """A second code has to be waited for, and every story would begin with the same pages."""
    cookies = page.context.cookies()
    _cookies[account["url"], account["login"]] = [
        cookie for cookie in cookies if cookie["name"] == settings.SIGN_IN_COOKIE
    ]


def give_second_factor(page, account, button: str | None = None) -> None:
    """A code that was not used yet, until one is taken."""
    for _ in range(3):
        page.locator("input[name=code]").wait_for(timeout=WAIT)
        enter_code(page, unused_code(account["second_factor"]), button)
        if not page.locator("input[name=code]").count():
            return
    raise AssertionError("the second factor was not taken")


def unused_code(secret: str) -> str:
    """The oldest of the codes that are taken at this moment and that we have not used.

    The one before and the one after the present one are taken too, each once: who signs in again
    needs not wait for half a minute.  5 s are left for typing it.
    """
    step = max(int(time.time() + 5) // 30 - 1, _used_steps.get(secret, 0) + 1)
    time.sleep(max(0, (step - 1) * 30 - time.time()))
    _used_steps[secret] = step
    return pyotp.TOTP(secret).generate_otp(step)


def enter_code(page, code: str, button: str | None = None) -> None:
    """Types a six-digit code; where the form does not send itself at the last digit, sends it."""
    field = page.locator("input[name=code]")
    sends_itself = field.get_attribute("data-send") is not None
    with page.expect_navigation():
        field.fill(code)
        if not sends_itself:
            named = page.get_by_role("button", name=button)
            other = page.locator(".btn-primary:visible, .weui-btn_primary:visible").first
            (named if button else other).click()


def newest_code(inbox: str, phone: str) -> str:
    """The code that the SMS simulator received last for a phone."""
    for _ in range(100):
        answer = requests.get(f"{inbox}/inbox.json", params={"phone": phone}, timeout=5)
        for message in answer.json()["messages"]:
            if found := re.search(r"验证码 (\d{6})", message["text"]):
                return found[1]
        time.sleep(0.2)
    raise AssertionError(f"no code for {phone}")


def sign_in_as_member(phone_page, product, account) -> None:
    """Phone number, then the code from the message, of which one a minute is sent to anybody."""
    if comes_back(phone_page, account):
        return
    phone_page.goto(account["url"])
    phone_page.locator("input:visible").first.fill(account["login"])
    phone_page.locator("button[type=submit]:visible").first.click()
    phone_page.locator("input[name=code]").wait_for(timeout=WAIT)
    enter_code(phone_page, newest_code(product.addresses["sms"], account["login"]))
    remember(phone_page, account)


def credit_code(body: str) -> str:
    """17 characters and their check character (GB 32100)."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    weights = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
    total = sum(alphabet.index(c) * w for c, w in zip(body, weights, strict=True))
    return body + alphabet[(31 - total % 31) % 31]
