"""Account bills of Alipay (bill_type signcustomer): every movement with the balance after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Final

from shared_apps.payments.channels.alipay_files import names_of, rows_of, unpacked
from shared_apps.payments.channels.bills import (
    Amounts,
    BillFieldWrong,
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

_DETAIL: Final = "账务明细.csv"
_SUMMARY: Final = "账务明细(汇总).csv"
_DETAIL_END: Final = "账务明细列表结束"
_WHOLE: Final = "合计"
_BALANCE: Final = "账户余额（元）"
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "at": ("发生时间",),
    "flow_no": ("业务流水号",),
    "business": ("业务类型",),
    "came": ("收入金额（+元）", "收入金额(+元)", "收入"),
    "left": ("支出金额（-元）", "支出金额(-元)", "支出"),
    "balance": (_BALANCE, "账户余额(元)", "余额"),
}
_TOTALS: Final[Mapping[str, tuple[str, ...]]] = {
    "kind": ("业务类型",),
    "in_count": ("收入笔数",),
    "in": ("收入金额（+元）", "收入金额(+元)"),
    "out_count": ("支出笔数",),
    "out": ("支出金额（-元）", "支出金额(-元)"),
}


class AlipayFundBill:
    """All movements of a day.  Raises a kind of BillUnreadable."""

    def __init__(self, content: bytes, *, mchid: str) -> None:
        files = unpacked(content, detail=_DETAIL, summary=_SUMMARY)
        self._rows = list(rows_of(files[_DETAIL], mchid=mchid, ending=_DETAIL_END))
        if not self._rows:
            raise BillTruncated(missing="表头")
        self._places = columns(names_of(self._rows[0][1]), _COLUMNS)
        self._in_count, self._out_count, self.totals = _stated(files[_SUMMARY])

    def movements(self) -> list[Movement]:
        found = list(self._read())
        came = [one.amount_fen for one in found if one.amount_fen >= 0]
        left = [-one.amount_fen for one in found if one.amount_fen < 0]
        demand_total("收入笔数", self._in_count, len(came))
        demand_total("收入金额（分）", self.totals.in_fen, sum(came))
        demand_total("支出笔数", self._out_count, len(left))
        demand_total("支出金额（分）", self.totals.out_fen, sum(left))
        return found

    def _read(self) -> Iterator[Movement]:
        width = len(self._rows[0][1])
        pick = itemgetter(*(self._places[key] for key in _COLUMNS))
        came, left = Amounts("收入金额（+元）"), Amounts("支出金额（-元）", may_be_negative=True)
        balances, moments = Amounts(_BALANCE, may_be_negative=True), Moments("发生时间")
        row, before = 0, None
        try:
            for row, values in self._rows[1:]:
                if len(values) != width:
                    raise BillRowBroken(row=row, found=len(values), expected=width)
                at, flow_no, business, plus, minus, balance = pick(values)
                fen = _moved(came[plus], left[minus])
                before = followed(before, fen, balances[balance], _BALANCE)
                flow = number(flow_no, "业务流水号")
                yield Movement(row, moments[at], flow, business.decode(), fen, before)
        except Unfit as unfit:
            raise BillFieldWrong(row=row, field=unfit.field, rule=unfit.rule) from None


def _moved(came: int, left: int) -> int:
    if (came == 0) == (left == 0) or left > 0:
        raise Unfit("收入金额、支出金额", "应有且只有一项不为零，支出为负数")
    return came + left


def _stated(content: bytes) -> tuple[int, int, Totals]:
    """How many came in, how many went out, and the totals that the summary states."""
    rows = list(rows_of(content))
    if len(rows) < 2:
        raise BillTruncated(missing="汇总文件的合计行")
    header = names_of(rows[0][1])
    places = columns(header, _TOTALS)
    row, values = rows[-1]
    if len(values) != len(header):
        raise BillRowBroken(row=row, found=len(values), expected=len(header))
    if values[places["kind"]].decode() != _WHOLE:
        raise BillTruncated(missing="汇总文件的合计行")
    try:
        came, left = (whole(values[places[key]], "笔数") for key in ("in_count", "out_count"))
        in_fen = Amounts("收入金额（+元）")[values[places["in"]]]
        out_fen = -Amounts("支出金额（-元）", may_be_negative=True)[values[places["out"]]]
    except Unfit as unfit:
        raise BillFieldWrong(row=row, field=unfit.field, rule=unfit.rule) from None
    return came, left, Totals(count=came + left, in_fen=in_fen, out_fen=out_fen)
