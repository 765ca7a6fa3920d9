"""The bank's front machine (payments.md 3.1 c): XML over HTTP on a machine beside ours.

The front machine signs for us.  It takes up to 1,000 instructions at once and answers for the
message and for each of them.  That it took one says nothing about the money: the bank looks at the
payee only later.  No answer, or one that is not well formed, concludes nothing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import requests
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from shared_apps.settlement.channels.base import (
    Answer,
    Entry,
    StatementUnavailable,
    Transfer,
    Verdict,
)

PATH: Final = "/B2EC/E2BServlet"
CONNECT_SECONDS: Final = 3.05
READ_SECONDS: Final = 30.0
ANSWER_LIMIT: Final = 8 * 1024 * 1024
PAGE: Final = 200
OK: Final = "B001"
MORE: Final = "B002"
_VERDICTS: Final = {
    "B001": Verdict.ACCEPTED,
    "B054": Verdict.PROCESSING,
    "B059": Verdict.PROCESSING,
    "B020": Verdict.ABSENT,
}
_REFUSALS: Final = frozenset({"B021", "B022", "B023", "B024", "B025"})
"""Payee unknown, payee's name wrong, account closed, balance too small, refused by the other bank.
Any other word of the bank concludes nothing.
"""
_CLOSED: Final = "B011"
"""Outside the bank's hours: a definite refusal of the message, nothing of it was taken."""
_AMOUNT: Final = re.compile(r"-?[0-9]{1,13}\.[0-9]{2}")
_DAY: Final = re.compile(r"20[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost"})


class Misconfigured(Exception):
    """The address of the front machine cannot be used."""


class Unanswered(Exception):
    """No answer that could be read."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where the front machine listens and as whom we speak."""

    url: str
    customer: str
    operator: str
    password: str = field(repr=False)
    terminal: str
    pool_account: str
    pool_bank: str


class FrontMachine:
    """Speaks for the pool; a session of its own, without proxies and redirects."""

    batch_size = 1000

    def __init__(self, access: Access) -> None:
        parts = urlsplit(access.url)
        is_near = parts.hostname in _LOOPBACK
        if parts.scheme != "https" and not (parts.scheme == "http" and is_near):
            raise Misconfigured(access.url)
        self._access = access
        self._url = access.url.rstrip("/") + PATH
        self._session = requests.Session()
        self._session.trust_env = False

    def send(self, transfers: Sequence[Transfer], *, on: dt.date) -> Mapping[str, Answer]:
        answers = {one.insid: Answer(Verdict.UNKNOWN) for one in transfers}
        try:
            token = self._sign_in()
        except Unanswered:  # nothing was sent
            return {one.insid: Answer(Verdict.ABSENT) for one in transfers}
        body = [self._order(one, on) for one in transfers]
        try:
            root = self._call("b2e0009", body, token)
        except Unanswered:
            return answers
        code, words = _status(root)
        if code == _CLOSED:
            return {one.insid: Answer(Verdict.ABSENT, "", code, words) for one in transfers}
        return {**answers, **_by_number(root, "b2e0009", answers)}

    def ask(self, insids: Sequence[str]) -> Mapping[str, Answer]:
        answers = {insid: Answer(Verdict.UNKNOWN) for insid in insids}
        body = []
        for insid in insids:
            request = ET.Element("b2e0007-rq")
            ET.SubElement(request, "insid").text = insid
            body.append(request)
        try:
            root = self._call("b2e0007", body, self._sign_in())
        except Unanswered:
            return answers
        return {**answers, **_by_number(root, "b2e0007", answers)}

    def statement(self, first: dt.date, last: dt.date) -> list[Entry]:
        found: list[Entry] = []
        try:
            token = self._sign_in()
            while True:
                request = self._page(first, last, begin=len(found) + 1)
                root = self._call("b2e0035", [request], token)
                code, words = _status(root)
                if code not in {OK, MORE}:
                    raise StatementUnavailable(f"{code} {words}")
                page = [_entry(one) for one in root.iter("b2e0035-rs")]
                found.extend(page)
                if code == OK or not page:
                    return found
        except Unanswered as silence:
            raise StatementUnavailable(str(silence)) from silence

    def _sign_in(self) -> str:
        request = ET.Element("b2e0001-rq")
        ET.SubElement(request, "oprpwd").text = self._access.password
        root = self._call("b2e0001", [request], "")
        token = root.findtext(".//token", "")
        if _status(root)[0] != OK or not token:
            raise Unanswered("sign-in refused")
        return token

    def _order(self, one: Transfer, on: dt.date) -> ET.Element:
        request = ET.Element("b2e0009-rq")
        ET.SubElement(request, "insid").text = one.insid
        payer = ET.SubElement(request, "fractn")
        ET.SubElement(payer, "fribkn").text = self._access.pool_bank
        ET.SubElement(payer, "actacn").text = self._access.pool_account
        payee = ET.SubElement(request, "toactn")
        ET.SubElement(payee, "toibkn").text = one.cnaps
        ET.SubElement(payee, "tobknm").text = one.branch
        ET.SubElement(payee, "actacn").text = one.number
        ET.SubElement(payee, "toname").text = one.name
        ET.SubElement(request, "trnamt").text = f"{Decimal(one.amount_fen) / 100:.2f}"
        ET.SubElement(request, "trncur").text = "CNY"
        ET.SubElement(request, "furinfo").text = one.purpose.replace("|", " ")[:200]
        ET.SubElement(request, "trfdate").text = f"{on:%Y%m%d}"
        return request

    def _page(self, first: dt.date, last: dt.date, *, begin: int) -> ET.Element:
        request = ET.Element("b2e0035-rq")
        ET.SubElement(request, "ibknum").text = self._access.pool_bank
        ET.SubElement(request, "actacn").text = self._access.pool_account
        scope = ET.SubElement(request, "datescope")
        ET.SubElement(scope, "from").text = f"{first:%Y%m%d}"
        ET.SubElement(scope, "to").text = f"{last:%Y%m%d}"
        ET.SubElement(request, "begnum").text = str(begin)
        ET.SubElement(request, "recnum").text = str(PAGE)
        return request

    def _call(self, code: str, body: Sequence[ET.Element], token: str) -> ET.Element:
        document = ET.Element("bocb2e", version="120", security="true", locale="zh_CN")
        head = ET.SubElement(document, "head")
        for name, value in (
            ("termid", self._access.terminal),
            ("custid", self._access.customer),
            ("cusopr", self._access.operator),
            ("trncod", code),
            ("token", token),
        ):
            ET.SubElement(head, name).text = value
        ET.SubElement(ET.SubElement(document, "trans"), f"trn-{code}-rq").extend(body)
        try:
            reply = self._session.post(
                self._url,
                data=ET.tostring(document, encoding="utf-8", xml_declaration=True),
                headers={"Content-Type": "text/xml; charset=utf-8"},
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
        except requests.RequestException as lost:
            raise Unanswered(type(lost).__name__) from lost
        if reply.status_code != requests.codes.ok or len(reply.content) > ANSWER_LIMIT:
            raise Unanswered(f"HTTP {reply.status_code}")
        return _read(reply.content, code)


def _read(content: bytes, code: str) -> ET.Element:
    try:
        root: ET.Element = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as broken:
        raise Unanswered("not well formed") from broken
    answer = root.find(f"trans/trn-{code}-rs")
    if answer is None:
        raise Unanswered(f"no {code} in the answer")
    return answer


def _status(element: ET.Element) -> tuple[str, str]:
    return (
        element.findtext("status/rspcod", "").strip().upper(),
        element.findtext("status/rspmsg", "").strip(),
    )


def _by_number(root: ET.Element, code: str, wanted: Mapping[str, Answer]) -> dict[str, Answer]:
    """What the answer says of the instructions that were asked about, and of no others."""
    found: dict[str, Answer] = {}
    for one in root.iter(f"{code}-rs"):
        insid = one.findtext("insid", "").strip()
        if insid in wanted:
            found[insid] = _answer(one)
    return found


def _answer(one: ET.Element) -> Answer:
    code, words = _status(one)
    unlisted = Verdict.REJECTED if code in _REFUSALS else Verdict.UNKNOWN
    verdict = _VERDICTS.get(code, unlisted)
    return Answer(verdict, one.findtext("obssid", "").strip()[:32], code[:12], words[:120])


def _entry(one: ET.Element) -> Entry:
    """A line of the statement; one that cannot be read stops the page, so nothing is skipped."""
    amount = one.findtext("txnamt", "").strip()
    serial = one.findtext("vchnum", "").strip()
    day = one.findtext("txndate", "").strip()
    if not (_AMOUNT.fullmatch(amount) and _DAY.fullmatch(day) and serial):
        raise StatementUnavailable(f"a line cannot be read: {serial or '?'} {day} {amount}")
    return Entry(
        serial=serial[:40],
        booked_on=dt.date.fromisoformat(f"{day[:4]}-{day[4:6]}-{day[6:]}"),
        amount_fen=int(Decimal(amount) * 100),
        insid=one.findtext("insid", "").strip()[:12],
        counterparty=one.findtext("toname", "").strip()[:120],
        summary=one.findtext("furinfo", "").strip()[:120],
    )
