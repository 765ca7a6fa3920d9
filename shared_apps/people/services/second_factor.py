"""The second factor: TOTP (RFC 6238) and recovery codes, each code good once."""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

import pyotp
from django.db import transaction

from kernel.actor import Actor
from kernel.crypto import platform_cipher
from kernel.errors import Conflict, Invalid
from kernel.unit import shared_context
from shared_apps.people.models import Person, SecondFactor
from shared_apps.people.services import events

ISSUER: Final = "共建云"
STEP: Final = 30
"""Seconds."""
DIGITS: Final = 6
RECOVERY_CODES: Final = 10
_COLUMN: Final = "people_secondfactor.secret"
_SIGNS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the person's authenticator has to learn; ``uri`` goes into the QR code."""

    secret: str
    uri: str


class SecondFactorWrong(Invalid):
    code = "second_factor_wrong"
    sentence = "验证码不正确或已使用过。请等验证器显示下一组数字后再输入。"


class NotEnrolled(Conflict):
    code = "second_factor_missing"
    sentence = "您还没有绑定验证器，请先完成绑定。"


class AlreadyEnrolled(Conflict):
    code = "second_factor_exists"
    sentence = "您已经绑定验证器。更换时请先输入当前验证器上的数字或一个恢复码。"


def label_of(person: Person) -> str:
    """What the authenticator shows beside the product's name."""
    return person.login or person.phone_masked


@shared_context()
def is_enrolled(person: Person) -> bool:
    return SecondFactor.objects.filter(person=person, confirmed_at__isnull=False).exists()


@shared_context()
def begin(*, person: Person, now: dt.datetime) -> Enrolment:
    """The secret to be learned by the first device; the same one until it is confirmed.

    Raises AlreadyEnrolled: a device in use is replaced by ``replace``, never by a password.
    """
    with transaction.atomic():
        factor = _locked(person)
        if factor.confirmed_at is not None:
            raise AlreadyEnrolled
        return _shown(factor)


@shared_context()
def replace(*, person: Person, code: str, actor: Actor, now: dt.datetime) -> Enrolment:
    """The secret for a new device, against a proof by the old one (or a recovery code).

    Raises SecondFactorWrong.  The old device goes on until the new one is confirmed.
    """
    verify(person=person, code=code, now=now)
    with transaction.atomic():
        factor = _locked(person)
        factor.pending_sealed = None
        events.record("second_factor.replacing", actor=actor, now=now, person_id=person.id)
        return _shown(factor)


@shared_context()
def pending(*, person: Person) -> Enrolment | None:
    """The secret that was shown and not confirmed yet, if there is one."""
    factor = SecondFactor.objects.filter(person=person, pending_sealed__isnull=False).first()
    return None if factor is None else _shown(factor)


@shared_context()
def confirm(*, person: Person, code: str, actor: Actor, now: dt.datetime) -> list[str]:
    """Takes the pending device into use and returns its ten recovery codes, shown once.

    Raises SecondFactorWrong, NotEnrolled when none was begun.
    """
    with transaction.atomic():
        factor = _locked(person)
        if factor.pending_sealed is None:
            raise NotEnrolled
        step = _step_of(_open(factor.pending_sealed), code, now=now, after=0)
        if step is None:
            raise SecondFactorWrong
        factor.secret_sealed, factor.pending_sealed = factor.pending_sealed, None
        factor.confirmed_at, factor.last_step = now, step
        codes = _new_recovery_codes(factor)
        factor.save()
        events.record("second_factor.enrolled", actor=actor, now=now, person_id=person.id)
    return codes


@shared_context()
def verify(*, person: Person, code: str, now: dt.datetime) -> bool:
    """Accepts a code of the device (one step early or late) or a recovery code, once.

    Returns whether it was a recovery code.  Raises SecondFactorWrong, NotEnrolled.
    """
    with transaction.atomic():
        factor = _locked(person)
        if factor.confirmed_at is None or factor.secret_sealed is None:
            raise NotEnrolled
        step = _step_of(_open(factor.secret_sealed), code, now=now, after=factor.last_step)
        if step is not None:
            factor.last_step = step
            factor.save(update_fields=["last_step"])
            return False
        digest = _recovery_digest(person, code)
        if digest not in factor.recovery_digests:
            raise SecondFactorWrong
        factor.recovery_digests = [kept for kept in factor.recovery_digests if kept != digest]
        factor.save(update_fields=["recovery_digests"])
    return True


@shared_context()
def renew_recovery_codes(*, person: Person, code: str, actor: Actor, now: dt.datetime) -> list[str]:
    """Ten new recovery codes against a proof; the old ones are worth nothing.

    Raises SecondFactorWrong.
    """
    verify(person=person, code=code, now=now)
    with transaction.atomic():
        factor = _locked(person)
        codes = _new_recovery_codes(factor)
        factor.save(update_fields=["recovery_digests"])
        events.record("recovery_codes.renewed", actor=actor, now=now, person_id=person.id)
    return codes


@shared_context()
def forget(*, person: Person) -> None:
    """Takes the device and its recovery codes away: the next sign-in enrols another."""
    SecondFactor.objects.filter(person=person).delete()


@shared_context()
def install(*, person: Person, secret: str, now: dt.datetime) -> None:
    """Puts a known secret in force: for accounts of the demo and of tests only."""
    SecondFactor.objects.update_or_create(
        person=person,
        defaults={
            "secret_sealed": platform_cipher().seal(secret, column=_COLUMN),
            "pending_sealed": None,
            "confirmed_at": now,
            "last_step": 0,
        },
    )


@shared_context()
def current_code(*, person: Person, now: dt.datetime) -> tuple[str, int]:
    """A code that will be accepted now and the seconds it stays so; for the demo's accounts.

    When the code of this step was used the next one is given, which is accepted early.
    """
    factor = SecondFactor.objects.get(person=person)
    if factor.secret_sealed is None:
        raise NotEnrolled
    step = int(now.timestamp()) // STEP
    used = factor.last_step >= step
    code = pyotp.TOTP(_open(factor.secret_sealed)).generate_otp(step + 1 if used else step)
    return code, STEP - int(now.timestamp()) % STEP + STEP * (2 if used else 1)


def _locked(person: Person) -> SecondFactor:
    factor, _ = SecondFactor.objects.select_for_update().get_or_create(person=person)
    return factor


def _shown(factor: SecondFactor) -> Enrolment:
    if factor.pending_sealed is None:
        factor.pending_sealed = platform_cipher().seal(pyotp.random_base32(), column=_COLUMN)
        factor.save(update_fields=["pending_sealed"])
    secret = _open(factor.pending_sealed)
    return Enrolment(
        secret,
        pyotp.TOTP(secret).provisioning_uri(name=label_of(factor.person), issuer_name=ISSUER),
    )


def _open(sealed: bytes | memoryview) -> str:
    return platform_cipher().open(sealed, column=_COLUMN)


def _step_of(secret: str, code: str, *, now: dt.datetime, after: int) -> int | None:
    """The step whose code this is, within one of now and later than the last one used."""
    totp, present = pyotp.TOTP(secret), int(now.timestamp()) // STEP
    for step in (present, present - 1, present + 1):
        is_same = hmac.compare_digest(totp.generate_otp(step).encode(), code.strip().encode())
        if is_same and step > after:
            return step
    return None


def _new_recovery_codes(factor: SecondFactor) -> list[str]:
    codes = [
        "-".join("".join(secrets.choice(_SIGNS) for _ in range(5)) for _ in range(2))
        for _ in range(RECOVERY_CODES)
    ]
    factor.recovery_digests = [_recovery_digest(factor.person, code) for code in codes]
    return codes


def _recovery_digest(person: Person, code: str) -> str:
    plain = "".join(sign for sign in code.upper() if sign in _SIGNS)
    return platform_cipher().index(f"{person.id}:{plain}", purpose="recovery").hex()
