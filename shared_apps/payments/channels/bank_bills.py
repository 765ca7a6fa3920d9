"""The bank's two files of a day.

What its gateway hands out for a merchant is public only as a way (a ticket, then a download); the
form of the files is agreed between the bank and its customer.  This is the one that is spoken
here; both are plain text in GBK, fields joined by ``|``, columns found by their names:

    #商户号|104110000000001|日期|2026-11-21                          whose, and of which day
    交易时间|订单号|银行流水号|交易类型|退货流水号|币种|交易金额|手续费     a header
    2026-11-21 09:30:00|GJ…|9…|支付||001|129.00|0.00                  rows; 退货 gives back
    #合计|2|129.00|3.00|0.00                                         rows, in, out, charges

The second (清算文件) has 记账时间|流水号|业务类型|收支|金额|余额 and ends with ``#合计`` rows, rows
that came in, their sum, rows that left, their sum.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Final

from shared_apps.payments.channels.bills import (
    PAYMENT,
    REFUND,
    SUCCESS,
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

_JOINT: Final = "|"
_OWNER: Final = "#商户号"
_END: Final = "#合计"
_CURRENCY: Final = b"001"
_TRADE: Final[Mapping[str, tuple[str, ...]]] = {
    "at": ("交易时间",),
    "out_trade_no": ("订单号",),
    "transaction_id": ("银行流水号",),
    "kind": ("交易类型",),
    "refund_no": ("退货流水号",),
    "currency": ("币种",),
    "amount": ("交易金额",),
    "fee": ("手续费",),
}
_FUND: Final[Mapping[str, tuple[str, ...]]] = {
    "at": ("记账时间",),
    "flow_no": ("流水号",),
    "business": ("业务类型",),
    "direction": ("收支",),
    "amount": ("金额",),
    "balance": ("余额",),
}


class BankTradeBill:
    """All payments and refunds of a day.  Raises a kind of BillUnreadable."""

    def __init__(self, content: bytes, *, mchid: str) -> None:
        self._file = _File(content, mchid=mchid)
        self._places = columns(self._file.header, _TRADE)
        count, paid, back, fee = self._file.totals("笔数", "交易金额", "退货金额", "手续费")
        self.totals = Totals(count=count, in_fen=paid, out_fen=back, fee_fen=fee)

    def lines(self) -> Iterator[BillLine]:
        """Every line; raises BillTotalWrong at the end."""
        count = paid = back = charged = 0
        for line in self._read():
            yield line
            count += 1
            charged += line.fee_fen
            if line.kind == PAYMENT:
                paid += line.amount_fen
            else:
                back += line.amount_fen
        demand_total("合计笔数", self.totals.count, count)
        demand_total("交易金额合计（分）", self.totals.in_fen, paid)
        demand_total("退货金额合计（分）", self.totals.out_fen, back)
        demand_total("手续费合计（分）", self.totals.fee_fen, charged)

    def _read(self) -> Iterator[BillLine]:
        pick = itemgetter(*(self._places[key] for key in _TRADE))
        amounts, fees = Amounts("交易金额"), Amounts("手续费", may_be_negative=True)
        moments = Moments("交易时间")
        row = 0
        try:
            for row, values in self._file.rows():
                at, trade, transaction, kind, refund_no, currency, amount, fee = pick(values)
                is_refund = _is_refund(kind)
                _demand_renminbi(currency)
                yield BillLine(
                    row,
                    REFUND if is_refund else PAYMENT,
                    number(trade, "订单号"),
                    number(transaction, "银行流水号"),
                    number(refund_no, "退货流水号") if is_refund else "",
                    amounts[amount],
                    fees[fee],
                    "REFUND" if is_refund else SUCCESS,
                    moments[at],
                )
        except Unfit as unfit:
            raise BillFieldWrong(row=row, field=unfit.field, rule=unfit.rule) from None


class BankFundBill:
    """All movements of the merchant's account of a day, each balance following from the last."""

    def __init__(self, content: bytes, *, mchid: str) -> None:
        self._file = _File(content, mchid=mchid)
        self._places = columns(self._file.header, _FUND)
        self._stated = self._file.totals("笔数", "收入笔数", "收入金额", "支出笔数", "支出金额")
        self.totals = Totals(count=self._stated[0], in_fen=self._stated[2], out_fen=self._stated[4])

    def movements(self) -> list[Movement]:
        found = list(self._read())
        came = [one.amount_fen for one in found if one.amount_fen >= 0]
        left = [-one.amount_fen for one in found if one.amount_fen < 0]
        reached = (len(found), len(came), sum(came), len(left), sum(left))
        names = ("合计笔数", "收入笔数", "收入金额（分）", "支出笔数", "支出金额（分）")
        for name, stated, sum_of in zip(names, self._stated, reached, strict=True):
            demand_total(name, stated, sum_of)
        return found

    def _read(self) -> Iterator[Movement]:
        pick = itemgetter(*(self._places[key] for key in _FUND))
        amounts, balances = Amounts("金额"), Amounts("余额", may_be_negative=True)
        moments = Moments("记账时间")
        row, before = 0, None
        try:
            for row, values in self._file.rows():
                at, flow_no, business, direction, amount, balance = pick(values)
                fen = amounts[amount] * _sign(direction)
                before = followed(before, fen, balances[balance], "余额")
                flow = number(flow_no, "流水号")
                yield Movement(row, moments[at], flow, business.decode(), fen, before)
        except Unfit as unfit:
            raise BillFieldWrong(row=row, field=unfit.field, rule=unfit.rule) from None


class _File:
    """Owner, header, rows and totals of either file; every value as UTF-8 bytes."""

    def __init__(self, content: bytes, *, mchid: str) -> None:
        rows = list(enumerate(_text(content).splitlines(), 1))
        while rows and not rows[-1][1].strip():
            rows.pop()
        if len(rows) < 3 or not rows[-1][1].startswith(f"{_END}{_JOINT}"):
            raise BillTruncated(missing="末尾的合计行")
        if rows[0][1].split(_JOINT)[:2] != [_OWNER, mchid]:
            raise BillFieldWrong(row=1, field="商户号", rule="不是本账户的商户号")
        self.header = rows[1][1].split(_JOINT)
        self._rows = rows[2:-1]
        self._end = rows[-1]

    def rows(self) -> Iterator[tuple[int, list[bytes]]]:
        width = len(self.header)
        for row, line in self._rows:
            values = line.encode().split(b"|")
            if len(values) != width:
                raise BillRowBroken(row=row, found=len(values), expected=width)
            yield row, values

    def totals(self, *names: str) -> list[int]:
        """What the last row states: counts, and sums in fen."""
        row, line = self._end
        values = line.encode().split(b"|")[1:]
        if len(values) != len(names):
            raise BillRowBroken(row=row, found=len(values), expected=len(names))
        try:
            return [
                whole(value, name) if name.endswith("笔数") else _sums(name)[value]
                for name, value in zip(names, values, strict=True)
            ]
        except Unfit as unfit:
            raise BillFieldWrong(row=row, field=unfit.field, rule=unfit.rule) from None


def _sums(name: str) -> Amounts:
    return Amounts(f"{name}合计", may_be_negative=name == "手续费")


def _text(content: bytes) -> str:
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode("gbk")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise BillEncodingWrong(encoding="GBK", row=row) from None


def _demand_renminbi(currency: bytes) -> None:
    if currency != _CURRENCY:
        raise Unfit("币种", "不是 001（人民币）")


def _is_refund(kind: bytes) -> bool:
    try:
        return {"支付": False, "退货": True}[kind.decode()]
    except KeyError:
        raise Unfit("交易类型", "不是支付或退货") from None


def _sign(direction: bytes) -> int:
    try:
        return {"收": 1, "支": -1}[direction.decode()]
    except KeyError:
        raise Unfit("收支", "不是收或支") from None
