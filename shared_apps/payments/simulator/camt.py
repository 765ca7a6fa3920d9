"""The simulated bank's statement in ISO 20022: camt.053.001.08, what was printed over some days."""

from __future__ import annotations

from datetime import date
from typing import Final
from xml.etree import ElementTree as ET

from shared_apps.payments.simulator.bill_days import yuan
from shared_apps.payments.simulator.front_books import FrontBooks, Shown

SPACE: Final = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"


def statement(books: FrontBooks, account: str, first: date, last: date) -> str:
    """The document, balances of the beginning and the end included."""
    entries = books.entries(first, last)
    opening = books.balance_before(first)
    root = ET.Element("Document", xmlns=SPACE)
    message = ET.SubElement(root, "BkToCstmrStmt")
    _add(_add(message, "GrpHdr"), "MsgId", f"M{first:%Y%m%d}{last:%Y%m%d}")
    told = _add(message, "Stmt")
    _add(told, "Id", f"S{first:%Y%m%d}{last:%Y%m%d}")
    days = _add(told, "FrToDt")
    _add(days, "FrDtTm", f"{first}T00:00:00+08:00")
    _add(days, "ToDtTm", f"{last}T23:59:59+08:00")
    owned = _add(told, "Acct")
    _add(_add(_add(owned, "Id"), "Othr"), "Id", account)
    _add(owned, "Ccy", "CNY")
    _balance(told, "OPBD", opening, first)
    _balance(told, "CLBD", opening + sum(one.amount_fen for one in entries), last)
    for one in entries:
        _entry(told, one)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _balance(parent: ET.Element, code: str, fen: int, on: date) -> None:
    balance = _add(parent, "Bal")
    _add(_add(_add(balance, "Tp"), "CdOrPrtry"), "Cd", code)
    _amount(balance, fen)
    _add(_add(balance, "Dt"), "Dt", str(on))


def _entry(parent: ET.Element, one: Shown) -> None:
    entry = _add(parent, "Ntry")
    _amount(entry, one.amount_fen)
    _add(_add(entry, "Sts"), "Cd", "BOOK")
    _add(_add(entry, "BookgDt"), "Dt", one.day)
    _add(entry, "AcctSvcrRef", one.serial)
    details = _add(_add(entry, "NtryDtls"), "TxDtls")
    _add(_add(details, "Refs"), "EndToEndId", one.insid or "NOTPROVIDED")
    party = _add(_add(details, "RltdPties"), "Cdtr" if one.amount_fen < 0 else "Dbtr")
    _add(_add(party, "Pty"), "Nm", one.name)
    _add(_add(details, "RmtInf"), "Ustrd", one.summary)


def _amount(parent: ET.Element, fen: int) -> None:
    amount = _add(parent, "Amt", yuan(abs(fen)))
    amount.set("Ccy", "CNY")
    _add(parent, "CdtDbtInd", "DBIT" if fen < 0 else "CRDT")


def _add(parent: ET.Element, name: str, text: str = "") -> ET.Element:
    child = ET.SubElement(parent, name)
    child.text = text or None
    return child
