"""Dedicated accounts: the unit registers, the bank compares with the papers and confirms.

Whoever confirms types the number from the papers once more; nobody is shown it.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.crypto import platform_cipher
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.permissions import require
from kernel.unit import shared_context
from shared_apps.people.services import events
from shared_apps.rules.selectors import banks
from shared_apps.settlement.models import Account, AccountState
from shared_apps.settlement.permissions import SettlementPermission
from shared_apps.settlement.selectors import accounts, periods, terms
from tenants.models import schema_name_of

_COLUMN: Final = "settlement.account.number"
_PURPOSE: Final = "settlement.account"
_NAME: Final = re.compile(r"中国共产党\S{2,100}委员会(?:组织部|\(组织部\)|（组织部）)?")
_CNAPS: Final = re.compile(r"[0-9]{12}")
_NUMBER: Final = re.compile(r"[0-9]{10,25}")


class BankNotAllowed(Invalid):
    code = "settlement_bank_not_allowed"
    sentence = "依据{article}，党费专户只能开在{banks}。"


class CnapsInvalid(Invalid):
    code = "settlement_cnaps_invalid"
    sentence = "联行号应为 12 位数字，可在开户许可证或开户行处查到。"


class CnapsOfAnotherBank(Invalid):
    code = "settlement_cnaps_of_another_bank"
    sentence = "{bank}的联行号以 {prefix} 开头，请核对开户银行和联行号。"


class AccountNameInvalid(Invalid):
    code = "settlement_account_name_invalid"
    sentence = (
        "户名应为「中国共产党……委员会」或「中国共产党……委员会（组织部）」，"
        "不能用个人或行政单位的户名。"
    )


class AccountNumberInvalid(Invalid):
    code = "settlement_account_number_invalid"
    sentence = "账号应为 10 至 25 位数字，不含空格以外的符号。"


class AccountWaiting(Conflict):
    code = "settlement_account_waiting"
    sentence = "已有一个账户在等待银行核对，请先等待结果，或撤回后重新登记。"


class AccountInUse(Conflict):
    code = "settlement_account_in_use"
    sentence = "这个账号已经是正在使用的党费专户。"


class AccountMoved(Conflict):
    code = "settlement_account_moved"
    sentence = "账户当前状态为「{state}」，不能这样办理，请刷新后再看。"


class SamePerson(Forbidden):
    code = "settlement_account_same_person"
    sentence = "登记和核对须由两个人办理。"


class NumbersDiffer(Conflict):
    code = "settlement_numbers_differ"
    sentence = "开户资料上的账号与单位登记的不一致，请核对；确有出入的，请退回单位重新登记。"


class ReasonMissing(Invalid):
    code = "settlement_reason_missing"
    sentence = "请写明退回的原因，单位会看到。"


@dataclass(frozen=True, slots=True)
class Particulars:
    """What stands on the papers of an account."""

    bank: str
    cnaps: str
    branch: str
    name: str
    number: str


@transaction.atomic
def register(
    *, unit_id: UUID, given: Particulars, actor: Actor, now: dt.datetime, today: dt.date
) -> Account:
    """Writes an account down for the bank to compare.

    Raises Forbidden, BankNotAllowed, CnapsInvalid, CnapsOfAnotherBank, AccountNameInvalid,
    AccountNumberInvalid, AccountWaiting, AccountInUse.
    """
    require(actor, SettlementPermission.OWN_CHANGE)
    if actor.person_id is None:
        raise Forbidden
    number = checked(given, today)
    index = platform_cipher().index(number, purpose=_PURPOSE)
    with shared_context():
        own = accounts.of_unit(unit_id)
        if own.filter(state=AccountState.CONFIRMED, number_index=index).exists():
            raise AccountInUse
        try:
            with transaction.atomic():
                return Account.objects.create(
                    unit_id=unit_id,
                    unit_role=schema_name_of(unit_id),
                    bank=given.bank,
                    cnaps=given.cnaps,
                    branch=given.branch.strip(),
                    name=given.name.strip(),
                    number_sealed=platform_cipher().seal(number, column=_COLUMN),
                    number_index=index,
                    last_four=number[-4:],
                    registered_by=actor.person_id,
                    registered_by_name=actor.name,
                    registered_at=now,
                )
        except IntegrityError as clash:
            if "settlement_account_one_waiting" not in str(clash):
                raise
            raise AccountWaiting from clash


def checked(given: Particulars, today: dt.date) -> str:
    """The bare number of an account whose particulars fit each other (rulebook 4.7)."""
    allowed = banks.allowed(today)
    bank = next((one for one in allowed.banks if one.code == given.bank), None)
    if bank is None:
        raise BankNotAllowed(
            article=allowed.article, banks="、".join(one.label for one in allowed.banks)
        )
    if not _CNAPS.fullmatch(given.cnaps):
        raise CnapsInvalid
    if not given.cnaps.startswith(bank.cnaps):
        raise CnapsOfAnotherBank(bank=bank.label, prefix=bank.cnaps)
    if not _NAME.fullmatch(given.name.strip()):
        raise AccountNameInvalid
    number = given.number.replace(" ", "")
    if not _NUMBER.fullmatch(number):
        raise AccountNumberInvalid
    return number


def withdraw(*, unit_id: UUID, account_id: UUID, actor: Actor, now: dt.datetime) -> Account:
    """The unit takes back what the bank has not compared yet.  Raises AccountMoved."""
    require(actor, SettlementPermission.OWN_CHANGE)
    return _end_own(unit_id, account_id, AccountState.REGISTERED, AccountState.WITHDRAWN, now)


def close(*, unit_id: UUID, account_id: UUID, actor: Actor, now: dt.datetime) -> Account:
    """The unit stops using an account: nothing is sent there any more.  Raises AccountMoved."""
    require(actor, SettlementPermission.OWN_CHANGE)
    return _end_own(unit_id, account_id, AccountState.CONFIRMED, AccountState.CLOSED, now)


@shared_context()
@transaction.atomic
def confirm(
    *, account_id: UUID, number: str, actor: Actor, now: dt.datetime, today: dt.date
) -> Account:
    """The bank has compared the papers: the account is used from the unit's next period, or at
    once where none is in use.

    Raises Forbidden, SamePerson, AccountMoved, NumbersDiffer, AccountInUse.
    """
    account = _decided(account_id, actor, now)
    if number_of(account) != number.replace(" ", ""):
        raise NumbersDiffer
    account.state = AccountState.CONFIRMED
    account.effective_on = _effective_on(account.unit_id, today)
    accounts.of_unit(account.unit_id).filter(
        state=AccountState.CONFIRMED, effective_on=account.effective_on
    ).update(state=AccountState.REPLACED, closed_at=now)
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as clash:
        if "settlement_account_of_one_unit" not in str(clash):
            raise
        raise AccountInUse from clash
    _tell("settlement.account_confirmed", account, actor, now)
    return account


@shared_context()
@transaction.atomic
def refuse(*, account_id: UUID, reason: str, actor: Actor, now: dt.datetime) -> Account:
    """The papers do not fit: the unit registers again.

    Raises Forbidden, SamePerson, AccountMoved, ReasonMissing.
    """
    why = " ".join(reason.split())
    if not why:
        raise ReasonMissing
    account = _decided(account_id, actor, now)
    account.state, account.reason = AccountState.REFUSED, why
    account.save()
    _tell("settlement.account_refused", account, actor, now)
    return account


def retire(*, unit_id: UUID) -> int:
    """Wipes the numbers of a closed unit's accounts; returns how many.  May be repeated."""
    kept = Account.objects.filter(unit_id=unit_id).exclude(number_sealed=b"")
    return kept.update(number_sealed=b"", state=AccountState.CLOSED)


def number_of(account: Account) -> str:
    """The full number, for an instruction to the bank and for comparing."""
    return platform_cipher().open(bytes(account.number_sealed), column=_COLUMN)


def _effective_on(unit_id: UUID, today: dt.date) -> dt.date:
    if accounts.account_in_force(unit_id, today) is None:
        return today
    return periods.next_start(today, terms.terms_on(unit_id, today).cycle)


def _decided(account_id: UUID, actor: Actor, now: dt.datetime) -> Account:
    require(actor, SettlementPermission.CONFIRM)
    account = Account.objects.select_for_update().filter(pk=account_id).first()
    if account is None:
        raise accounts.UnknownAccount
    if account.state != AccountState.REGISTERED:
        raise AccountMoved(state=account.get_state_display())
    if actor.person_id is None or actor.person_id == account.registered_by:
        raise SamePerson
    account.decided_by, account.decided_by_name = actor.person_id, actor.name
    account.decided_at = now
    return account


@shared_context()
@transaction.atomic
def _end_own(
    unit_id: UUID, account_id: UUID, before: AccountState, after: AccountState, now: dt.datetime
) -> Account:
    own = accounts.of_unit(unit_id)
    account = own.select_for_update().filter(pk=account_id).first()
    if account is None:
        raise accounts.UnknownAccount
    if account.state != before:
        raise AccountMoved(state=account.get_state_display())
    account.state, account.closed_at = after, now
    account.save(update_fields=["state", "closed_at"])
    return account


def _tell(code: str, account: Account, actor: Actor, now: dt.datetime) -> None:
    events.record(
        code,
        actor=actor,
        now=now,
        unit_id=account.unit_id,
        account_id=str(account.pk),
        bank=account.bank,
        last_four=account.last_four,
    )
