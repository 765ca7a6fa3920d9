"""Bills of WeChat Pay: trade bill of all lines, and fund bill (payments.md 1.7).

UTF-8; every value of a data row has a backtick before it and rows are told apart by it.  The
totals are the last row, under a header of their own.  Some old merchants still have an earlier
layout, so that columns are found by their names.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from io import BytesIO
from operator import itemgetter
from typing import Final

from shared_apps.payments.channels.bills import (
    MOST_SIGNS,
    PAYMENT,
    REFUND,
    Amounts,
    BillEncodingWrong,
    BillFieldWrong,
    BillLine,
    BillRowBroken,
    BillTruncated,
    Moments,
    Movement,
    Totals,
    Unfit,
    columns,
    demand_total,
    followed,
    number,
    whole,
)

_TICK: Final = b"`"
_JOINT: Final = b",`"
_CHUNK: Final = 1 << 20
_NO_REFUND: Final = (b"", b"0")

_TRADE: Final[Mapping[str, tuple[str, ...]]] = {
    "at": ("交易时间",),
    "mchid": ("商户号",),
    "transaction_id": ("微信订单号",),
    "out_trade_no": ("商户订单号",),
    "state": ("交易状态",),
    "currency": ("货币种类",),
    "amount": ("订单金额", "应结订单金额", "总金额"),
    "refund_no": ("商户退款单号",),
    "refund": ("申请退款金额", "退款金额"),
    "fee": ("手续费",),
}
_TRADE_TOTALS: Final[Mapping[str, tuple[str, ...]]] = {
    "count": ("总交易单数",),
    "paid": ("订单总金额", "应结订单总金额", "总交易额"),
    "refunded": ("申请退款总金额", "退款总金额", "总退款金额"),
    "fee": ("手续费总金额",),
}
_FUND: Final[Mapping[str, tuple[str, ...]]] = {
    "at": ("记账时间",),
    "flow_no": ("资金流水单号",),
    "business": ("业务名称",),
    "direction": ("收支类型",),
    "amount": ("收支金额(元)", "收支金额（元）"),
    "balance": ("账户结余(元)", "账户结余（元）"),
}
_FUND_TOTALS: Final[Mapping[str, tuple[str, ...]]] = {
    "count": ("资金流水总笔数",),
    "in_count": ("收入笔数",),
    "in": ("收入金额",),
    "out_count": ("支出笔数",),
    "out": ("支出金额",),
}


class WeChatTradeBill:
    """All payments and refunds of a day.  Raises a kind of BillUnreadable.

    ``mchid`` is whose bill it must be.  A payment and its later refund are two lines; a refund
    stands in the bill of the day on which it was accepted.
    """

    def __init__(self, content: bytes, *, mchid: str) -> None:
        self._file = _File(content)
        self._mchid = mchid.encode()
        self._places = columns(self._file.header, _TRADE)
        stated = self._file.totals(_TRADE_TOTALS)
        self.totals = Totals(
            count=stated.count("count"),
            in_fen=stated.fen("paid"),
            out_fen=stated.fen("refunded"),
            fee_fen=stated.fen("fee", may_be_negative=True),
        )

    def lines(self) -> Iterator[BillLine]:
        """Every line; raises BillFieldWrong, BillRowBroken, and BillTotalWrong at the end."""
        count = paid = refunded = charged = 0
        for line in self._read():
            yield line
            count += 1
            if line[1] is PAYMENT:
                paid += line[5]
            else:
                refunded += line[5]
            charged += line[6]
        demand_total("总交易单数", self.totals.count, count)
        demand_total("订单总金额（分）", self.totals.in_fen, paid)
        demand_total("申请退款总金额（分）", self.totals.out_fen, refunded)
        demand_total("手续费总金额（分）", self.totals.fee_fen, charged)

    def _read(self) -> Iterator[BillLine]:
        """A million lines a file: whatever can be looked up is, and nothing is called for each."""
        pick = itemgetter(*(self._places[key] for key in _TRADE))
        amounts, refunds = Amounts("订单金额"), Amounts("申请退款金额")
        fees = Amounts("手续费", may_be_negative=True, is_fine=True)
        moments, states, ours = Moments("交易时间"), _States(), self._mchid
        row = 0
        try:
            for row, values in self._file.rows():
                at, mchid, transaction, trade, state, currency, amount, refund_no, refund, fee = (
                    pick(values)
                )
                if mchid != ours or currency != b"CNY":
                    raise _foreign(mchid == ours)
                if not (trade.isalnum() and len(trade) <= MOST_SIGNS):
                    number(trade, "商户订单号")
                if not (transaction.isalnum() and len(transaction) <= MOST_SIGNS):
                    number(transaction, "微信订单号")
                is_refund = refund_no not in _NO_REFUND
                yield BillLine(
                    row,
                    REFUND if is_refund else PAYMENT,
                    trade.decode(),
                    transaction.decode(),
                    number(refund_no, "商户退款单号") if is_refund else "",
                    refunds[refund] if is_refund else amounts[amount],
                    fees[fee],
                    states[state],
                    moments[at],
                )
        except Unfit as unfit:
            raise BillFieldWrong(row=row, field=unfit.field, rule=unfit.rule) from None


class WeChatFundBill:
    """Every movement of the merchant's basic account on a day."""

    def __init__(self, content: bytes) -> None:
        self._file = _File(content)
        self._places = columns(self._file.header, _FUND)
        self._stated = self._file.totals(_FUND_TOTALS)
        self.totals = Totals(
            count=self._stated.count("count"),
            in_fen=self._stated.fen("in"),
            out_fen=self._stated.fen("out"),
        )

    def movements(self) -> list[Movement]:
        """All of them, each balance following from the one before; raises as a trade bill does."""
        found = list(self._read())
        came = [one.amount_fen for one in found if one.amount_fen >= 0]
        left = [-one.amount_fen for one in found if one.amount_fen < 0]
        demand_total("资金流水总笔数", self.totals.count, len(found))
        demand_total("收入笔数", self._stated.count("in_count"), len(came))
        demand_total("收入金额（分）", self.totals.in_fen, sum(came))
        demand_total("支出笔数", self._stated.count("out_count"), len(left))
        demand_total("支出金额（分）", self.totals.out_fen, sum(left))
        return found

    def _read(self) -> Iterator[Movement]:
        pick = itemgetter(*(self._places[key] for key in _FUND))
        amounts, balances = Amounts("收支金额(元)"), Amounts("账户结余(元)", may_be_negative=True)
        moments = Moments("记账时间")
        row, before = 0, None
        try:
            for row, values in self._file.rows():
                at, flow_no, business, direction, amount, balance = pick(values)
                fen = amounts[amount] * _sign(direction)
                before = followed(before, fen, balances[balance], "账户结余(元)")
                flow = number(flow_no, "资金流水单号")
                yield Movement(row, moments[at], flow, business.decode(), fen, before)
        except Unfit as unfit:
            raise BillFieldWrong(row=row, field=unfit.field, rule=unfit.rule) from None


class _Stated:
    """The row of totals, read on demand."""

    def __init__(self, places: Mapping[str, int], values: list[bytes], row: int) -> None:
        self._places = places
        self._values = values
        self._row = row

    def count(self, key: str) -> int:
        try:
            return whole(self._values[self._places[key]], f"合计 {key}")
        except Unfit as unfit:
            raise BillFieldWrong(row=self._row, field=unfit.field, rule=unfit.rule) from None

    def fen(self, key: str, *, may_be_negative: bool = False) -> int:
        amounts = Amounts(f"合计 {key}", may_be_negative=may_be_negative, is_fine=True)
        try:
            return amounts[self._values[self._places[key]]]
        except Unfit as unfit:
            raise BillFieldWrong(row=self._row, field=unfit.field, rule=unfit.rule) from None


class _File:
    """Header, data rows and totals of either bill."""

    def __init__(self, content: bytes) -> None:
        content = content.removeprefix(codecs.BOM_UTF8)
        _demand_utf8(content)
        self._content = content
        stream = BytesIO(content)
        self.header = [name.strip() for name in stream.readline().decode().split(",")]
        self._start = stream.tell()

    def rows(self) -> Iterator[tuple[int, list[bytes]]]:
        """The data rows with their numbers in the file."""
        width = len(self.header)
        stream = BytesIO(self._content)
        stream.seek(self._start)
        for row, raw in enumerate(stream, 2):
            if not raw.startswith(_TICK):
                break
            values = raw[1:].rstrip().split(_JOINT)
            if len(values) != width:
                raise BillRowBroken(row=row, found=len(values), expected=width)
            yield row, values

    def totals(self, wanted: Mapping[str, tuple[str, ...]]) -> _Stated:
        """The last two rows; raises BillTruncated where they are not what they should be."""
        ending = self._content[self._start :].rstrip(b"\r\n").rsplit(b"\n", 2)[-2:]
        if len(ending) < 2 or ending[0][:1] in (_TICK, b"") or ending[1][:1] != _TICK:
            raise BillTruncated(missing="末尾的合计行")
        header = [name.strip() for name in ending[0].decode().split(",")]
        values = ending[1].rstrip(b"\r")[1:].split(_JOINT)
        row = self._content.rstrip(b"\r\n").count(b"\n") + 1
        if len(values) != len(header):
            raise BillRowBroken(row=row, found=len(values), expected=len(header))
        return _Stated(columns(header, wanted), values, row)


def _demand_utf8(content: bytes) -> None:
    """Checked piece by piece: the text of a million lines is not held a second time."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(content) or 1, _CHUNK):
        try:
            decoder.decode(content[start : start + _CHUNK], final=start + _CHUNK >= len(content))
        except UnicodeDecodeError as error:
            row = content.count(b"\n", 0, start + error.start) + 1
            raise BillEncodingWrong(encoding="UTF-8", row=row) from None


def _foreign(is_ours: bool) -> Unfit:
    if is_ours:
        return Unfit("货币种类", "不是 CNY")
    return Unfit("商户号", "不是本账户的商户号")


class _States(dict[bytes, str]):
    """What a channel says of a trade."""

    def __init__(self) -> None:
        super().__init__({one.encode(): one for one in ("SUCCESS", "REFUND", "REVOKED")})

    def __missing__(self, raw: bytes) -> str:
        raise Unfit("交易状态", "不是 SUCCESS、REFUND 或 REVOKED")


def _sign(direction: bytes) -> int:
    try:
        return {"收入": 1, "支出": -1}[direction.decode()]
    except KeyError:
        raise Unfit("收支类型", "不是收入或支出") from None
