"""The bank's answers: small XML documents of a header and one transaction or several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

ANSWER_LIMIT: Final = 256 * 1024


class Unreadable(Exception):
    """Not an answer of the gateway."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Header fields by name, and the transactions of the body, each by name."""

    header: Mapping[str, str]
    transactions: tuple[Mapping[str, str], ...]

    def about(self, **wanted: str) -> Mapping[str, str] | None:
        """The only transaction with these values; raises ValueError when there are several."""
        found = [
            one
            for one in self.transactions
            if all(one.get(name) == value for name, value in wanted.items())
        ]
        if len(found) > 1:
            raise ValueError("the answer tells of one thing twice")
        return found[0] if found else None

    def one(self) -> Mapping[str, str]:
        """The only transaction; raises ValueError for none or several."""
        [transaction] = self.transactions
        return transaction


def answer_of(body: bytes) -> Answer:
    """Read an answer; raises Unreadable for anything else, entities and document types included."""
    if len(body) > ANSWER_LIMIT:
        raise Unreadable
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, LookupError, ValueError):
        raise Unreadable from None
    header = root.find("header")
    if header is None:
        raise Unreadable
    return Answer(_fields(header), tuple(_fields(one) for one in root.findall("body/orderTrans")))


def _fields(parent: Element) -> Mapping[str, str]:
    names = [child.tag for child in parent]
    if len(set(names)) != len(names):
        raise Unreadable
    return {child.tag: (child.text or "").strip() for child in parent}
