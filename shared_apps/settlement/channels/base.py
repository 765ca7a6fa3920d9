"""What the bank's front machine is to us: three questions and typed answers.  Amounts are fen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Verdict(StrEnum):
    """What is certain about an instruction.

    PROCESSING and ACCEPTED: the bank has it and will or did carry it out; the money has arrived
    only when the statement says so.  REJECTED: it will not.  ABSENT: the bank does not know it, so
    it may be sent again under the same number.  UNKNOWN: nothing may be concluded.
    """

    ACCEPTED = "accepted"
    PROCESSING = "processing"
    REJECTED = "rejected"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Transfer:
    """An instruction as the bank needs it; ``insid`` is ours and never used twice."""

    insid: str
    amount_fen: int
    bank: str
    cnaps: str
    branch: str
    number: str
    name: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Answer:
    """``obssid`` is the bank's number, ``code`` and ``words`` its own."""

    verdict: Verdict
    obssid: str = ""
    code: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement line; what went out is negative."""

    serial: str
    booked_on: dt.date
    amount_fen: int
    insid: str
    counterparty: str
    summary: str


class StatementUnavailable(Exception):
    """The statement could not be read to its end; ask again later."""


class Front(Protocol):
    """A front machine, signed in by itself."""

    batch_size: int

    def send(self, transfers: Sequence[Transfer], *, on: dt.date) -> Mapping[str, Answer]:
        """An answer for every instruction, UNKNOWN where the bank's is not clear."""
        ...

    def ask(self, insids: Sequence[str]) -> Mapping[str, Answer]:
        """Where instructions stand; an answer for every one."""
        ...

    def statement(self, first: dt.date, last: dt.date) -> list[Entry]:
        """The pool's lines of those days, all of them or StatementUnavailable."""
        ...
