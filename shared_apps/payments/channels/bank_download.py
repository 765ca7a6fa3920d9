"""Fetching a file of the bank's gateway: a signed ticket with a digest, then the file itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

import requests

from shared_apps.payments.channels.bank_answers import Answer
from shared_apps.payments.channels.bank_signature import Verifier
from shared_apps.payments.channels.bank_words import plaintext
from shared_apps.payments.channels.base import ChannelError, Outcome
from shared_apps.payments.channels.bills import BillKind, BillUnreadable, Fetched, demand_digest

PAGE: Final = "GetTicket.do"
DOWNLOAD: Final = "BocnetExpress/Download.do"
TYPES: Final = {BillKind.TRADE: "JY", BillKind.FUND: "QS"}
MOST_BYTES: Final = 1 << 30
NOT_YET: Final = "E00000061"
NONE: Final = "E00000062"
_REFUSED: Final = {"E00000001", "E00000003", "E00000063"}
"""No such merchant, not its signature, no such file: asking again changes nothing."""
_SIGNED: Final = ("merchantNo", "fileType", "fileDate", "fileName", "ticket", "digest")
_SECONDS: Final = (3.05, 60.0)


def asked(mchid: str, kind: BillKind, day: date) -> tuple[dict[str, str], str]:
    """The question's fields and what of them is signed: sorted pairs, joined by a pipe."""
    fields = {"merchantNo": mchid, "fileType": TYPES[kind], "fileDate": f"{day:%Y%m%d}"}
    return fields, "|".join(f"{name}={value}" for name, value in sorted(fields.items()))


def fetched(
    session: requests.Session,
    base: str,
    verifier: Verifier,
    fields: Mapping[str, str],
    answer: Answer | ChannelError,
) -> Fetched:
    """The file that the ticket leads to.  SUCCEEDED without content: nothing moved that day."""
    if isinstance(answer, ChannelError):
        if answer.code == NONE:
            return Fetched(Outcome.SUCCEEDED)
        if answer.code == NOT_YET:
            answer = ChannelError(NOT_YET, "银行尚未生成这一天的文件")
        outcome = Outcome.FAILED if answer.code in _REFUSED else Outcome.PENDING
        return Fetched(outcome, error=answer)
    try:
        facts = _believed(verifier, fields, answer)
        content = _read(session, f"{base}/{DOWNLOAD}", facts["ticket"])
        digest = demand_digest(content, algorithm="SHA1", expected=facts["digest"])
    except (KeyError, ValueError):
        error = ChannelError("UNUSABLE_ANSWER", "渠道的答复缺少必要内容")
    except _Refused as refused:
        error = ChannelError(f"HTTP_{refused}", "下载凭证已失效")
    except requests.RequestException:
        error = ChannelError("NO_CONNECTION", "下载账单时连接中断")
    except BillUnreadable as unreadable:
        error = ChannelError(unreadable.code, unreadable.message)
    else:
        return Fetched(Outcome.SUCCEEDED, content=content, digest=digest)
    return Fetched(Outcome.PENDING, error=error)


class _Refused(Exception):
    """The download answered another status."""


def _believed(verifier: Verifier, fields: Mapping[str, str], answer: Answer) -> Mapping[str, str]:
    """The ticket, if the bank signed it for this very question; raises ValueError otherwise."""
    facts = answer.one()
    if any(facts.get(name) != value for name, value in fields.items()):
        raise ValueError("a ticket for something else")
    if not verifier.is_genuine(plaintext(facts, _SIGNED), facts["signData"]):
        raise ValueError("a ticket of nobody's")
    return facts


def _read(session: requests.Session, url: str, ticket: str) -> bytes:
    answer = session.get(
        url, params={"ticket": ticket}, timeout=_SECONDS, allow_redirects=False, stream=True
    )
    if answer.status_code != requests.codes.ok:
        raise _Refused(answer.status_code)
    parts, size = [], 0
    for part in answer.iter_content(1 << 20):
        size += len(part)
        if size > MOST_BYTES:
            raise _Refused("TOO_LARGE")
        parts.append(part)
    return b"".join(parts)
