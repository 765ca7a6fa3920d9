"""Trade bills of Alipay: a zip of two CSV files in GBK (payments.md 2).

Rows that begin with ``#`` are banners; values are padded with tabs; refunds are negative.  The
second file holds the totals.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO
from operator import itemgetter
from typing import Final

from shared_apps.payments.channels.bills import (
    PAYMENT,
    REFUND,
    SUCCESS,
    Amounts,
    BillArchiveWrong,
    BillEncodingWrong,
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

MOST_BYTES: Final = 1 << 30
"""So large may a file be when it is unpacked."""
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

    def __init__(self, content: bytes) -> None:
        files = _unpacked(content)
        self._rows = list(_rows(files[_DETAIL], ending=_DETAIL_END))
        if not self._rows:
            raise BillTruncated(missing="表头")
        self._places = columns(_names(self._rows[0][1]), _COLUMNS)
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


def _unpacked(content: bytes) -> dict[str, bytes]:
    """Both files by the end of their names, which are written in GBK."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            found = {}
            for entry in archive.infolist():
                ending = next((end for end in (_SUMMARY, _DETAIL) if _is(entry, end)), None)
                if ending is None:
                    continue
                if entry.file_size > MOST_BYTES:
                    raise BillArchiveWrong(reason="解开后超过 1 GB")
                found[ending] = archive.read(entry)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError):
        raise BillArchiveWrong(reason="已损坏或不是 ZIP 格式") from None
    except ValueError:
        raise BillArchiveWrong(reason="已损坏") from None
    for ending in (_DETAIL, _SUMMARY):
        if ending not in found:
            raise BillArchiveWrong(reason=f"里没有「{ending}」")
    return found


def _is(entry: zipfile.ZipInfo, ending: str) -> bool:
    if entry.flag_bits & 0x800:
        return entry.filename.endswith(ending)
    try:
        return entry.filename.encode("cp437").decode("gbk").endswith(ending)
    except UnicodeError:
        return False


def _rows(content: bytes, *, ending: str = "") -> Iterator[tuple[int, list[bytes]]]:
    """Rows that are no banners, values without their padding.  Without its last banner a file is
    not whole.
    """
    try:
        text = content.decode("gbk")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise BillEncodingWrong(encoding="GBK", row=row) from None
    has_ended = not ending
    for row, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            has_ended = has_ended or ending in line
        elif line.strip():
            yield row, [value.strip("\t ").encode() for value in line.split(",")]
    if not has_ended:
        raise BillTruncated(missing=f"「{ending}」一行")


def _names(values: list[bytes]) -> list[str]:
    return [value.decode() for value in values]


def _stated(content: bytes, sums: tuple[int, int]) -> tuple[int, Totals]:
    """The number of refunds and the totals that the summary states."""
    rows = list(_rows(content))
    if len(rows) < 2:
        raise BillTruncated(missing="汇总文件的合计行")
    header = _names(rows[0][1])
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
