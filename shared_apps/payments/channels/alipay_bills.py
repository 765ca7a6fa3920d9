"""Trade bills of Alipay: a zip of two CSV files in GBK (payments.md 2).

Rows that begin with ``#`` are banners; values are padded with tabs; refunds are negative.  The
second file holds the totals.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Final

from shared_apps.payments.channels.alipay_files import names_of, rows_of, unpacked
from shared_apps.payments.channels.bills import (
    PAYMENT,
    REFUND,
    SUCCESS,
    Amounts,
    BillFieldWrong,
    BillLine,
    BillRowBroken,
    BillTruncated,
    Moments,
    Totals,
    Unfit,
    columns,
    demand_total,
    number,
    whole,
)

_DETAIL: Final = "业务明细.csv"
_SUMMARY: Final = "业务明细(汇总).csv"
_DETAIL_END: Final = "业务明细列表结束"
_WHOLE_UNIT: Final = "合计"

_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "transaction_id": ("支付宝交易号",),
    "out_trade_no": ("商户订单号",),
    "kind": ("业务类型",),
    "at": ("完成时间",),
    "amount": ("订单金额（元）", "订单金额(元)"),
    "refund_no": ("退款批次号/请求号", "退款批次号"),
    "fee": ("服务费（元）", "服务费(元)"),
}
_TOTALS: Final[Mapping[str, tuple[str, ...]]] = {
    "unit": ("门店编号",),
    "payments": ("交易订单总笔数",),
    "refunds": ("退款订单总笔数",),
    "amount": ("订单金额（元）", "订单金额(元)"),
    "fee": ("服务费（元）", "服务费(元)"),
}


class AlipayTradeBill:
    """All payments and refunds of a day.  Raises a kind of BillUnreadable."""

    def __init__(self, content: bytes, *, mchid: str) -> None:
        files = unpacked(content, detail=_DETAIL, summary=_SUMMARY)
        self._rows = list(rows_of(files[_DETAIL], mchid=mchid, ending=_DETAIL_END))
        if not self._rows:
            raise BillTruncated(missing="表头")
        self._places = columns(names_of(self._rows[0][1]), _COLUMNS)
        self._refunds, self.totals = _stated(files[_SUMMARY], self._sums())

    def lines(self) -> Iterator[BillLine]:
        """Every line; raises BillTotalWrong at the end."""
        count = refunds = paid = refunded = charged = 0
        for line in self._read():
            yield line
            count += 1
            charged += line.fee_fen
            if line.kind == PAYMENT:
                paid += line.amount_fen
            else:
                refunds += 1
                refunded += line.amount_fen
        demand_total("总笔数", self.totals.count, count)
        demand_total("退款订单总笔数", self._refunds, refunds)
        demand_total(
            "订单金额合计（分）", self.totals.in_fen - self.totals.out_fen, paid - refunded
        )
        demand_total("服务费合计（分）", self.totals.fee_fen, charged)

    def _sums(self) -> tuple[int, int]:
        """Fen paid and refunded: the summary states only their difference."""
        paid = refunded = 0
        for line in self._read():
            if line.kind == PAYMENT:
                paid += line.amount_fen
            else:
                refunded += line.amount_fen
        return paid, refunded

    def _read(self) -> Iterator[BillLine]:
        width = len(self._rows[0][1])
        read = _Reader(self._places)
        row = 0
        try:
            for row, values in self._rows[1:]:
                if len(values) != width:
                    raise BillRowBroken(row=row, found=len(values), expected=width)
                yield read.line(row, values)
        except Unfit as unfit:
            raise BillFieldWrong(row=row, field=unfit.field, rule=unfit.rule) from None


class _Reader:
    """Reads one row after the other; the same text of an amount or a moment once."""

    def __init__(self, places: Mapping[str, int]) -> None:
        self._pick = itemgetter(*(places[key] for key in _COLUMNS))
        self._amounts = Amounts("订单金额（元）", may_be_negative=True)
        self._fees = Amounts("服务费（元）", may_be_negative=True)
        self._moments = Moments("完成时间")

    def line(self, row: int, values: list[bytes]) -> BillLine:
        transaction, trade, kind, at, amount, refund_no, fee = self._pick(values)
        is_refund = _is_refund(kind)
        fen = -self._amounts[amount] if is_refund else self._amounts[amount]
        if fen < 0:
            raise Unfit("订单金额（元）", "的正负与业务类型不符：交易为正、退款为负")
        return BillLine(
            row,
            REFUND if is_refund else PAYMENT,
            number(trade, "商户订单号"),
            number(transaction, "支付宝交易号"),
            number(refund_no, "退款批次号/请求号") if is_refund else "",
            fen,
            -self._fees[fee],
            "REFUND" if is_refund else SUCCESS,
            self._moments[at],
        )


def _stated(content: bytes, sums: tuple[int, int]) -> tuple[int, Totals]:
    """The number of refunds and the totals that the summary states."""
    rows = list(rows_of(content))
    if len(rows) < 2:
        raise BillTruncated(missing="汇总文件的合计行")
    header = names_of(rows[0][1])
    places = columns(header, _TOTALS)
    row, values = rows[-1]
    if len(values) != len(header):
        raise BillRowBroken(row=row, found=len(values), expected=len(header))
    if values[places["unit"]].decode() != _WHOLE_UNIT:
        raise BillTruncated(missing="汇总文件的合计行")
    try:
        refunds = whole(values[places["refunds"]], "退款订单总笔数")
        count = whole(values[places["payments"]], "交易订单总笔数") + refunds
        net = Amounts("订单金额（元）", may_be_negative=True)[values[places["amount"]]]
        fee = -Amounts("服务费（元）", may_be_negative=True)[values[places["fee"]]]
    except Unfit as unfit:
        raise BillFieldWrong(row=row, field=unfit.field, rule=unfit.rule) from None
    paid, refunded = sums
    demand_total("订单金额合计（分）", net, paid - refunded)
    return refunds, Totals(count=count, in_fen=paid, out_fen=refunded, fee_fen=fee)


def _is_refund(kind: bytes) -> bool:
    try:
        return {"交易": False, "退款": True}[kind.decode()]
    except KeyError:
        raise Unfit("业务类型", "不是交易或退款") from None
