"""The lines of the ledger: who sees which, filtered as the address says."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast

from kernel.actor import Actor
from kernel.clock import Month, day_of
from kernel.errors import NotFound
from tenant_apps.dues.selectors import chart
from tenant_apps.dues.selectors.books import midnight, transfers_within
from tenant_apps.treasury.selectors.balances import require_browsing
from tenant_apps.treasury.selectors.places import scopes_of

KINDS = {
    "": "全部",
    "in": "收入",
    "out": "支出",
    "move": "划转",
}
"""What a line is to the unit: income, expense, or money that changes its place."""
_INCOME = Q(*[("credit__startswith", number) for number in ("3", "4")], _connector=Q.OR)
_EXPENSE = Q(debit__startswith="5")
_KIND_FILTERS = {"in": _INCOME, "out": _EXPENSE & ~_INCOME, "move": ~_INCOME & ~_EXPENSE}
_NUMBER = re.compile(r"(\d{4})(\d{2})(\d{2})-([0-9A-F]{8})", re.IGNORECASE)


class LineNotFound(NotFound):
    code = "treasury_line_not_found"
    sentence = "没有找到这张凭证，可能不在您的管理范围内。"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters of the ledger; empty is all.  ``account`` is a number or a whole account."""

    month: Month | None = None
    account: str = ""
    kind: str = ""
    below: str = ""
    text: str = ""


def number_of(transfer_id: UUID, at: dt.datetime) -> str:
    """The voucher number of a line: its day and the end of its key."""
    return f"{day_of(at):%Y%m%d}-{transfer_id.hex[-8:].upper()}"


def lines_visible_to(actor: Actor, wanted: Wanted) -> QuerySet[Any]:
    """Lines of the actor's sub-trees, newest first."""
    require_browsing(actor)
    found = transfers_within(scopes_of(actor), below=wanted.below)
    if wanted.month:
        end = midnight((wanted.month + 1).first_day)
        found = found.filter(at__gte=midnight(wanted.month.first_day), at__lt=end)
    if wanted.account:
        found = found.filter(_of_account(wanted.account))
    if wanted.kind in _KIND_FILTERS:
        found = found.filter(_KIND_FILTERS[wanted.kind])
    return _searched(found, wanted.text) if wanted.text else found


def line_for(actor: Actor, transfer_id: UUID) -> Any:
    """Loads and authorises.  Raises LineNotFound outside the actor's sub-trees."""
    found = lines_visible_to(actor, Wanted()).filter(pk=transfer_id).first()
    if found is None:
        raise LineNotFound
    return found


def _of_account(account: str) -> Q:
    if ":" in account:
        return Q(debit=account) | Q(credit=account)
    return Q(debit__startswith=account) | Q(credit__startswith=account)


def _searched(found: QuerySet[Any], text: str) -> QuerySet[Any]:
    """By voucher number, an amount in yuan, or words of the memo."""
    number = _NUMBER.fullmatch(text)
    if number:
        end = number[4].lower()
        named: QuerySet[Any] = found.annotate(key=Cast("id", CharField()))
        return named.filter(key__endswith=end)
    wanted = Q(memo__contains=text)
    if re.fullmatch(r"\d{1,12}(\.\d{1,2})?", text):
        whole, _, cents = text.partition(".")
        wanted |= Q(amount_fen=int(whole) * 100 + int(cents.ljust(2, "0") or 0))
    for account, label in chart.ACCOUNTS.items():
        if text in label:
            wanted |= _of_account(account)
    return found.filter(wanted)
