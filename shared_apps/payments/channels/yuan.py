"""Sums as channels write them: yuan with at most two decimals. Inside there is only fen."""

from __future__ import annotations

import re
from typing import Final

_YUAN: Final = re.compile(r"(0|[1-9][0-9]{0,10})(?:\.([0-9]{1,2}))?")


def yuan_of(fen: int) -> str:
    """3600 -> ``36.00``."""
    return f"{fen // 100}.{fen % 100:02d}"


def fen_of(text: object) -> int:
    """A sum above nothing, to the fen. Raises ValueError for signs, exponents, more than two
    decimals, digits of another script, and anything that is no text.
    """
    match = _YUAN.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("not a sum in yuan")
    fen = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    if fen == 0:
        raise ValueError("a sum of nothing")
    return fen
