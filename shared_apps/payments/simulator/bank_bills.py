"""The bank's files of a day: GetTicket.do names one and its digest, signed; then it is downloaded.

Text in GBK, fields joined by a pipe, the owner in front, the totals at the end; the two kinds are
JY (payments and refunds) and QS (every movement of the merchant's account, with balances).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final
from urllib.parse import parse_qs, urlsplit

from shared_apps.payments.simulator import bank_protocol as protocol
from shared_apps.payments.simulator import bill_days
from shared_apps.payments.simulator.bank_keys import BankMerchant, Signature
from shared_apps.payments.simulator.bill_days import Day, said, yuan
from shared_apps.payments.simulator.clock import stamp
from shared_apps.payments.simulator.core import GatewayCore
from shared_apps.payments.simulator.protocol import Refusal, Reply, token

TICKET: Final = "GetTicket.do"
DOWNLOAD: Final = "BocnetExpress/Download.do"
TICKET_SECONDS: Final = 120
_KINDS: Final = ("JY", "QS")
_SIGNED: Final = "merchantNo fileType fileDate fileName ticket digest"
_TRADE: Final = "交易时间|订单号|银行流水号|交易类型|退货流水号|币种|交易金额|手续费"
_FUND: Final = "记账时间|流水号|业务类型|收支|金额|余额"


class BankBills:
    """Tickets and files."""

    def __init__(self, core: GatewayCore, signer: Signature) -> None:
        self._core = core
        self._signer = signer

    def ticket(self, form: Mapping[str, str], merchant: BankMerchant, mode: str) -> Reply:
        """Raises Refusal for a file that is not there."""
        asked = {name: form.get(name, "") for name in ("fileDate", "fileType", "merchantNo")}
        signed = "|".join(f"{name}={value}" for name, value in sorted(asked.items()))
        protocol.demand_signed(merchant, signed, form.get("signData", ""))
        kind, day = asked["fileType"], _day(asked["fileDate"])
        if kind not in _KINDS or day is None:
            raise Refusal(400, "E00000063", "文件类型或日期不正确")
        if mode == "not_ready" or not bill_days.is_ready(self._core.clock, day):
            raise Refusal(400, "E00000061", "文件尚未生成")
        content = self._file(merchant.number, kind, day, mode)
        until = int(self._core.clock.now().timestamp()) + TICKET_SECONDS
        ticket = f"{merchant.number}.{kind}.{day}.{mode or 'true'}."
        ticket += "0" if mode == "expired_token" else str(until)
        digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        facts = {
            **asked,
            "fileName": f"{kind}_{merchant.number}_{asked['fileDate']}.txt",
            "ticket": f"{ticket}.{self._seal(ticket)}",
            "digest": "0" * 40 if mode == "wrong_digest" else digest,
        }
        facts["signData"] = protocol.signature_of(self._signer, protocol.joined(facts, _SIGNED))
        header = {"merchantNo": merchant.number, "hdlSts": "A", "bdFlg": "0", "rtnCd": ""}
        return protocol.document(header, [facts])

    def download(self, url: str) -> Reply:
        """The file behind a ticket that is still good."""
        given = "".join(parse_qs(urlsplit(url).query).get("ticket", []))
        ticket, _, seal = given.rpartition(".")
        if seal != self._seal(ticket):
            return 403, {"Content-Type": "text/plain"}, b"no such ticket"
        number, kind, day, mode, until = ticket.split(".")
        now = self._core.clock.now()
        if int(until) < now.timestamp():
            return 410, {"Content-Type": "text/plain"}, b"the ticket has expired"
        self._core.books.note(stamp(now), bill_days.POINT, number=f"{kind} {day}", fault=mode)
        content = self._file(number, kind, date.fromisoformat(day), mode)
        return 200, {"Content-Type": "application/octet-stream"}, content

    def _file(self, number: str, kind: str, day: date, mode: str) -> bytes:
        of_day = bill_days.of(self._core.books, number, day)
        if not of_day.movements and not of_day.paid_out_fen:
            raise Refusal(400, "E00000062", "当日没有交易")
        return file(of_day, kind, mode)

    def _seal(self, ticket: str) -> str:
        return token(f"{self._core.seed}:bank-file:{ticket}", 16)


def file(of_day: Day, kind: str, mode: str = "") -> bytes:
    """The file, spoilt as `mode` says."""
    header, rows, totals = _trade(of_day, mode) if kind == "JY" else _fund(of_day)
    names = header.split("|")
    places = bill_days.shuffled(len(names), mode)
    if mode == "wrong_total":
        totals = ["999", *totals[1:]]
    lines = [f"#商户号|{of_day.mchid}|日期|{of_day.day}", "|".join(names[at] for at in places)]
    lines += ["|".join(row[at] for at in places) for row in rows]
    text = "\r\n".join([*lines, "|".join(["#合计", *totals]), ""])
    if mode == "wrong_encoding":
        return text.encode("utf-16")
    content = (b"\xef\xbb\xbf" if mode == "bom" else b"") + text.encode("gbk")
    return content[: len(content) * 2 // 3] if mode == "truncated" else content


def _trade(of_day: Day, mode: str) -> tuple[str, Sequence[list[str]], list[str]]:
    told = said(of_day.movements, mode)
    fee = 1 if mode == "fee" and told else 0
    rows = [
        [
            f"{one.at:%Y-%m-%d %H:%M:%S}", one.out_trade_no, one.transaction_id,
            "退货" if one.refund_no else "支付", one.refund_no, "001",
            yuan(-one.fen if one.refund_no else one.order_fen), yuan(0 if place else fee),
        ]
        for place, one in enumerate(told)
    ]  # fmt: skip
    paid = sum(one.order_fen for one in told if not one.refund_no)
    back = sum(-one.fen for one in told if one.refund_no)
    return _TRADE, rows, [str(len(told)), yuan(paid), yuan(back), yuan(fee)]


def _fund(of_day: Day) -> tuple[str, Sequence[list[str]], list[str]]:
    steps = of_day.steps()
    words = {"交易": "支付", "退款": "退货", "提现": "结算"}
    rows = [
        [
            f"{one.at:%Y-%m-%d %H:%M:%S}", one.number, words[one.business],
            "收" if one.fen > 0 else "支", yuan(abs(one.fen)), yuan(one.balance_fen),
        ]
        for one in steps
    ]  # fmt: skip
    came = [one.fen for one in steps if one.fen > 0]
    left = [-one.fen for one in steps if one.fen < 0]
    sums = [str(len(came)), yuan(sum(came)), str(len(left)), yuan(sum(left))]
    return _FUND, rows, [str(len(steps)), *sums]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:]}")
    except ValueError:
        return None
