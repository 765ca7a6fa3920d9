"""What bills of every channel have in common: typed lines, exact amounts, errors that lead on.

A bill is read from its bytes, by the names of its columns and never by their places.  Reading is
strict: whatever is not understood whole is refused with the row, the field, the rule and the way
out, and nothing of the bill is taken.  Amounts are integer fen.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final, NamedTuple, Protocol, runtime_checkable

from kernel.errors import Invalid
from shared_apps.payments.channels.base import ChannelError, Outcome

PAYMENT: Final = "payment"
REFUND: Final = "refund"
SUCCESS: Final = "SUCCESS"
MOST_SIGNS: Final = 64
BEIJING: Final = timezone(timedelta(hours=8))
"""A fixed offset: a time zone's rules would be asked for each of a million lines."""
AGAIN: Final = "请重新取账单；仍然如此，请把原文件交给渠道客服核对。"

_YUAN: Final = re.compile(rb"(-?)([0-9]{1,12})(?:\.([0-9]{1,2}))?")
_FINE_YUAN: Final = re.compile(rb"(-?)([0-9]{1,12})(?:\.([0-9]{1,2})0*)?")
_WHOLE: Final = re.compile(rb"([0-9]{1,9})(?:\.0+)?")
_NUMBER: Final = re.compile(rb"[0-9A-Za-z_\-|*@]{1,64}")


class BillKind(StrEnum):
    """Which bill: every payment and refund of a day, or every movement of the account."""

    TRADE = "trade"
    FUND = "fund"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A bill as it came, or why it did not.

    SUCCEEDED without content: there was nothing that day.  PENDING: ask again later.  FAILED: the
    channel refuses, which asking again will not change.
    """

    outcome: Outcome
    content: bytes = field(default=b"", repr=False)
    digest: str = ""
    error: ChannelError | None = None


@runtime_checkable
class BillSource(Protocol):
    """An adapter whose channel gives bills out."""

    def bill(self, kind: BillKind, day: date) -> Fetched:
        """The bill of a day of Beijing; raises nothing for what channel or network do."""


class BillUnreadable(Invalid):
    """Any reason for which a bill is not taken."""

    code = "bill_unreadable"
    sentence = "账单文件无法读取。" + AGAIN


class BillEncodingWrong(BillUnreadable):
    code = "bill_encoding"
    sentence = "账单应为 {encoding} 编码，第 {row} 行不是。" + AGAIN


class BillColumnMissing(BillUnreadable):
    code = "bill_column_missing"
    sentence = "账单缺少「{field}」一列，无法核对。" + AGAIN


class BillRowBroken(BillUnreadable):
    code = "bill_row_broken"
    sentence = "第 {row} 行有 {found} 列，表头有 {expected} 列，一行不多不少才能读取。" + AGAIN


class BillFieldWrong(BillUnreadable):
    code = "bill_field"
    sentence = "第 {row} 行「{field}」{rule}。" + AGAIN


class BillTruncated(BillUnreadable):
    code = "bill_truncated"
    sentence = "账单不完整：没有找到{missing}。" + AGAIN


class BillTotalWrong(BillUnreadable):
    code = "bill_total"
    sentence = "「{field}」写的是 {stated}，逐行相加是 {found}，两者必须相等。" + AGAIN


class BillDigestWrong(BillUnreadable):
    code = "bill_digest"
    sentence = "账单的 {algorithm} 摘要与渠道给出的不一致，文件在途中被改动或没有取全。" + AGAIN


class BillArchiveWrong(BillUnreadable):
    code = "bill_archive"
    sentence = "压缩包{reason}。" + AGAIN


class BillLine(NamedTuple):
    """A payment or a refund.  ``number`` is the row in the file, the header being row 1 or so.

    ``refund_no`` is our number of a refund, empty for a payment; ``fee_fen`` what the channel
    charges, negative where it gives a charge back.
    """

    number: int
    kind: str
    out_trade_no: str
    transaction_id: str
    refund_no: str
    amount_fen: int
    fee_fen: int
    state: str
    at: datetime


class Movement(NamedTuple):
    """A line of a fund bill: what came into the account (positive) or left it (negative)."""

    number: int
    at: datetime
    flow_no: str
    business: str
    amount_fen: int
    balance_fen: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What a bill says of itself: lines, fen that came in, that went out, that was charged."""

    count: int = 0
    in_fen: int = 0
    out_fen: int = 0
    fee_fen: int = 0


class Bill(Protocol):
    """A bill whose totals are known and whose lines are read as they are asked for."""

    totals: Totals

    def lines(self) -> Iterator[BillLine]:
        """Every line; raises BillTotalWrong at the end unless they add up to the totals."""


class FundBill(Protocol):
    """A bill of everything that came into the account or left it."""

    totals: Totals

    def movements(self) -> list[Movement]:
        """All of them, each balance following from the one before; raises as a trade bill does."""


class Unfit(ValueError):
    """A value that breaks a rule; the reader adds the row."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(field)
        self.field = field
        self.rule = rule


class Amounts(dict[bytes, int]):
    """Yuan with at most two decimals as fen, each text read once.

    Refused: exponents, signs other than one minus where ``may_be_negative``, blanks, full-width
    digits, NaN.  ``is_fine`` allows further decimals, all of them zero: charges are printed so.
    """

    def __init__(self, field: str, *, may_be_negative: bool = False, is_fine: bool = False) -> None:
        super().__init__()
        self._field = field
        self._may_be_negative = may_be_negative
        self._form = _FINE_YUAN if is_fine else _YUAN

    def __missing__(self, raw: bytes) -> int:
        found = self._form.fullmatch(raw)
        if found is None:
            raise Unfit(self._field, "不是金额：只能是数字，最多两位小数")
        minus, yuan, decimals = found.groups()
        if minus and not self._may_be_negative:
            raise Unfit(self._field, "不能是负数")
        fen = int(yuan) * 100 + int((decimals or b"0").ljust(2, b"0"))
        self[raw] = fen = -fen if minus else fen
        return fen


class Moments(dict[bytes, datetime]):
    """Moments of Beijing, to the second, each text read once."""

    def __init__(self, field: str) -> None:
        super().__init__()
        self._field = field

    def __missing__(self, raw: bytes) -> datetime:
        try:
            text = raw.decode("ascii")
            found = datetime.fromisoformat(text)
        except ValueError:
            raise self._unfit() from None
        if found.tzinfo or str(found) != text:  # the library takes other forms as well
            raise self._unfit()
        self[raw] = found = found.replace(tzinfo=BEIJING)
        return found

    def _unfit(self) -> Unfit:
        return Unfit(self._field, "不是时间：应为 2026-11-21 09:30:00 的格式")


def whole(raw: bytes, field: str) -> int:
    """A count; official samples print ``20.0`` for twenty."""
    found = _WHOLE.fullmatch(raw)
    if found is None:
        raise Unfit(field, "不是笔数")
    return int(found[1])


def number(raw: bytes, field: str) -> str:
    """A number of a channel or of ours, as every channel allows it."""
    if not (raw.isalnum() and len(raw) <= MOST_SIGNS) and _NUMBER.fullmatch(raw) is None:
        raise Unfit(field, "不是单号：只能是 1 到 64 位字母、数字和 _-|*@")
    return raw.decode()


def followed(before: int | None, fen: int, balance: int, field: str) -> int:
    """The balance after a movement, which must follow from the one before."""
    if before is not None and before + fen != balance:
        raise Unfit(field, "不等于上一行结余加减本行金额")
    return balance


def columns(header: Sequence[str], wanted: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Where each wanted column stands, by any of its names; raises BillColumnMissing."""
    places = {name: place for place, name in enumerate(header)}
    found = {}
    for key, names in wanted.items():
        place = next((places[name] for name in names if name in places), None)
        if place is None:
            raise BillColumnMissing(field=names[0])
        found[key] = place
    return found


def demand_digest(content: bytes, *, algorithm: str, expected: str) -> str:
    """The digest of the file, which must be the one that the channel named (payments.md 1.7)."""
    if algorithm.upper() != "SHA1":
        raise BillDigestWrong(algorithm=algorithm)
    digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    if digest != expected.lower():
        raise BillDigestWrong(algorithm="SHA1")
    return digest


def demand_total(field: str, stated: int, found: int) -> None:
    """The bill's own total must be what its lines add up to."""
    if stated != found:
        raise BillTotalWrong(field=field, stated=stated, found=found)
