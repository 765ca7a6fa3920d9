"""Six digits sent to a phone: ten minutes, one use, five tries, one a minute (ASVS 6.5)."""

from __future__ import annotations

import datetime as dt
import hmac
import re
import secrets
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from kernel.crypto import platform_cipher
from kernel.errors import Invalid, TooMany
from kernel.models import uuid7
from kernel.unit import shared_context
from shared_apps.delivery.services import sms
from shared_apps.people.models import SmsCode
from shared_apps.people.services import throttle
from shared_apps.people.services.throttle import CODE_ADDRESS, CODE_GAP, CODE_PHONE

LIFE: Final = dt.timedelta(minutes=10)
TRIES: Final = 5
_PHONE: Final = re.compile(r"1[3-9]\d{9}")
_IGNORED: Final = str.maketrans("", "", " -\u3000\u00a0")


class NotAPhone(Invalid):
    code = "phone_invalid"
    sentence = "请输入 11 位手机号。"


class CodeAskedTooSoon(TooMany):
    code = "code_too_soon"
    sentence = "验证码刚刚发送过，请 {seconds} 秒后再获取。"


class CodeLimitReached(TooMany):
    code = "code_limit_reached"
    sentence = "今天获取验证码的次数已用完，请明天再试，或联系所在党支部。"


class CodeWrong(Invalid):
    code = "code_wrong"
    sentence = "验证码不正确，还可以再试 {left} 次。"


class CodeSpent(Invalid):
    code = "code_spent"
    sentence = "验证码已失效，请重新获取。"


def phone_of(text: str) -> str:
    """The eleven digits of a mainland mobile number as people type it; raises NotAPhone."""
    digits = text.translate(_IGNORED).removeprefix("+86")
    if not _PHONE.fullmatch(digits):
        raise NotAPhone
    return digits


@shared_context()
def request(*, phone: str, audience: str, purpose: str, actor: Actor, now: dt.datetime) -> SmsCode:
    """Sends a new code, which makes earlier ones for the same ``audience`` worthless.

    Whoever's phone it is gets a code: whether the phone is on a roster is said only to who
    holds it.  ``purpose`` is read in the message.  Raises NotAPhone, CodeAskedTooSoon,
    CodeLimitReached.
    """
    phone = phone_of(phone)
    index = platform_cipher().index(phone, purpose="phone")
    _count(phone, actor, now)
    with transaction.atomic():
        earlier = SmsCode.objects.select_for_update().filter(phone_index=index, used_at=None)
        for code in earlier:
            if code.audience == audience:
                code.expires_at = now
                code.save(update_fields=["expires_at"])
        digits = f"{secrets.randbelow(1_000_000):06d}"
        made = SmsCode(
            phone_index=index, audience=audience, sent_at=now, expires_at=now + LIFE, id=uuid7()
        )
        made.digest = _digest(made, digits)
        made.save(force_insert=True)
        sms.send(
            phone=phone,
            template="code",
            parameters={
                "code": digits,
                "purpose": purpose,
                "minutes": str(int(LIFE.total_seconds() // 60)),
            },
            purpose="code",
            actor=actor,
            now=now,
        )
    return made


@shared_context()
def prove(*, phone: str, audience: str, code: str, actor: Actor, now: dt.datetime) -> None:
    """Accepts the newest code sent to the phone for ``audience``, once.

    Raises NotAPhone, CodeWrong, CodeSpent (used, expired, five tries gone, never asked for),
    TooManyAttempts.
    """
    index = platform_cipher().index(phone_of(phone), purpose="phone")
    throttle.take(limit=throttle.ADDRESS, value=actor.ip, now=now)
    with transaction.atomic():
        sent = (
            SmsCode.objects.select_for_update()
            .filter(phone_index=index, audience=audience, used_at=None, expires_at__gt=now)
            .order_by("-sent_at", "-id")
            .first()
        )
        left = _try(sent, code, now)
    if left is None:
        throttle.give_back(limit=throttle.ADDRESS, value=actor.ip)
    elif left > 0:
        raise CodeWrong(left=left)
    else:
        raise CodeSpent


def _try(sent: SmsCode | None, code: str, now: dt.datetime) -> int | None:
    """Counts the try; None when it was right, else how many are left."""
    if sent is None or sent.tries >= TRIES:
        return 0
    sent.tries += 1
    is_right = hmac.compare_digest(bytes(sent.digest), _digest(sent, code.strip()))
    if is_right:
        sent.used_at = now
    sent.save(update_fields=["tries", "used_at"])
    return None if is_right else TRIES - sent.tries


def _count(phone: str, actor: Actor, now: dt.datetime) -> None:
    """One code a minute and ten a day to a phone, two hundred a day for an address."""
    try:
        throttle.take(limit=CODE_GAP, value=phone, now=now)
    except throttle.TooManyAttempts as soon:
        raise CodeAskedTooSoon(seconds=soon.data["seconds"]) from soon
    try:
        throttle.take(limit=CODE_ADDRESS, value=actor.ip, now=now)
        throttle.take(limit=CODE_PHONE, value=phone, now=now)
    except throttle.TooManyAttempts as full:
        raise CodeLimitReached from full


def _digest(code: SmsCode, digits: str) -> bytes:
    return platform_cipher().index(f"{code.id}:{digits}", purpose="sms_code")
