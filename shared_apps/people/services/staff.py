"""Accounts that nobody invites: the bank's and the platform's staff, and those of the demo."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict, Invalid, NotFound
from kernel.unit import shared_context
from shared_apps.people import selectors
from shared_apps.people.models import Person, PlatformRole
from shared_apps.people.services import (
    events,
    member_sign_in,
    passwords,
    second_factor,
    sms_codes,
)
from shared_apps.people.services import (
    roles as platform_roles,
)

_LOGIN: Final = re.compile(r"[a-z][a-z0-9._-]{2,59}")


class LoginInvalid(Invalid):
    code = "login_invalid"
    sentence = "登录名须为 3 至 60 位小写字母、数字、点、横线，以字母开头。"


class LoginTaken(Conflict):
    code = "login_taken"
    sentence = "登录名「{login}」已被使用，请换一个。"


class AccountUnknown(NotFound):
    code = "account_unknown"
    sentence = "没有找到账号「{account}」，或该账号从未设置过密码。"


@shared_context()
def enrol(
    *,
    login: str,
    display_name: str,
    password: str,
    roles: Sequence[str],
    second_factor_secret: str | None,
    actor: Actor,
    now: dt.datetime,
) -> Person:
    """Makes a console account with its roles.

    ``second_factor_secret`` is for accounts of the demo; without it the first sign-in enrols
    one.  Raises LoginInvalid, LoginTaken, PasswordTooWeak, RolesSeparated.
    """
    login = login.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise LoginInvalid
    with transaction.atomic():
        if Person.objects.filter(login=login).exists():
            raise LoginTaken(login=login)
        person = Person.objects.create(login=login, display_name=display_name, created_at=now)
        passwords.set_first(person=person, password=password, account=login, now=now)
        for role in roles:
            platform_roles.give(person=person, role=PlatformRole(role), actor=actor, now=now)
        if second_factor_secret:
            second_factor.install(person=person, secret=second_factor_secret, now=now)
        events.record("account.made", actor=actor, now=now, person_id=person.id)
    return person


@shared_context()
def enrol_by_phone(
    *,
    phone: str,
    password: str,
    second_factor_secret: str | None,
    actor: Actor,
    now: dt.datetime,
) -> Person:
    """Gives the identity of a phone a password (and a second factor): administrators of demo
    units.  Others are invited.  An account that has a password keeps it.  The role is granted
    in the unit by ``access``.  Raises NotAPhone, PasswordTooWeak.
    """
    digits = sms_codes.phone_of(phone)
    with transaction.atomic():
        person = member_sign_in.holder_of(phone=digits, now=now)
        if not person.password:
            passwords.set_first(person=person, password=password, account=digits, now=now)
            events.record("account.made", actor=actor, now=now, person_id=person.id)
        if second_factor_secret and not second_factor.is_enrolled(person):
            second_factor.install(person=person, secret=second_factor_secret, now=now)
    return person


@shared_context()
def reset(
    *, account: str, password: str, is_factor_cleared: bool, actor: Actor, now: dt.datetime
) -> int:
    """Gives the holder of a login or phone a new password, after whoever runs the installation
    made sure who they are; returns how many sessions ended.

    ``is_factor_cleared`` takes the second factor away as well: the next sign-in enrols a new
    one.  Raises AccountUnknown, PasswordTooWeak.
    """
    person = selectors.person_by_account(account.strip())
    if person is None or not person.password:
        raise AccountUnknown(account=account)
    with transaction.atomic():
        ended = passwords.replace(person=person, password=password, now=now)
        if is_factor_cleared:
            second_factor.forget(person=person)
        events.record(
            "account.reset",
            actor=actor,
            now=now,
            person_id=person.id,
            ended=ended,
            is_factor_cleared=is_factor_cleared,
        )
    return ended
