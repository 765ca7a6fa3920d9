"""The bank's front machine, simulated (payments.md 3.1 c and 7.7): XML in, XML out.

It speaks sign-in (b2e0001), transfers (b2e0009), their standing (b2e0007) and the statement
(b2e0035, or by hand in camt.053), and was written without looking at our side of the line.  What
the channels pay out comes into the account.  A transfer is taken before the
payee is looked at, so it may be rejected later, or returned three days after it was credited.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.etree import ElementTree as ET

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from shared_apps.payments.simulator import camt
from shared_apps.payments.simulator.bill_days import PaidOut
from shared_apps.payments.simulator.front_books import RETURN_AFTER, FrontBooks, Held
from shared_apps.payments.simulator.skins import LineDropped

PATH = "/B2EC/E2BServlet"
MOST_AT_ONCE = 1000
_WORDS = {
    "B001": "交易成功",
    "B002": "交易成功，还有后续记录",
    "B010": "签到已失效，请重新签到",
    "B011": "不在业务受理时间内",
    "B012": "报文格式错误",
    "B020": "指令不存在",
    "B021": "收款账号不存在",
    "B026": "指令编号重复",
    "B054": "交易处理中",
    "B059": "已提交",
}
_STANDING = {"processing": "B054", "late_reject": "B054", "rejected": "B021", "done": "B001"}


class Malformed(Exception):
    """A message that the bank cannot read."""


class FrontMachine:
    """Answers one message at a time; ``password`` is the operator's."""

    def __init__(
        self,
        books: FrontBooks,
        *,
        password: str = "demo-front-password",
        payouts: Callable[[dt.date | None, dt.date], Iterable[PaidOut]] = lambda *_: (),
    ) -> None:
        self.books = books
        self._payouts = payouts
        self._password = password
        self._tokens: set[str] = set()

    def handle(self, body: bytes) -> bytes:
        """The answer to a message; raises LineDropped when the line is to go dead."""
        try:
            root = fromstring(body, forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError):
            return _document("error", [_status("B012")])
        code = root.findtext("head/trncod", "")
        acts: dict[str, Callable[[Any], list[ET.Element]]] = {
            "b2e0001": self._sign_in,
            "b2e0007": self._standing,
            "b2e0009": self._transfers,
            "b2e0035": self._statement,
        }
        act = acts.get(code)
        if act is None:
            return _document("error", [_status("B012")])
        if code != "b2e0001" and root.findtext("head/token", "") not in self._tokens:
            return _document(code, [_status("B010")])
        try:
            return _document(code, act(root.find(f"trans/trn-{code}-rq")))
        except Malformed:
            return _document(code, [_status("B012")])

    def act(self, name: str, given: dict[str, Any]) -> object:
        """What the simulator's office may do by hand."""
        if name == "plant":
            self.books.plant(
                str(given["mode"]), insid=str(given.get("insid", "")), times=given.get("times", 1)
            )
        elif name == "ahead":
            self.books.move_ahead(int(given["days"]))
        elif name == "finish":
            self._finish(str(given["insid"]))
        elif name == "statement":
            self.books.print_payouts(self._payouts)
            days = (dt.date.fromisoformat(str(given[end])) for end in ("from", "to"))
            return {"camt053": camt.statement(self.books, str(given["account"]), *days)}
        elif name == "clear":
            self.books.clear_faults()
        elif name != "look":
            raise ValueError(f"unknown act {name}")
        return {"today": self.books.today().isoformat(), "balances": self.books.balances()}

    def _sign_in(self, request: Any) -> list[ET.Element]:
        given = request.findtext("b2e0001-rq/oprpwd", "") if request is not None else ""
        if not secrets.compare_digest(given.encode(), self._password.encode()):
            return [_status("B010")]
        token = secrets.token_hex(16)
        self._tokens.add(token)
        return [_status("B001"), _leaf("token", token)]

    def _transfers(self, request: Any) -> list[ET.Element]:
        orders = request.findall("b2e0009-rq") if request is not None else []
        if self.books.meets("window_closed"):
            return [_status("B011")]
        if self.books.meets("drop_before"):
            raise LineDropped
        if not 0 < len(orders) <= MOST_AT_ONCE:
            raise Malformed
        wanted = [self._read(order) for order in orders]
        answers = [_status("B001"), *(self._taken(one) for one in wanted)]
        if self.books.meets("drop_after"):
            raise LineDropped
        return answers

    def _taken(self, one: Held) -> ET.Element:
        before = self.books.held(one.insid)
        if before is not None:
            is_same = (before.amount_fen, before.number) == (one.amount_fen, one.number)
            return _line("b2e0009", before, "B059" if is_same else "B026")
        if self.books.meets("reject", one.insid):
            self.books.take(_in_state(one, "rejected"))
            return _line("b2e0009", one, "B021")
        for state in ("processing", "late_reject"):
            if self.books.meets(state, one.insid):
                self.books.take(_in_state(one, state))
                return _line("b2e0009", one, "B059")
        self.books.take(_in_state(one, "processing"))
        self._finish(one.insid)
        return _line("b2e0009", one, "B059")

    def _finish(self, insid: str) -> None:
        """Carries a held instruction out, as the payee's bank sees fit."""
        one = self.books.held(insid)
        if one is None or one.state == "done":
            return
        today = self.books.today()
        self.books.decide(insid, "done")
        self.books.print_entry(one, day=today)
        if self.books.meets("double_entry", insid):
            self.books.print_entry(one, day=today, is_real=False)
        if self.books.meets("return", insid):
            self.books.print_entry(one, day=today + RETURN_AFTER, is_back=True)

    def _standing(self, request: Any) -> list[ET.Element]:
        answers = [_status("B001")]
        for asked in request.findall("b2e0007-rq") if request is not None else []:
            insid = asked.findtext("insid", "")
            one = self.books.held(insid)
            if one is None:
                answers.append(_line("b2e0007", None, "B020", insid=insid))
                continue
            if one.state == "late_reject":
                self.books.decide(insid, "rejected")
                one = _in_state(one, "rejected")
            answers.append(_line("b2e0007", one, _STANDING[one.state]))
        return answers

    def _statement(self, request: Any) -> list[ET.Element]:
        asked = request.find("b2e0035-rq") if request is not None else None
        if asked is None:
            raise Malformed
        try:
            first, last = (
                dt.date.fromisoformat(asked.findtext(f"datescope/{end}", ""))
                for end in ("from", "to")
            )
            begin, size = int(asked.findtext("begnum", "1")), int(asked.findtext("recnum", "50"))
        except ValueError as wrong:
            raise Malformed from wrong
        self.books.print_payouts(self._payouts)
        entries = self.books.entries(first, last)
        page = entries[begin - 1 : begin - 1 + size]
        has_more = begin - 1 + size < len(entries)
        lines = []
        for entry in page:
            line = ET.Element("b2e0035-rs")
            for name, value in (
                ("vchnum", entry.serial),
                ("txndate", entry.day.replace("-", "")),
                ("txnamt", f"{Decimal(entry.amount_fen) / 100:.2f}"),
                ("insid", entry.insid),
                ("toname", entry.name),
                ("furinfo", entry.summary),
            ):
                line.append(_leaf(name, value))
            lines.append(line)
        return [_status("B002" if has_more else "B001"), *lines]

    def _read(self, order: Any) -> Held:
        insid = order.findtext("insid", "")
        try:
            amount = Decimal(order.findtext("trnamt", ""))
        except InvalidOperation as wrong:
            raise Malformed from wrong
        fen = int(amount * 100)
        if not 1 <= len(insid) <= 12 or fen <= 0 or amount * 100 != fen:
            raise Malformed
        return Held(
            insid=insid,
            obssid=self.books.next_obssid(),
            amount_fen=fen,
            cnaps=order.findtext("toactn/toibkn", ""),
            number=order.findtext("toactn/actacn", ""),
            name=order.findtext("toactn/toname", ""),
            purpose=order.findtext("furinfo", ""),
            state="processing",
        )


def _in_state(one: Held, state: str) -> Held:
    return Held(
        one.insid, one.obssid, one.amount_fen, one.cnaps, one.number, one.name, one.purpose, state
    )


def _leaf(name: str, text: str) -> ET.Element:
    element = ET.Element(name)
    element.text = text
    return element


def _status(code: str) -> ET.Element:
    status = ET.Element("status")
    status.extend([_leaf("rspcod", code), _leaf("rspmsg", _WORDS[code])])
    return status


def _line(message: str, one: Held | None, code: str, *, insid: str = "") -> ET.Element:
    line = ET.Element(f"{message}-rs")
    line.append(_status(code))
    line.append(_leaf("insid", one.insid if one else insid))
    line.append(_leaf("obssid", one.obssid if one else ""))
    return line


def _document(code: str, content: list[ET.Element]) -> bytes:
    root = ET.Element("bocb2e", version="120", security="true", locale="zh_CN")
    ET.SubElement(ET.SubElement(root, "head"), "trncod").text = code
    ET.SubElement(ET.SubElement(root, "trans"), f"trn-{code}-rs").extend(content)
    body: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return body
