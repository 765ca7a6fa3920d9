"""Files of a unit and files of the platform, each under its own prefix.

A unit's key begins with ``units/<its id>/`` and is refused anywhere else, so that a key taken
from another unit's row or from a request reads nothing.
"""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO
from uuid import UUID

from django.core.files.base import ContentFile, File
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
        return default_storage.save(self._new_key(name), ContentFile(content))

    def save_stream(self, name: str, stream: BinaryIO) -> str:
        """``save`` for what is too large to be held in memory."""
        return default_storage.save(self._new_key(name), File(stream))

    def put_back(self, key: str, stream: BinaryIO) -> bool:
        """Stores a file under the key that rows already name; False when it is there.

        Keys are random and their files never change, so what is there is the same file.
        """
        self._check(key)
        if default_storage.exists(key):
            return False
        default_storage.save(key, File(stream))
        return True

    def read(self, key: str) -> bytes:
        """The content; raises ForeignFile for a key of another scope or a missing file."""
        self._check(key)
        try:
            with default_storage.open(key, "rb") as stream:
                content: bytes = stream.read()
        except FileNotFoundError as missing:
            raise ForeignFile from missing
        return content

    @contextmanager
    def reading(self, key: str) -> Iterator[BinaryIO]:
        """The content as a stream; raises ForeignFile as ``read`` does."""
        self._check(key)
        try:
            stream: Any = default_storage.open(key, "rb")
        except FileNotFoundError as missing:
            raise ForeignFile from missing
        with stream:
            yield stream

    def keys(self) -> list[str]:
        """Every file under the prefix, sorted."""
        return sorted(_below(self._prefix().rstrip("/")))

    def delete(self, key: str) -> None:
        self._check(key)
        default_storage.delete(key)

    def _new_key(self, name: str) -> str:
        return f"{self._prefix()}{secrets.token_hex(12)}-{_UNSAFE.sub('_', name)[-60:]}"

    def _check(self, key: str) -> None:
        if not key.startswith(self._prefix()) or ".." in key:
            raise ForeignFile


def _below(folder: str) -> Iterator[str]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}/{name}" for name in files)
    for name in folders:
        yield from _below(f"{folder}/{name}")


def unit_files() -> Files:
    """Files of the unit in force at each call; raises NoUnit outside one."""
    return Files(lambda: f"units/{current_unit_id()}/")


def shared_files() -> Files:
    """Files of the platform itself."""
    return Files(lambda: "shared/")


def archive_files(unit_id: UUID) -> Files:
    """Backups and exports of one unit.  They lie outside the unit's own files, so that an archive
    never holds another one, and nobody in the unit reads them by a key.
    """
    return Files(lambda: f"archives/{unit_id}/")


def sizes() -> dict[UUID, int]:
    """Bytes of the files of every unit that has any; archives are the platform's, not theirs."""
    found: Counter[UUID] = Counter()
    for key, size in _measured("units"):
        found[UUID(key.split("/")[1])] += size
    return dict(found)


def _measured(folder: str) -> Iterator[tuple[str, int]]:
    bucket = getattr(default_storage, "bucket", None)
    if bucket is not None:  # S3 tells keys with sizes, a thousand at a time, over all folders
        for stored in bucket.objects.filter(Prefix=f"{folder}/"):
            yield stored.key, stored.size
        return
    for key in _below(folder):
        with suppress(FileNotFoundError):  # tidied away since it was listed
            yield key, default_storage.size(key)


def erase(unit_id: UUID) -> int:
    """Deletes every file and archive of a unit that is closed; returns how many there were."""
    keys = [*_below(f"units/{unit_id}"), *_below(f"archives/{unit_id}")]
    for key in keys:
        default_storage.delete(key)
    return len(keys)


def held(unit_id: UUID) -> int:
    """How many files and archives of a unit there are."""
    return sum(1 for root in ("units", "archives") for _ in _below(f"{root}/{unit_id}"))
