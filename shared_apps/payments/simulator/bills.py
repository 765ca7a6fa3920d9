"""Bills of the simulated WeChat Pay, made from its own books: what a day's money really did.

A bill is there from nine in the morning after its day, by the channel's own days (`days`). On
every morning the channel pays out what stood at the end of the day before; payouts follow from the
books and are not written down.

Faults (point `bill`), used up by the answer that names the file:

not_ready, expired_token, wrong_digest, truncated, wrong_encoding, wrong_total, bom, shuffled
    the way to the file, or its form; what it says is true.
missing_line, extra_line, duplicate_line, one_fen_off, cutoff, fee
    what it says is not what happened; its totals are those of what it says.
"""

from __future__ import annotations

import gzip
import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs

from shared_apps.payments.simulator.books import Books
from shared_apps.payments.simulator.clock import BEIJING, ScaledClock, stamp
from shared_apps.payments.simulator.keys import KeyStore
from shared_apps.payments.simulator.protocol import (
    Call,
    Refusal,
    Reply,
    authenticate,
    digits,
    error_reply,
    signed,
    token,
)

PREFIX: Final = "/v3/bill"
POINT: Final = "bill"
READY_HOUR: Final = 9
URL_SECONDS: Final = 300
FORM_MODES: Final = frozenset(
    {
        "not_ready",
        "expired_token",
        "wrong_digest",
        "truncated",
        "wrong_encoding",
        "wrong_total",
        "bom",
        "shuffled",
    }
)
CONTENT_MODES: Final = frozenset(
    {"missing_line", "extra_line", "duplicate_line", "one_fen_off", "cutoff", "fee"}
)
MODES: Final = FORM_MODES | CONTENT_MODES

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


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that really moved at the channel; `fen` is positive when the merchant was paid."""

    at: datetime
    out_trade_no: str
    transaction_id: str
    refund_no: str
    refund_id: str
    fen: int
    order_fen: int
    openid: str
    appid: str
    description: str


class Day(NamedTuple):
    """A day of a merchant's account: what stood at its beginning is paid out in the morning."""

    day: date
    opening_fen: int
    movements: tuple[Movement, ...]

    @property
    def paid_out_fen(self) -> int:
        return max(self.opening_fen, 0)


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

    def day(self, mchid: str, day: date) -> Day:
        """What the books say of a merchant's day."""
        found = [_movement(row) for row in self._books.movements(mchid)]
        opening, morrow = 0, date.min
        for before in sorted({one.at.date() for one in found if one.at.date() < day}):
            kept = min(opening, 0)
            opening = kept + sum(one.fen for one in found if one.at.date() == before)
            morrow = before + timedelta(days=1)
        if opening > 0 and morrow != day:
            opening = 0
        return Day(day, opening, tuple(one for one in found if one.at.date() == day))

    def file(self, mchid: str, kind: str, day: date, mode: str = "") -> bytes:
        """The bill as a file, spoilt as `mode` says; raises Refusal 400 for a day of nothing."""
        of_day = self.day(mchid, day)
        if not of_day.movements and not of_day.paid_out_fen:
            raise Refusal(400, "NO_STATEMENT_EXIST", "账单文件不存在")
        if kind == "trade":
            rows, totals = _trade_rows(mchid, _said(of_day.movements, mode), mode)
            text = _text(_TRADE_COLUMNS.split(","), rows, _TRADE_TOTALS, totals, mode)
        else:
            rows, totals = _fund_rows(mchid, of_day)
            text = _text(_FUND_COLUMNS.split(","), rows, _FUND_TOTALS, totals, mode)
        return _spoilt(text, mode)

    def _invitation(self, call: Call, now: datetime) -> dict[str, str]:
        kind = {f"{PREFIX}/tradebill": "trade", f"{PREFIX}/fundflowbill": "fund"}.get(call.path)
        if kind is None:
            raise Refusal(404, "RESOURCE_NOT_EXISTS", "接口不存在")
        day = _asked_day(call)
        fault = self._books.take_fault(POINT, "", MODES)
        mode = fault.mode if fault else ""
        if mode == "not_ready" or not self._is_ready(day):
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

    def _is_ready(self, day: date) -> bool:
        opens = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=BEIJING)
        return self._clock.virtual() >= opens + timedelta(hours=READY_HOUR)


def _asked_day(call: Call) -> date:
    try:
        return date.fromisoformat("".join(parse_qs(call.query).get("bill_date", [])))
    except ValueError:
        raise Refusal(400, "PARAM_ERROR", "参数 bill_date 不合法") from None


def _movement(row: Mapping[str, Any]) -> Movement:
    return Movement(
        at=datetime.fromisoformat(row["at"]).astimezone(BEIJING),
        out_trade_no=row["out_trade_no"],
        transaction_id=row["transaction_id"],
        refund_no=row["out_refund_no"],
        refund_id=row["refund_id"],
        fen=row["fen"],
        order_fen=row["order_fen"],
        openid=row["openid"],
        appid=row["appid"],
        description=row["description"],
    )


def _said(movements: Sequence[Movement], mode: str) -> list[Movement]:
    """What the bill says: what happened, unless a fault has it say something else."""
    said = list(movements)
    if not said:
        return said
    changes: dict[str, Callable[[Movement], list[Movement]]] = {
        "missing_line": lambda _: [],
        "duplicate_line": lambda one: [one, one],
        "one_fen_off": lambda one: [replace(one, fen=one.fen + 1, order_fen=one.order_fen + 1)],
        "cutoff": lambda one: [replace(one, at=one.at.replace(hour=0, minute=0, second=0))],
        "extra_line": lambda one: [one, _stranger(one)],
    }
    change = changes.get(mode)
    return [*change(said[0]), *said[1:]] if change else said


def _stranger(like: Movement) -> Movement:
    """A payment that nobody at the merchant has heard of."""
    number = digits(f"stranger:{like.transaction_id}", 16)
    return replace(
        like,
        out_trade_no=f"POS{number[:13]}",
        transaction_id=f"4200{number}00000000",
        fen=like.order_fen,
        refund_no="",
        refund_id="",
    )


def _trade_rows(
    mchid: str, movements: Sequence[Movement], mode: str
) -> tuple[list[list[str]], list[str]]:
    fee = 1 if mode == "fee" and movements else 0
    rows = []
    for place, one in enumerate(movements):
        is_refund = bool(one.refund_no)
        paid = _yuan(0 if is_refund else one.order_fen)
        back = _yuan(-one.fen if is_refund else 0)
        charged = f"{_yuan(fee if place == 0 else 0)}000"
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
    paid, back = _yuan(paid_fen), _yuan(back_fen)
    count = f"{len(movements)}.0"
    return rows, [count, paid, back, "0.00", f"{_yuan(fee)}000", paid, back]


def _fund_rows(mchid: str, of_day: Day) -> tuple[list[list[str]], list[str]]:
    steps: list[tuple[str, str, str, int]] = []
    if of_day.paid_out_fen:
        number = f"PO{of_day.day:%Y%m%d}{mchid}"
        steps.append((f"{of_day.day} 00:00:00", number, "提现", -of_day.paid_out_fen))
    steps += [
        (
            f"{one.at:%Y-%m-%d %H:%M:%S}",
            one.refund_id or one.transaction_id,
            "退款" if one.refund_no else "交易",
            one.fen,
        )
        for one in of_day.movements
    ]
    balance = of_day.opening_fen
    rows = []
    for at, number, business, fen in steps:
        balance += fen
        rows.append(
            [
                at, number, number, business, business, "收入" if fen > 0 else "支出",
                _yuan(abs(fen)), _yuan(balance), "system", "", number,
            ]
        )  # fmt: skip
    came = [fen for *_, fen in steps if fen > 0]
    left = [-fen for *_, fen in steps if fen < 0]
    totals = [f"{len(steps)}.0", f"{len(came)}.0", _yuan(sum(came))]
    return rows, [*totals, f"{len(left)}.0", _yuan(sum(left))]


def _text(
    header: Sequence[str], rows: Sequence[Sequence[str]], totals_header: str,
    totals: Sequence[str], mode: str,
) -> str:  # fmt: skip
    places = list(range(len(header)))
    if mode == "shuffled":
        random.Random("shuffled").shuffle(places)
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


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
