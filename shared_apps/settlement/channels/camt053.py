"""Bank statements in ISO 20022 (camt.053.001, any version; payments.md 3.4).

Read piece by piece, so that a large file costs no more than its entries.  Document types and with
them every entity are refused, as are files over a limit.  Reading is strict: what is not
understood whole is refused with the entry, the field and the rule, and nothing of it is taken.
Amounts are integer fen; what left the account is negative.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from kernel.errors import Invalid
from kernel.money import yuan
from shared_apps.settlement.channels.base import Entry

MOST_BYTES: Final = 20 * 1024 * 1024
MOST_ENTRIES: Final = 200_000
_SPACE: Final = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.\d\d\}Document")
_AMOUNT: Final = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,2})0{0,3})?")
_DAY: Final = re.compile(r"(20[0-9]{2}-[0-9]{2}-[0-9]{2})(?:T.*)?", re.ASCII)
_KEY: Final = re.compile(r"[0-9A-Za-z_\-/.]{1,35}")
_SIGNS: Final = {"CRDT": 1, "DBIT": -1}
_OPENING: Final = ("OPBD", "PRCD")
_CLOSING: Final = ("CLBD",)
AGAIN: Final = "请从银行重新导出对账单；仍然如此，请联系开户行。"


class StatementUnreadable(Invalid):
    """Any reason for which a statement is not taken."""

    code = "statement_unreadable"
    sentence = "文件不是 camt.053 格式的银行对账单（XML）。" + AGAIN


class StatementTooLarge(StatementUnreadable):
    code = "statement_too_large"
    sentence = "对账单超过 {limit}，请缩短日期范围后重新导出。"


class StatementForbidden(StatementUnreadable):
    code = "statement_forbidden_xml"
    sentence = "文件里有文档类型或实体声明，银行的对账单不含这些内容，已拒绝读取。"


class StatementFieldWrong(StatementUnreadable):
    code = "statement_field"
    sentence = "{place}的「{field}」{rule}。" + AGAIN


class StatementRepeats(StatementUnreadable):
    code = "statement_entry_repeated"
    sentence = "第 {first} 笔与第 {second} 笔的流水号相同（{key}）。" + AGAIN


class StatementNotBalanced(StatementUnreadable):
    code = "statement_not_balanced"
    sentence = (
        "期初余额加各笔发生额是 {found} 元，期末余额写的是 {stated} 元，两者必须相等。" + AGAIN
    )


@dataclass(frozen=True, slots=True)
class Statement:
    """One account over some days; ``number`` is the account's, ``name`` the statement's own."""

    name: str
    number: str
    first_on: dt.date
    last_on: dt.date
    opening_fen: int
    closing_fen: int
    entries: tuple[Entry, ...]


def statement_of(content: bytes) -> Statement:
    """The only statement of a file.  Raises a kind of StatementUnreadable."""
    if len(content) > MOST_BYTES:
        raise StatementTooLarge(limit=f"{MOST_BYTES // 1024 // 1024} MB")
    try:
        return _Reader().read(content)
    except (DefusedXmlException, NotImplementedError):
        raise StatementForbidden from None
    except (ParseError, LookupError, UnicodeError, ValueError):
        raise StatementUnreadable from None


class _Reader:
    """Collects head and entries while the file is parsed."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._places: dict[str, int] = {}
        self._balances: dict[str, tuple[int, dt.date]] = {}
        self._heads: dict[str, str] = {}

    def read(self, content: bytes) -> Statement:
        path: list[str] = []
        statements = 0
        for event, element in iterparse(BytesIO(content), ("start", "end"), forbid_dtd=True):
            if event == "start":
                _demand_document(path, element)
                path.append(_bare(element.tag))
                continue
            path.pop()
            if path == ["Document", "BkToCstmrStmt", "Stmt"]:
                self._take(element)
                element.clear()
            elif path == ["Document", "BkToCstmrStmt"] and _bare(element.tag) == "Stmt":
                statements += 1
        if statements != 1:
            raise StatementFieldWrong(
                place="文件", field="Stmt", rule=f"应有一份对账单，找到 {statements} 份"
            )
        return self._whole()

    def _take(self, element: Any) -> None:
        """A child of the statement that has ended."""
        tag = _bare(element.tag)
        if tag == "Ntry":
            self._enter(element)
        elif tag == "Bal":
            code = _text(element, "Tp", "CdOrPrtry", "Cd")
            if code in (*_OPENING, *_CLOSING):
                day = _day(_first(element, ("Dt", "Dt"), ("Dt", "DtTm")), "余额", "Dt")
                self._balances[code] = (_signed(element, "余额"), day)
        elif tag == "Id":
            self._heads["name"] = (element.text or "").strip()
        elif tag == "Acct":
            number = _first(element, ("Id", "Othr", "Id"), ("Id", "IBAN"))
            self._heads |= {"number": number.replace(" ", ""), "currency": _text(element, "Ccy")}
        elif tag == "FrToDt":
            for end in ("Fr", "To"):
                self._heads[end] = _first(element, (f"{end}DtTm",), (f"{end}Dt",))

    def _enter(self, element: Any) -> None:
        row = len(self._entries) + 1
        place = f"第 {row} 笔"
        if row > MOST_ENTRIES:
            raise StatementTooLarge(limit=f"{MOST_ENTRIES} 笔")
        status = _first(element, ("Sts", "Cd"), ("Sts",))
        if status != "BOOK":
            raise _wrong(place, "Sts", "不是已记账（BOOK）")
        key = _text(element, "AcctSvcrRef") or _text(element, "NtryRef")
        if not _KEY.fullmatch(key):
            raise _wrong(place, "AcctSvcrRef", "不是银行流水号：1 到 35 位字母、数字和 _-/.")
        if key in self._places:
            raise StatementRepeats(first=self._places[key], second=row, key=key)
        self._places[key] = row
        fen = _signed(element, place)
        if fen == 0:
            raise _wrong(place, "Amt", "不能为零")
        details = ("NtryDtls", "TxDtls")
        party = "Cdtr" if fen < 0 else "Dbtr"
        parties = (*details, "RltdPties", party)
        counterparty = _first(element, (*parties, "Pty", "Nm"), (*parties, "Nm"))
        summary = _first(element, (*details, "RmtInf", "Ustrd"), ("AddtlNtryInf",))
        reference = _text(element, *details, "Refs", "EndToEndId")
        booked = _first(element, ("BookgDt", "Dt"), ("BookgDt", "DtTm"))
        self._entries.append(
            Entry(
                serial=key,
                booked_on=_day(booked, place, "BookgDt"),
                amount_fen=fen,
                insid=reference[:12] if reference != "NOTPROVIDED" else "",
                counterparty=counterparty[:120],
                summary=summary[:120],
            )
        )

    def _whole(self) -> Statement:
        currency = self._heads.get("currency", "")
        if currency not in ("", "CNY"):
            raise _wrong("账户", "Ccy", "不是人民币（CNY）")
        if not self._heads.get("number"):
            raise _wrong("账户", "Acct/Id", "没有填写账号")
        opening = self._balance(_OPENING, "OPBD")
        closing = self._balance(_CLOSING, "CLBD")
        first = _day(self._heads.get("Fr") or opening[1].isoformat(), "对账单", "FrDt")
        last = _day(self._heads.get("To") or closing[1].isoformat(), "对账单", "ToDt")
        if first > last:
            raise _wrong("对账单", "FrToDt", "开始日期晚于结束日期")
        for row, one in enumerate(self._entries, 1):
            if not first <= one.booked_on <= last:
                raise _wrong(f"第 {row} 笔", "BookgDt", f"不在 {first} 至 {last} 之间")
        found = opening[0] + sum(one.amount_fen for one in self._entries)
        if found != closing[0]:
            raise StatementNotBalanced(found=yuan(found), stated=yuan(closing[0]))
        return Statement(
            name=self._heads.get("name", "")[:40],
            number=self._heads["number"],
            first_on=first,
            last_on=last,
            opening_fen=opening[0],
            closing_fen=closing[0],
            entries=tuple(self._entries),
        )

    def _balance(self, codes: tuple[str, ...], name: str) -> tuple[int, dt.date]:
        for code in codes:
            if code in self._balances:
                return self._balances[code]
        raise _wrong("余额", name, "没有填写")


def _demand_document(path: list[str], element: Any) -> None:
    if not path and not _SPACE.fullmatch(element.tag):
        raise StatementUnreadable


def _bare(tag: str) -> str:
    return tag.rpartition("}")[2]


def _find(element: Any, path: tuple[str, ...]) -> Any:
    """The first descendant by names without their space, None where there is none."""
    for name in path:
        element = next((child for child in element if _bare(child.tag) == name), None)
        if element is None:
            return None
    return element


def _text(element: Any, *path: str) -> str:
    found = _find(element, path)
    return "" if found is None else (found.text or "").strip()


def _first(element: Any, *paths: tuple[str, ...]) -> str:
    """The text at the first of these places that has one."""
    return next((text for path in paths if (text := _text(element, *path))), "")


def _signed(element: Any, place: str) -> int:
    amount = _find(element, ("Amt",))
    if amount is None or amount.get("Ccy") != "CNY":
        raise _wrong(place, "Amt", "不是人民币（CNY）金额")
    found = _AMOUNT.fullmatch((amount.text or "").strip())
    if found is None or not found[0].isascii():
        raise _wrong(place, "Amt", "不是金额：只能是数字，最多两位小数")
    sign = _SIGNS.get(_text(element, "CdtDbtInd"))
    if sign is None:
        raise _wrong(place, "CdtDbtInd", "不是 CRDT 或 DBIT")
    return sign * (int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")))


def _day(text: str, place: str, field: str) -> dt.date:
    found = _DAY.fullmatch(text)
    try:
        return dt.date.fromisoformat(found[1] if found else "")
    except ValueError:
        raise _wrong(place, field, "不是日期：应为 2026-11-30 的格式") from None


def _wrong(place: str, field: str, rule: str) -> StatementFieldWrong:
    return StatementFieldWrong(place=place, field=field, rule=rule)
