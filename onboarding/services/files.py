"""What a roster says lies in the unit's storage, packed and sealed under the unit's key."""

from __future__ import annotations

import zlib
from typing import Final

from kernel.crypto import unit_cipher
from kernel.storage import unit_files

_LEVEL: Final = 1


def keep(kind: str, content: bytes) -> str:
    """Seals and stores ``content`` for the unit in force; returns the key for the row."""
    packed = zlib.compress(content, _LEVEL)
    sealed = unit_cipher().seal_bytes(packed, column=f"roster.{kind}")
    return unit_files().save(f"{kind}.sealed", sealed)


def read(kind: str, key: str) -> bytes:
    """The content; a file of another unit or of another kind cannot be opened."""
    packed = unit_cipher().open_bytes(unit_files().read(key), column=f"roster.{kind}")
    return zlib.decompress(packed)


def drop(*keys: str) -> None:
    """Deletes files that are no longer needed; blanks are passed over."""
    for key in filter(None, keys):
        unit_files().delete(key)
