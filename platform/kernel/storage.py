"""Files of a unit and files of the platform, each under its own prefix.

A unit's key begins with ``units/<its id>/`` and is refused anywhere else, so that a key taken
from another unit's row or from a request reads nothing.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from .errors import NotFound
from .unit import current_unit_id

_UNSAFE = re.compile(r"[^0-9A-Za-z._-]+")


class ForeignFile(NotFound):
    code = "file_not_found"
    sentence = "没有找到这份文件，可能已被清理。"


class Files:
    """The files under one prefix; ``save`` returns the key to keep in a row."""

    def __init__(self, prefix: Callable[[], str]) -> None:
        self._prefix = prefix

    def save(self, name: str, content: bytes) -> str:
        """Stores ``content`` under a random name that keeps ``name`` readable."""
        readable = _UNSAFE.sub("_", name)[-60:]
        key = f"{self._prefix()}{secrets.token_hex(12)}-{readable}"
        return default_storage.save(key, ContentFile(content))

    def read(self, key: str) -> bytes:
        """The content; raises ForeignFile for a key of another scope or a missing file."""
        self._check(key)
        try:
            with default_storage.open(key, "rb") as stream:
                content: bytes = stream.read()
        except FileNotFoundError as missing:
            raise ForeignFile from missing
        return content

    def delete(self, key: str) -> None:
        self._check(key)
        default_storage.delete(key)

    def _check(self, key: str) -> None:
        if not key.startswith(self._prefix()) or ".." in key:
            raise ForeignFile


def unit_files() -> Files:
    """Files of the unit in force at each call; raises NoUnit outside one."""
    return Files(lambda: f"units/{current_unit_id()}/")


def shared_files() -> Files:
    """Files of the platform itself."""
    return Files(lambda: "shared/")
