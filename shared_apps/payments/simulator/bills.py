"""Bills of the simulated WeChat Pay, as `bill_days` has them: gzip, an address, a SHA1."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Final
from urllib.parse import parse_qs

from shared_apps.payments.simulator import bill_days
from shared_apps.payments.simulator.bill_days import MODES, POINT, Day, Movement, said, yuan
from shared_apps.payments.simulator.books import Books
from shared_apps.payments.simulator.clock import ScaledClock, stamp
from shared_apps.payments.simulator.keys import KeyStore
from shared_apps.payments.simulator.protocol import (
    Call,
    Refusal,
    Reply,
    authenticate,
    error_reply,
    signed,
    token,
)

PREFIX: Final = "/v3/bill"
URL_SECONDS: Final = 300
_TRADE_COLUMNS: Final = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,"
    "货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,"
    "商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
_TRADE_TOTALS: Final = (
    "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
)
_FUND_COLUMNS: Final = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
    "资金变更提交申请人,备注,业务凭证号"
)
_FUND_TOTALS: Final = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"


class BillOffice:
    """Answers what lies under /v3/bill and /v3/billdownload."""

    def __init__(
        self,
        store: KeyStore,
        books: Books,
        clock: ScaledClock,
        *,
        seed: str,
        origin: Callable[[], str],
    ) -> None:
        self._origin = origin
        self._store = store
        self._books = books
        self._clock = clock
        self._seed = seed

    def answer(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        now = self._clock.now()
        try:
            call = authenticate(
                self._store, method=method, url=url, headers=headers, body=body, now=now
            )
            if call.path == f"{PREFIX}download/file":
                return self._download(call, now)
            document = self._invitation(call, now)
        except Refusal as refusal:
            self._books.note(stamp(now), "refused", method=method, url=url, code=refusal.code)
            return error_reply(refusal)
        nonce = token(f"{self._seed}:{self._books.next_number('answer')}")
        return signed(self._store, status=200, document=document, now=now, nonce=nonce)

    def file(self, mchid: str, kind: str, day: date, mode: str = "") -> bytes:
        """The bill as a file, spoilt as `mode` says; raises Refusal 400 for a day of nothing."""
        of_day = bill_days.of(self._books, mchid, day)
        if not of_day.movements and not of_day.paid_out_fen:
            raise Refusal(400, "NO_STATEMENT_EXIST", "账单文件不存在")
        if kind == "trade":
            rows, totals = _trade_rows(mchid, said(of_day.movements, mode), mode)
            text = _text(_TRADE_COLUMNS.split(","), rows, _TRADE_TOTALS, totals, mode)
        else:
            rows, totals = _fund_rows(of_day)
            text = _text(_FUND_COLUMNS.split(","), rows, _FUND_TOTALS, totals, mode)
        return _spoilt(text, mode)

    def _invitation(self, call: Call, now: datetime) -> dict[str, str]:
        kind = {f"{PREFIX}/tradebill": "trade", f"{PREFIX}/fundflowbill": "fund"}.get(call.path)
        if kind is None:
            raise Refusal(404, "RESOURCE_NOT_EXISTS", "接口不存在")
        day = _asked_day(call)
        fault = self._books.take_fault(POINT, call.merchant.mchid, MODES)
        mode = fault.mode if fault else ""
        if mode == "not_ready" or not bill_days.is_ready(self._clock, day):
            raise Refusal(400, "STATEMENT_CREATING", "账单生成中，请稍后再试")
        content = self.file(call.merchant.mchid, kind, day, mode)
        digest = hashlib.sha1(content).hexdigest()
        self._books.note(stamp(now), POINT, number=f"{kind} {day}", status=200, fault=mode)
        until = 0 if mode == "expired_token" else int(now.timestamp()) + URL_SECONDS
        ticket = f"{kind}.{day}.{mode or 'true'}.{until}"
        ticket += "." + token(f"{self._seed}:{ticket}:{call.merchant.mchid}", 16)
        return {
            "download_url": f"{self._origin()}{PREFIX}download/file?token={ticket}",
            "hash_type": "SHA1",
            "hash_value": "0" * 40 if mode == "wrong_digest" else digest,
        }

    def _download(self, call: Call, now: datetime) -> Reply:
        """The file, without a signature, packed."""
        given = "".join(parse_qs(call.query).get("token", []))
        ticket, _, seal = given.rpartition(".")
        mchid = call.merchant.mchid
        if seal != token(f"{self._seed}:{ticket}:{mchid}", 16):
            raise Refusal(401, "SIGN_ERROR", "下载地址不正确")
        kind, day, mode, until = ticket.split(".")
        if int(until) < now.timestamp():
            raise Refusal(404, "RESOURCE_NOT_EXISTS", "下载地址已过期")
        content = self.file(mchid, kind, date.fromisoformat(day), mode)
        return 200, {"Content-Type": "application/octet-stream"}, gzip.compress(content, mtime=0)


def _asked_day(call: Call) -> date:
    try:
        return date.fromisoformat("".join(parse_qs(call.query).get("bill_date", [])))
    except ValueError:
        raise Refusal(400, "PARAM_ERROR", "参数 bill_date 不合法") from None


def _trade_rows(
    mchid: str, movements: Sequence[Movement], mode: str
) -> tuple[list[list[str]], list[str]]:
    fee = 1 if mode == "fee" and movements else 0
    rows = []
    for place, one in enumerate(movements):
        is_refund = bool(one.refund_no)
        paid = yuan(0 if is_refund else one.order_fen)
        back = yuan(-one.fen if is_refund else 0)
        charged = f"{yuan(fee if place == 0 else 0)}000"
        rows.append(
            [
                f"{one.at:%Y-%m-%d %H:%M:%S}", one.appid, mchid, "", "", one.transaction_id,
                one.out_trade_no, one.openid, "MWEB", "REFUND" if is_refund else "SUCCESS",
                "OTHERS", "CNY", paid, "0.00", one.refund_id or "0", one.refund_no or "0", back,
                "0.00", "ORIGINAL" if is_refund else "", "PROCESSING" if is_refund else "",
                one.description, "", charged, "0.00%", paid, back, "",
            ]
        )  # fmt: skip
    paid_fen = sum(one.order_fen for one in movements if not one.refund_no)
    back_fen = sum(-one.fen for one in movements if one.refund_no)
    paid, back = yuan(paid_fen), yuan(back_fen)
    count = f"{len(movements)}.0"
    return rows, [count, paid, back, "0.00", f"{yuan(fee)}000", paid, back]


def _fund_rows(of_day: Day) -> tuple[list[list[str]], list[str]]:
    steps = of_day.steps()
    rows = [
        [
            f"{one.at:%Y-%m-%d %H:%M:%S}", one.number, one.number, one.business, one.business,
            "收入" if one.fen > 0 else "支出", yuan(abs(one.fen)), yuan(one.balance_fen), "system",
            "", one.number,
        ]
        for one in steps
    ]  # fmt: skip
    came = [one.fen for one in steps if one.fen > 0]
    left = [-one.fen for one in steps if one.fen < 0]
    totals = [f"{len(steps)}.0", f"{len(came)}.0", yuan(sum(came))]
    return rows, [*totals, f"{len(left)}.0", yuan(sum(left))]


def _text(
    header: Sequence[str], rows: Sequence[Sequence[str]], totals_header: str,
    totals: Sequence[str], mode: str,
) -> str:  # fmt: skip
    places = bill_days.shuffled(len(header), mode)
    if mode == "wrong_total":
        totals = ["999.0", *totals[1:]]
    lines = [",".join(header[place] for place in places)]
    lines += [",".join(f"`{row[place]}" for place in places) for row in rows]
    lines += [totals_header, ",".join(f"`{value}" for value in totals)]
    return "\r\n".join(lines) + "\r\n"


def _spoilt(text: str, mode: str) -> bytes:
    if mode == "wrong_encoding":
        return text.encode("gbk")
    if mode == "truncated":
        return text.encode()[: len(text.encode()) * 2 // 3]
    return text.encode("utf-8-sig" if mode == "bom" else "utf-8")
