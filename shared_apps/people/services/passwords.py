"""Passwords: long, not known to everybody, and nothing else asked of them (ASVS 6.2)."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import Final
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.db import transaction

from kernel.actor import Actor
from kernel.crypto import platform_cipher
from kernel.errors import Invalid
from kernel.unit import shared_context
from shared_apps.people.models import Person, Session
from shared_apps.people.services import events, sessions, throttle

SHORTEST: Final = 12
LONGEST: Final = 128
_FEWEST_SIGNS: Final = 5


class PasswordTooWeak(Invalid):
    code = "password_too_weak"
    sentence = "{reason}"


class WrongPassword(Invalid):
    code = "password_wrong"
    sentence = "当前密码不正确。"


def require_strong(password: str, *, account: str = "") -> None:
    """Raises PasswordTooWeak: shorter than 12 characters, longer than 128, in the list of
    common ones, made of fewer than five different signs, or holding the account itself.
    """
    if len(password) < SHORTEST:
        raise PasswordTooWeak(reason=f"密码至少需要 {SHORTEST} 个字符，可以用几个词连成一句话。")
    if len(password) > LONGEST:
        raise PasswordTooWeak(reason=f"密码最长 {LONGEST} 个字符。")
    if account and account.lower() in password.lower():
        raise PasswordTooWeak(reason="密码中不能包含登录名或手机号。")
    if len(set(password)) < _FEWEST_SIGNS:
        raise PasswordTooWeak(reason="密码重复的字符太多，容易被猜到，请换一个。")
    try:
        _common().validate(password)
    except ValidationError as common:
        raise PasswordTooWeak(reason="这个密码太常见，容易被猜到，请换一个。") from common


def is_right(person: Person | None, password: str) -> bool:
    """Whether the password is the person's; the same work is done when there is nobody."""
    if person is None or not person.password:
        check_password(password, _nobodys_password())
        return False
    return check_password(password, person.password)


@shared_context()
def set_first(*, person: Person, password: str, account: str, now: dt.datetime) -> None:
    """Gives a password to somebody who has none yet; raises PasswordTooWeak."""
    require_strong(password, account=account)
    _set(person, password, now)


@shared_context()
def prove_again(*, person_id: UUID | None, password: str, actor: Actor, now: dt.datetime) -> None:
    """Asks somebody who is signed in for the password once more, before a grave act.

    Raises WrongPassword (which counts towards the lock-out), TooManyAttempts.
    """
    person = Person.objects.filter(pk=person_id).first() if person_id else None
    throttle.take(limit=throttle.ACCOUNT, value=str(person_id), now=now)
    if not is_right(person, password):
        events.record("password.refused", actor=actor, now=now, person_id=person_id)
        raise WrongPassword
    throttle.give_back(limit=throttle.ACCOUNT, value=str(person_id))


@shared_context()
def change(
    *, session: Session, current: str, new: str, actor: Actor, now: dt.datetime
) -> sessions.Opened:
    """Changes the actor's own password, ends every other session and renews this one.

    Raises WrongPassword (which counts towards the lock-out), PasswordTooWeak.
    """
    person = Person.objects.get(pk=session.person_id)
    prove_again(person_id=person.id, password=current, actor=actor, now=now)
    require_strong(new, account=_account_of(person))
    with transaction.atomic():
        _set(person, new, now)
        ended = sessions.end_all(person_id=person.id, now=now, but=session.id)
        events.record("password.changed", actor=actor, now=now, person_id=person.id, ended=ended)
        return sessions.renew(session=session, now=now)


@shared_context()
def replace(*, person: Person, password: str, now: dt.datetime) -> int:
    """Puts a new password in a forgotten one's place, ends every session of the person and
    forgets the tries counted against them; returns how many sessions ended.

    Who asks for it is proven before, and the caller records it.  Raises PasswordTooWeak.
    """
    require_strong(password, account=_account_of(person))
    with transaction.atomic():
        _set(person, password, now)
        ended = sessions.end_all(person_id=person.id, now=now)
    throttle.clear(limit=throttle.ACCOUNT, value=str(person.id))
    return ended


def _account_of(person: Person) -> str:
    """What the person signs in with: a login, or the phone."""
    if person.login or person.phone_sealed is None:
        return person.login
    return platform_cipher().open(person.phone_sealed, column="people_person.phone")


def _set(person: Person, password: str, now: dt.datetime) -> None:
    person.password = make_password(password)
    person.password_set_at = now
    person.save(update_fields=["password", "password_set_at"])


@lru_cache(maxsize=1)
def _common() -> CommonPasswordValidator:
    return CommonPasswordValidator()


@lru_cache(maxsize=1)
def _nobodys_password() -> str:
    return make_password("nobody has this password")
