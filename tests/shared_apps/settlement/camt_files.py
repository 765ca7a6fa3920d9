"""Bank statements in camt.053, of rows that a test names."""

from __future__ import annotations

import datetime as dt
from xml.sax.saxutils import escape

SPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
FIRST = dt.date(2026, 11, 1)
LAST = dt.date(2026, 11, 30)


def yuan(fen: int) -> str:
    return f"{abs(fen) // 100}.{abs(fen) % 100:02d}"


def _amount(fen: int) -> str:
    sign = "DBIT" if fen < 0 else "CRDT"
    return f'<Amt Ccy="CNY">{yuan(fen)}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'


def entry(key: str, fen: int, on: dt.date = LAST, *, reference: str = "", summary: str = "") -> str:
    end = f"<Refs><EndToEndId>{reference}</EndToEndId></Refs>" if reference else ""
    party = "Cdtr" if fen < 0 else "Dbtr"
    return (
        f"<Ntry>{_amount(fen)}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{on}</Dt></BookgDt>"
        f"<AcctSvcrRef>{key}</AcctSvcrRef><NtryDtls><TxDtls>{end}<RltdPties><{party}><Pty>"
        f"<Nm>甲 &amp; 乙</Nm></Pty></{party}></RltdPties><RmtInf><Ustrd>{escape(summary)}</Ustrd>"
        "</RmtInf></TxDtls></NtryDtls></Ntry>"
    )


def balance(code: str, fen: int, on: dt.date) -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount(fen)}"
        f"<Dt><Dt>{on}</Dt></Dt></Bal>"
    )


def statement(
    number: str,
    opening: int,
    entries: list[tuple[int, str]],
    *,
    first=FIRST,
    last=LAST,
    closing=None,
) -> bytes:
    """``entries`` are pairs of fen and the entry's text."""
    closing = opening + sum(fen for fen, _ in entries) if closing is None else closing
    return wrapped(
        f"<Stmt><Id>S1</Id><FrToDt><FrDtTm>{first}T00:00:00+08:00</FrDtTm>"
        f"<ToDtTm>{last}T23:59:59+08:00</ToDtTm></FrToDt>"
        f"<Acct><Id><Othr><Id>{number}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>"
        f"{balance('OPBD', opening, first)}{balance('CLBD', closing, last)}"
        f"{''.join(text for _, text in entries)}</Stmt>"
    )


def wrapped(statements: str, *, head: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<Document xmlns="{SPACE}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>M1</MsgId></GrpHdr>{statements}</BkToCstmrStmt></Document>"
    ).encode()
