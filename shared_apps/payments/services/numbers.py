"""Numbers of orders and refunds: 16 characters that every channel accepts (payments.md 7.1).

`GJ` (a refund: `GR`), then 64 bits in Crockford base32 (milliseconds since 2024, 23 random bits),
then a check character over all before it. Numbers sort by time; a mistyped character is noticed.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

PREFIX = "GJ"
REFUND_PREFIX = "GR"
LENGTH = 16
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
_RANDOM_BITS = 23
_BODY = LENGTH - len(PREFIX) - 1


def new_number(now: datetime, *, prefix: str = PREFIX) -> str:
    """A fresh number; two in one millisecond differ in their random part."""
    milliseconds = int((now - _EPOCH).total_seconds() * 1000)
    value = milliseconds << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
    body = "".join(_ALPHABET[value >> 5 * place & 31] for place in reversed(range(_BODY)))
    return prefix + body + _check(body)


def is_number(text: str) -> bool:
    """Whether the text has the form of an order number and its check character fits."""
    body = text[len(PREFIX) : -1]
    return (
        len(text) == LENGTH
        and text.startswith(PREFIX)
        and all(sign in _ALPHABET for sign in body)
        and text[-1] == _check(body)
    )


def _check(body: str) -> str:
    """Luhn's sum in base 32: catches every single wrong character and most transpositions."""
    total = 0
    for place, sign in enumerate(reversed(body)):
        value = _ALPHABET.index(sign) * (2 if place % 2 == 0 else 1)
        total += value // 32 + value % 32
    return _ALPHABET[-total % 32]
