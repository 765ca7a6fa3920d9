"""Bills of the simulated Alipay: an address for thirty seconds, a zip of two CSV files in GBK.

What one sees of real ones: banners that begin with ``#``, values padded with tabs, refunds as
negative amounts, names of the files in GBK without saying so, a second file with the totals.
The channel names no digest; the zip's own checksum is all there is.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from urllib.parse import parse_qs, urlsplit

from shared_apps.payments.simulator import bill_days
from shared_apps.payments.simulator.alipay import AlipayCall, refusal
from shared_apps.payments.simulator.bill_days import Day, Movement, said, yuan
from shared_apps.payments.simulator.core import GatewayCore
from shared_apps.payments.simulator.protocol import Reply, digits, token

METHOD: Final = "alipay.data.dataservice.bill.downloadurl.query"
PATH: Final = "/gateway.do/downloadBillFile.resource"
URL_SECONDS: Final = 30
_KINDS: Final = {"trade": "业务", "signcustomer": "账务"}
_TRADE: Final = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,"
    "订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,"
    "券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)
_TRADE_TOTALS: Final = (
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,"
    "商家优惠（元）,卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）"
)
_FUND: Final = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,"
    "交易渠道,业务类型,备注"
)
_FUND_TOTALS: Final = "业务类型,收入笔数,收入金额（+元）,支出笔数,支出金额（-元）,总金额（元）"
_Table = list[list[str]]


class AlipayBills:
    """Names the address of a bill, and serves what lies there."""

    def __init__(self, core: GatewayCore) -> None:
        self._core = core

    def address(self, call: AlipayCall, now: datetime, mode: str) -> dict[str, object]:
        """The answer's content; raises Refusal for a bill that is not there."""
        kind = str(call.content.get("bill_type", ""))
        try:
            day = date.fromisoformat(str(call.content.get("bill_date", "")))
        except ValueError:
            day = None
        if kind not in _KINDS or day is None:
            raise refusal("40004", "isv.invalid-arguments", "参数有误")
        mchid = call.merchant.mchid
        if mode == "not_ready" or not bill_days.is_ready(self._core.clock, day):
            raise refusal("40004", "isp.bill_not_exist", "账单不存在")
        until = 0 if mode == "expired_token" else int(now.timestamp()) + URL_SECONDS
        ticket = f"{mchid}.{kind}.{day}.{mode or 'true'}.{until}"
        url = f"{self._core.public_url}{PATH}?ticket={ticket}.{self._seal(ticket)}"
        return {"bill_download_url": url}

    def download(self, url: str, now: datetime) -> Reply:
        """The file behind an address that is still good."""
        given = "".join(parse_qs(urlsplit(url).query).get("ticket", []))
        ticket, _, seal = given.rpartition(".")
        if seal != self._seal(ticket):
            return _gone(403)
        mchid, kind, day, mode, until = ticket.split(".")
        if int(until) < now.timestamp():
            return _gone(404)
        of_day = bill_days.of(self._core.books, mchid, date.fromisoformat(day))
        return 200, {"Content-Type": "application/zip"}, file(of_day, kind, mode)

    def _seal(self, ticket: str) -> str:
        return token(f"{self._core.seed}:{ticket}", 16)


def file(of_day: Day, kind: str, mode: str = "") -> bytes:
    """The zip, spoilt as `mode` says."""
    rows, totals = _trade(of_day, mode) if kind == "trade" else _fund(of_day)
    header, totals_header = (_TRADE, _TRADE_TOTALS) if kind == "trade" else (_FUND, _FUND_TOTALS)
    names = header.split(",")
    places = bill_days.shuffled(len(names), mode)
    if mode == "wrong_total":
        totals[-1][3] = "999"
    what = _KINDS[kind]
    detail = [[names[place] for place in places]]
    detail += [[f"{row[place]}\t" for place in places] for row in rows]
    stem = f"{of_day.mchid}_{of_day.day:%Y%m%d}_{what}明细"
    about = [f"#支付宝{what}明细查询", f"#账号：[{of_day.mchid}0156]", f"#起始日期：[{of_day.day}]"]
    packed = _zipped(
        {
            f"{stem}.csv": _encoded([*about, *_framed(f"{what}明细列表", detail)], mode),
            f"{stem}(汇总).csv": _encoded(
                [*about, *_framed(f"{what}汇总列表", [totals_header.split(","), *totals])], ""
            ),
        }
    )
    if mode == "truncated":
        return packed[: len(packed) * 2 // 3]
    if mode == "wrong_digest":  # a byte of the first file's content
        place = packed.index(b"PK", 4) - 1
        return packed[: place - 4] + bytes([packed[place - 4] ^ 0xFF]) + packed[place - 3 :]
    return packed


def _trade(of_day: Day, mode: str) -> tuple[_Table, _Table]:
    told = said(of_day.movements, mode)
    fee = 1 if mode == "fee" and told else 0
    rows = [_trade_row(one, fee if place == 0 else 0) for place, one in enumerate(told)]
    paid = [one for one in told if not one.refund_no]
    back = [one for one in told if one.refund_no]
    net = sum(one.order_fen for one in paid) + sum(one.fen for one in back)
    sums = [
        str(len(paid)), str(len(back)), yuan(net), yuan(net), "0.00", "0.00", "0.00", yuan(-fee),
        "0.00", yuan(net - fee),
    ]  # fmt: skip
    return rows, [["合计", "", *sums]]


def _trade_row(one: Movement, fee: int) -> list[str]:
    at = f"{one.at:%Y-%m-%d %H:%M:%S}"
    fen = one.fen if one.refund_no else one.order_fen
    return [
        one.transaction_id, one.out_trade_no, "退款" if one.refund_no else "交易",
        one.description.replace(",", " "), at, at, "", "", "", "", "*付款人(138****0001)",
        yuan(fen), yuan(fen), "0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00", "0.00",
        one.refund_no, yuan(-fee), "0.00", "",
    ]  # fmt: skip


def _fund(of_day: Day) -> tuple[_Table, _Table]:
    steps = of_day.steps()
    rows = [
        [
            digits(f"flow:{of_day.mchid}:{one.number}", 18), _plain(one.number), one.out_trade_no,
            one.business, f"{one.at:%Y-%m-%d %H:%M:%S}", "", yuan(max(one.fen, 0)),
            yuan(min(one.fen, 0)), yuan(one.balance_fen), "支付宝",
            {"交易": "在线支付", "退款": "交易退款"}.get(one.business, one.business), "",
        ]
        for one in steps
    ]  # fmt: skip
    came = [one.fen for one in steps if one.fen > 0]
    left = [one.fen for one in steps if one.fen < 0]
    sums = [str(len(came)), yuan(sum(came)), str(len(left)), yuan(sum(left))]
    return rows, [["合计", *sums, yuan(sum(came) + sum(left))]]


def _plain(number: str) -> str:
    return number.replace(":", "_")[:64]


def _framed(name: str, rows: Sequence[Sequence[str]]) -> list[str]:
    rule = "-" * 40
    return [f"#{rule}{name}开始", *(",".join(row) for row in rows), f"#{rule}{name}结束"]


def _encoded(lines: Sequence[str], mode: str) -> bytes:
    text = "\r\n".join([*lines, "#导出时间：[2026年11月22日 09:00:00]", ""])
    if mode == "wrong_encoding":
        return text.encode("utf-16")
    return (b"\xef\xbb\xbf" if mode == "bom" else b"") + text.encode("gbk")


def _zipped(files: Mapping[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = _NamedInGbk(name, date_time=(2026, 11, 22, 9, 0, 0))
            archive.writestr(entry, content, compress_type=zipfile.ZIP_DEFLATED)
    return target.getvalue()


class _NamedInGbk(zipfile.ZipInfo):
    """The library writes names in ASCII or UTF-8 only."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - the library's name
        return self.filename.encode("gbk"), self.flag_bits


def _gone(status: int) -> Reply:
    return status, {"Content-Type": "text/html; charset=gbk"}, "下载链接已失效".encode("gbk")
