"""What the key of an archive is locked with.

A backup's key is sealed under the key of its unit: it is readable as long as the unit's key is
there, and when closing a unit destroys that key every backup becomes unreadable with it.  A
unit's own export is locked with a passphrase that the platform does not keep.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from django.core.exceptions import ObjectDoesNotExist

from kernel.crypto import KeyDestroyed, Unreadable, unit_cipher
from kernel.errors import Invalid
from kernel.unit import Purpose, unit_context
from tenants.archive.refusals import (
    ArchiveDamaged,
    ArchiveKeyGone,
    ArchiveNeedsPassphrase,
    PassphraseNeeded,
    WrongPassphrase,
)

KEY: Final = 16
SHORTEST_PASSPHRASE: Final = 12
_COLUMN: Final = "archive.key"
_COST: Final = 2**15
"""scrypt's n: 32 MB and some 0.1 s for each guess."""
_MOST_COST: Final = 2**20
_NONCE: Final = 12
_TAG: Final = 16


class PassphraseTooShort(Invalid):
    code = "archive_passphrase_short"
    sentence = "归档口令至少需要 {least} 个字符，且不能全部相同。"


@dataclass(frozen=True, slots=True)
class Lock:
    """A fresh key and how it stands, locked, in the header."""

    key: bytes
    shown: dict[str, Any]


def for_unit(unit_id: UUID) -> Lock:
    """A key that only this platform opens, and only while the unit's own key exists."""
    key = os.urandom(KEY)
    with unit_context(unit_id, for_=Purpose.READING):
        sealed = unit_cipher().seal_bytes(key, column=_COLUMN)
    return Lock(key, {"kind": "unit", "sealed": sealed.hex()})


def require_strong(passphrase: str) -> None:
    """Raises PassphraseTooShort."""
    if len(passphrase) < SHORTEST_PASSPHRASE or len(set(passphrase)) == 1:
        raise PassphraseTooShort(least=SHORTEST_PASSPHRASE)


def with_passphrase(passphrase: str) -> Lock:
    """A key for whoever knows the passphrase.  Raises PassphraseTooShort."""
    require_strong(passphrase)
    key, salt, nonce = os.urandom(KEY), os.urandom(16), os.urandom(_NONCE)
    encryptor = Cipher(
        algorithms.SM4(_stretched(passphrase, salt, _COST, 8, 1)), modes.GCM(nonce)
    ).encryptor()
    sealed = nonce + encryptor.update(key) + encryptor.finalize() + encryptor.tag
    shown = {
        "kind": "passphrase", "kdf": "scrypt", "n": _COST, "r": 8, "p": 1,
        "salt": salt.hex(), "sealed": sealed.hex(),
    }  # fmt: skip
    return Lock(key, shown)


def unlock(shown: dict[str, Any], *, unit_id: UUID, passphrase: str = "") -> bytes:
    """The key.  Raises PassphraseNeeded, WrongPassphrase, ArchiveKeyGone, ArchiveDamaged."""
    try:
        sealed = bytes.fromhex(shown["sealed"])
        if shown["kind"] == "unit":
            return _by_unit(sealed, unit_id)
        if shown["kind"] != "passphrase" or not 2 <= shown["n"] <= _MOST_COST:
            raise ArchiveDamaged
        if not passphrase:
            raise PassphraseNeeded
        stretched = _stretched(
            passphrase, bytes.fromhex(shown["salt"]), shown["n"], shown["r"], shown["p"]
        )
    except (KeyError, TypeError, ValueError) as odd:
        raise ArchiveDamaged from odd
    nonce, body, tag = sealed[:_NONCE], sealed[_NONCE:-_TAG], sealed[-_TAG:]
    decryptor = Cipher(algorithms.SM4(stretched), modes.GCM(nonce, tag)).decryptor()
    try:
        return decryptor.update(body) + decryptor.finalize()
    except InvalidTag as wrong:
        raise WrongPassphrase from wrong


def _by_unit(sealed: bytes, unit_id: UUID) -> bytes:
    try:
        with unit_context(unit_id, for_=Purpose.READING):
            return unit_cipher().open_bytes(sealed, column=_COLUMN)
    except ObjectDoesNotExist as elsewhere:
        raise ArchiveNeedsPassphrase from elsewhere
    except (Unreadable, KeyDestroyed) as gone:
        raise ArchiveKeyGone from gone


def _stretched(passphrase: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return Scrypt(salt=salt, length=KEY, n=n, r=r, p=p).derive(passphrase.encode())
