"""What cells say to one another: canonical JSON under a key that only the two of them have.

A letter names the cell, its moment and a nonce; the answer is signed over the nonce, so that no
old answer passes for a new one.  The control cell answers under the key that the letter was
signed with: while a key is changed, it knows the old one and the new one (deploy/cells.md).
"""

from __future__ import annotations

import datetime as dt
import hmac
import json
import secrets
import zlib
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings

from kernel.crypto import Cipher
from kernel.errors import Conflict, Forbidden, Invalid

CLOCK: Final = dt.timedelta(minutes=5)
"""How far the moment of a letter may be from ours."""
LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a letter when it is unpacked."""


class LetterUnsigned(Forbidden):
    """No such cell, or not its key: the two look the same from outside."""

    code = "cell_signature"
    sentence = "来信的签名不对，没有处理。"


class LetterUntimely(Conflict):
    code = "cell_clock"
    sentence = "来信的时间与本机相差超过 5 分钟，没有处理。请校准两边的时钟。"


class LetterMalformed(Invalid):
    code = "cell_letter"
    sentence = "来信无法识别，没有处理。"


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that was checked; ``key`` is the one it was signed with."""

    cell: str
    at: dt.datetime
    nonce: str
    said: dict[str, Any]
    key: bytes


def keys_of(cell: str) -> tuple[bytes, ...]:
    """The keys shared with a cell, the one to sign with first; none for a stranger."""
    found: tuple[bytes, ...] = settings.CELL_KEYS.get(cell, ())
    return found


def canonical(said: dict[str, Any]) -> bytes:
    """The bytes that are signed: sorted keys, no spaces, UTF-8."""
    return json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def signed(content: bytes, *, cell: str, key: bytes, purpose: str) -> str:
    """HMAC-SM3 under a key derived from the shared one for this cell and purpose."""
    return Cipher(f"cell:{cell}", key).signature(content, purpose=purpose).hex()


def is_signed(content: bytes, signature: str, *, cell: str, key: bytes, purpose: str) -> bool:
    wanted = signed(content, cell=cell, key=key, purpose=purpose)
    return hmac.compare_digest(wanted.encode(), signature.encode())


def write(said: dict[str, Any], *, now: dt.datetime) -> tuple[bytes, str, str]:
    """A letter of this cell to the control cell: (bytes, signature, nonce)."""
    nonce = secrets.token_hex(16)
    content = canonical(
        {"cell": settings.CELL, "at": now.isoformat(), "nonce": nonce, "said": said}
    )
    (key, *_) = keys_of(settings.CELL)
    return content, signed(content, cell=settings.CELL, key=key, purpose="letter"), nonce


def read(packed: bytes, signature: str, *, cell: str, now: dt.datetime) -> Letter:
    """A letter that came here.  Nothing of it is looked at before its signature is right.

    Raises LetterUnsigned, LetterMalformed, LetterUntimely.
    """
    content = unpacked(packed)
    for key in keys_of(cell):
        if is_signed(content, signature, cell=cell, key=key, purpose="letter"):
            break
    else:
        raise LetterUnsigned
    try:
        given = json.loads(content)
        letter = Letter(
            given["cell"], dt.datetime.fromisoformat(given["at"]), given["nonce"], given["said"],
            key,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as broken:
        raise LetterMalformed from broken
    if letter.cell != cell:
        raise LetterUnsigned
    if abs(now - letter.at) > CLOCK:
        raise LetterUntimely
    return letter


def answer(letter: Letter, said: dict[str, Any]) -> tuple[bytes, str]:
    """The answer to a letter with its signature."""
    content = canonical({"nonce": letter.nonce, "said": said})
    return content, signed(content, cell=letter.cell, key=letter.key, purpose="answer")


def opened_answer(content: bytes, signature: str, *, nonce: str) -> dict[str, Any]:
    """What the control cell answered to this cell's letter; raises LetterUnsigned."""
    own = settings.CELL
    for key in keys_of(own):
        if is_signed(content, signature, cell=own, key=key, purpose="answer"):
            given = json.loads(content)
            if given["nonce"] == nonce:
                said: dict[str, Any] = given["said"]
                return said
    raise LetterUnsigned


def packed(content: bytes) -> bytes:
    return zlib.compress(content, 6)


def unpacked(content: bytes) -> bytes:
    """Raises LetterMalformed for what is no letter or would be larger than LARGEST."""
    stream = zlib.decompressobj()
    try:
        found = stream.decompress(content, LARGEST)
    except zlib.error as broken:
        raise LetterMalformed from broken
    if stream.unconsumed_tail or not stream.eof:
        raise LetterMalformed
    return found
