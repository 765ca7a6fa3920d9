"""The outermost layer: a readable header, encrypted chunks, a signature.

::

    magic 8 | header length 4 (big endian) | header (JSON) | chunk … chunk | signature 64

Every chunk is SM4-GCM over 1 MiB (the last one over what is left, possibly nothing) followed by
its tag of 16 bytes.  The nonce of chunk i is ``prefix 7 | i 4 | is last 1``, so that chunks can be
neither dropped, doubled, reordered nor cut off; the SM3 of everything before the first chunk is
authenticated with each.  The signature is over the SM3 of everything before it.
"""

from __future__ import annotations

import io
import json
import os
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tenants.archive import signature
from tenants.archive.refusals import ArchiveDamaged, ArchiveTooNew, NotAnArchive

MAGIC: Final = b"GJUNIT\r\n"
FORMAT: Final = 1
CHUNK: Final = 1 << 20
_TAG: Final = 16
_LENGTH: Final = struct.Struct(">I")
_LONGEST_HEADER: Final = 64 * 1024


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces: the same value is always the same bytes."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def sm3() -> hashes.Hash:
    return hashes.Hash(hashes.SM3())


def _nonce(prefix: bytes, number: int, *, is_last: bool) -> bytes:
    return prefix + struct.pack(">IB", number, is_last)


class Writer(io.RawIOBase):
    """Encrypts what is written to it into ``target``; ``finish`` writes the signature."""

    def __init__(self, target: BinaryIO, header: dict[str, Any], key: bytes) -> None:
        super().__init__()
        self._target, self._key, self._prefix = target, key, os.urandom(7)
        self._waiting, self._number, self._size = bytearray(), 0, 0
        self._signed = sm3()
        shown = {**header, "format": FORMAT, "cipher": "SM4-GCM", "chunk": CHUNK}
        packed = canonical({**shown, "nonce": self._prefix.hex(), "signer": signature.public_key()})
        head = MAGIC + _LENGTH.pack(len(packed)) + packed
        self._bound_to = _digest(head)
        self._put(head)

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self._waiting += content
        while len(self._waiting) > CHUNK:
            self._encrypt(bytes(self._waiting[:CHUNK]), is_last=False)
            del self._waiting[:CHUNK]
        return len(content)

    def finish(self) -> tuple[str, int]:
        """Writes what is left and the signature; returns the file's SM3 in hex and its size."""
        self._encrypt(bytes(self._waiting), is_last=True)
        whole = self._signed.copy()
        signed = signature.sign(self._signed.finalize())
        self._target.write(signed)
        whole.update(signed)
        return whole.finalize().hex(), self._size + len(signed)

    def _encrypt(self, chunk: bytes, *, is_last: bool) -> None:
        nonce = _nonce(self._prefix, self._number, is_last=is_last)
        encryptor = Cipher(algorithms.SM4(self._key), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(self._bound_to)
        self._put(encryptor.update(chunk) + encryptor.finalize() + encryptor.tag)
        self._number += 1

    def _put(self, content: bytes) -> None:
        self._signed.update(content)
        self._target.write(content)
        self._size += len(content)


class Envelope:
    """An archive file, its header read and nothing believed yet."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self.size = source.seek(0, io.SEEK_END)
        source.seek(0)
        head = source.read(len(MAGIC) + _LENGTH.size)
        if len(head) < len(MAGIC) + _LENGTH.size or not head.startswith(MAGIC):
            raise NotAnArchive
        (length,) = _LENGTH.unpack(head[len(MAGIC) :])
        if length > _LONGEST_HEADER:
            raise NotAnArchive
        packed = source.read(length)
        self.header = _parsed(packed, length)
        self.start = len(head) + length
        self.bound_to = _digest(head + packed)
        self.body = self.size - self.start - signature.SIZE
        if self.body < _TAG:
            raise ArchiveDamaged

    def verify(self, *, trusted: str = "") -> str:
        """Checks the signature over the whole file and returns the file's SM3 in hex.

        Needs no key.  Raises ArchiveDamaged, ArchiveSignedElsewhere.
        """
        digest = sm3()
        self._source.seek(0)
        for block in _blocks(self._source, self.start + self.body):
            digest.update(block)
        whole = digest.copy()
        signed = self._source.read(signature.SIZE + 1)
        whole.update(signed)
        signer = str(self.header.get("signer", ""))
        signature.verify(signed, digest.finalize(), signer=signer, trusted=trusted)
        return whole.finalize().hex()

    def opened(self, key: bytes) -> Opened:
        return Opened(self._source, self, key)


class Opened(io.RawIOBase):
    """The plain content, decrypted chunk by chunk where it is read."""

    def __init__(self, source: BinaryIO, envelope: Envelope, key: bytes) -> None:
        super().__init__()
        self._source, self._envelope, self._key = source, envelope, key
        try:
            self._prefix = bytes.fromhex(envelope.header["nonce"])
            self._chunk = int(envelope.header["chunk"])
        except (KeyError, TypeError, ValueError) as odd:
            raise ArchiveDamaged from odd
        if len(self._prefix) != 7 or not 1 <= self._chunk <= 64 * CHUNK:
            raise ArchiveDamaged
        self._chunks = max(1, -(-envelope.body // (self._chunk + _TAG)))
        self._size = envelope.body - self._chunks * _TAG
        if self._size < 0:
            raise ArchiveDamaged
        self._at, self._held, self._content = 0, -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, target: Any) -> int:
        if self._at >= self._size:
            return 0
        number, offset = divmod(self._at, self._chunk)
        content = self._decrypted(number)[offset : offset + len(target)]
        target[: len(content)] = content
        self._at += len(content)
        return len(content)

    def _decrypted(self, number: int) -> bytes:
        if number == self._held:
            return self._content
        self._source.seek(self._envelope.start + number * (self._chunk + _TAG))
        is_last = number == self._chunks - 1
        length = self._envelope.body - number * (self._chunk + _TAG)
        sealed = self._source.read(length if is_last else self._chunk + _TAG)
        nonce = _nonce(self._prefix, number, is_last=is_last)
        decryptor = Cipher(algorithms.SM4(self._key), modes.GCM(nonce, sealed[-_TAG:])).decryptor()
        decryptor.authenticate_additional_data(self._envelope.bound_to)
        try:
            self._content = decryptor.update(sealed[:-_TAG]) + decryptor.finalize()
        except (InvalidTag, ValueError) as broken:
            raise ArchiveDamaged from broken
        self._held = number
        return self._content


def _parsed(packed: bytes, length: int) -> dict[str, Any]:
    try:
        header = json.loads(packed)
    except ValueError as broken:
        raise NotAnArchive from broken
    if len(packed) < length or not isinstance(header, dict):
        raise NotAnArchive
    version = header.get("format")
    if not isinstance(version, int):
        raise NotAnArchive
    if version > FORMAT:
        raise ArchiveTooNew(version=f"格式 {version}")
    return header


def _digest(content: bytes) -> bytes:
    digest = sm3()
    digest.update(content)
    return digest.finalize()


def _blocks(source: BinaryIO, length: int) -> Iterator[bytes]:
    while length > 0:
        block = source.read(min(length, CHUNK))
        if not block:
            raise ArchiveDamaged
        length -= len(block)
        yield block
