"""Sealing personal data, searching it blind, signing links.

One provider interface: the master key stays outside the database (``MASTER_KEY``).  The keys
of the shared tables are derived from it, those of a unit from a random secret of its own, which
the function named by ``UNIT_SECRETS`` keeps.  A blob, an index or a signature made in one unit says
nothing in another, and nothing at all once the unit's secret is destroyed (architecture 3.14).
SM4-GCM seals, HMAC-SM3 indexes and signs.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import json
import os
import time
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as mac
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.module_loading import import_string

from .errors import Invalid, NotFound
from .unit import current_unit_id, in_unit

_HEADER: Final = b"\x01\x04\x01"
"""Version 1, algorithm 4 (SM4-GCM), key 1: what a later rotation reads first."""
_NONCE: Final = 12
_TAG: Final = 16


class Unreadable(Invalid):
    code = "sealed_value_unreadable"
    sentence = "这条加密信息无法解读，请联系平台运维人员。"


class KeyDestroyed(Invalid):
    """The unit's secret is gone for good: the unit was closed, or never had one."""

    code = "unit_key_destroyed"
    sentence = "该单位已注销，密钥已销毁，加密信息无法再解读。"


class BadLink(NotFound):
    code = "link_invalid"
    sentence = "链接无效或已过期，请重新获取。"


class Cipher:
    """Seals, opens and indexes the values of one scope (a unit, or the shared tables)."""

    def __init__(self, scope: str, secret: bytes) -> None:
        self._scope = scope.encode()
        self._secret = secret
        self._block = algorithms.SM4(self.key("seal", 16))
        self._index_mac = mac.HMAC(self.key("index", 32), hashes.SM3())
        self._signing: dict[str, mac.HMAC] = {}

    def seal(self, text: str, *, column: str) -> bytes:
        """Encrypts ``text``; the scope and the column are authenticated with it."""
        return self.seal_bytes(text.encode(), column=column)

    def seal_bytes(self, content: bytes, *, column: str) -> bytes:
        return self._seal(content, os.urandom(_NONCE), self._bound_to(column))

    def seal_all(self, texts: Sequence[str], *, column: str) -> list[bytes]:
        """``seal`` for a set of rows: as many nonces, in one draw of chance."""
        nonces = os.urandom(_NONCE * len(texts))
        bound_to = self._bound_to(column)
        return [
            self._seal(text.encode(), nonces[at : at + _NONCE], bound_to)
            for text, at in zip(texts, range(0, len(nonces), _NONCE), strict=True)
        ]

    def _seal(self, content: bytes, nonce: bytes, bound_to: bytes) -> bytes:
        encryptor = BlockCipher(self._block, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(bound_to)
        sealed = encryptor.update(content) + encryptor.finalize()
        return _HEADER + nonce + sealed + encryptor.tag

    def open(self, blob: bytes | memoryview, *, column: str) -> str:
        """Decrypts; raises Unreadable for another scope, another column or a changed byte."""
        return self.open_bytes(blob, column=column).decode()

    def open_bytes(self, blob: bytes | memoryview, *, column: str) -> bytes:
        blob = bytes(blob)
        if not blob.startswith(_HEADER) or len(blob) < len(_HEADER) + _NONCE + _TAG:
            raise Unreadable
        start = len(_HEADER) + _NONCE
        nonce, sealed, tag = blob[len(_HEADER) : start], blob[start:-_TAG], blob[-_TAG:]
        decryptor = BlockCipher(self._block, modes.GCM(nonce, tag)).decryptor()
        decryptor.authenticate_additional_data(self._bound_to(column))
        try:
            return decryptor.update(sealed) + decryptor.finalize()
        except InvalidTag as broken:
            raise Unreadable from broken

    def index(self, value: str, *, purpose: str) -> bytes:
        """A blind index: equal values find each other, the value cannot be read back."""
        digest = self._index_mac.copy()
        digest.update(purpose.encode() + b"|" + value.encode())
        return digest.finalize()

    def signature(self, content: bytes, *, purpose: str) -> bytes:
        """Proves that ``content`` was signed in this scope for this purpose, 32 bytes."""
        if purpose not in self._signing:
            self._signing[purpose] = mac.HMAC(self.key(f"sign:{purpose}", 32), hashes.SM3())
        digest = self._signing[purpose].copy()
        digest.update(content)
        return digest.finalize()

    def key(self, purpose: str, length: int) -> bytes:
        """A key of this scope for one purpose (HKDF-SM3)."""
        return HKDF(
            algorithm=hashes.SM3(), length=length, salt=self._scope, info=purpose.encode()
        ).derive(self._secret)

    def _bound_to(self, column: str) -> bytes:
        return self._scope + b"|" + column.encode()


KEPT_SECONDS: Final = 300
"""How long a process works with a unit's keys before it asks again whether they still exist."""
_KEPT_UNITS: Final = 4096
_kept: OrderedDict[UUID, tuple[float, Cipher]] = OrderedDict()


def unit_cipher() -> Cipher:
    """The cipher of the unit in force; raises NoUnit outside one, KeyDestroyed once closed.

    One query per unit and process in KEPT_SECONDS, none in between.
    """
    return _cipher_of(current_unit_id())


def seal_for(unit_id: UUID, text: str, *, column: str) -> bytes:
    """Seals for another unit: only there can it be opened.  Raises KeyDestroyed."""
    return _cipher_of(unit_id).seal(text, column=column)


def _cipher_of(unit_id: UUID) -> Cipher:
    kept = _kept.get(unit_id)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    forget(unit_id)
    cipher = Cipher(str(unit_id), import_string(settings.UNIT_SECRETS)(unit_id))
    _kept[unit_id] = (time.monotonic() + KEPT_SECONDS, cipher)
    while len(_kept) > _KEPT_UNITS:
        _kept.popitem(last=False)
    return cipher


def forget(unit_id: UUID) -> None:
    """Drops a unit's keys from this process."""
    _kept.pop(unit_id, None)


@lru_cache(maxsize=1)
def platform_cipher() -> Cipher:
    """The cipher of shared rows: sign-in identities, channel keys, marks across units."""
    return Cipher("shared", settings.MASTER_KEY)


def digest(content: bytes) -> str:
    """The SM3 digest in hexadecimal, which anybody can compute again."""
    hashed = hashes.Hash(hashes.SM3())
    hashed.update(content)
    return hashed.finalize().hex()


def sign(payload: dict[str, Any], *, purpose: str, now: dt.datetime) -> str:
    """A link-safe token over ``payload``, bound to the unit in force and to ``purpose``."""
    body = json.dumps({**payload, "at": int(now.timestamp())}, separators=(",", ":")).encode()
    packed = base64.urlsafe_b64encode(body).rstrip(b"=")
    return (packed + b"." + _signature(packed, purpose)).decode()


def unsign(token: str, *, purpose: str, now: dt.datetime, max_age: dt.timedelta) -> dict[str, Any]:
    """The payload of ``sign``; raises BadLink for another unit, purpose, age or byte."""
    packed, _, signature = token.encode().partition(b".")
    if not hmac.compare_digest(signature, _signature(packed, purpose)):
        raise BadLink
    payload: dict[str, Any] = json.loads(
        base64.urlsafe_b64decode(packed + b"=" * (-len(packed) % 4))
    )
    if not 0 <= now.timestamp() - payload.pop("at") <= max_age.total_seconds():
        raise BadLink
    return payload


def _signature(packed: bytes, purpose: str) -> bytes:
    cipher = unit_cipher() if in_unit() else platform_cipher()
    signed = cipher.signature(packed, purpose=purpose)
    return base64.urlsafe_b64encode(signed).rstrip(b"=")
