"""The plain content: a ZIP whose bytes depend on nothing but what is in it.

Entries carry no time, no owner and no order of their own; ``manifest.json`` comes last and names
the SM3, the size and, for tables, the rows of every other entry.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, Final, cast

from tenants.archive.envelope import FORMAT, canonical, sm3
from tenants.archive.refusals import ArchiveDamaged, ArchiveTooNew

MANIFEST: Final = "manifest.json"
SCHEMA: Final = "schema.json"
_NO_TIME: Final = (1980, 1, 1, 0, 0, 0)
_BLOCK: Final = 1 << 18


class Entry:
    """An entry being written: counts and digests what goes in."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._digest, self.size = stream, sm3(), 0

    def write(self, content: bytes) -> None:
        self._stream.write(content)
        self._digest.update(content)
        self.size += len(content)

    def facts(self) -> dict[str, Any]:
        return {"bytes": self.size, "sm3": self._digest.finalize().hex()}


class Container:
    """The ZIP being written; ``close`` adds the manifest."""

    def __init__(self, target: Any, **about: Any) -> None:
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED)
        self.manifest: dict[str, Any] = {"format": FORMAT, **about, "entries": {}}

    @contextmanager
    def entry(self, name: str, **about: Any) -> Iterator[Entry]:
        """One entry; ``about`` may be filled in while it is written."""
        with self._zip.open(_info(name), "w", force_zip64=True) as stream:
            entry = Entry(stream)
            yield entry
        self.manifest["entries"][name] = {**entry.facts(), **about}

    def note(self, name: str, **about: Any) -> None:
        self.manifest["entries"][name].update(about)

    def add(self, name: str, content: bytes) -> None:
        with self.entry(name) as entry:
            entry.write(content)

    def close(self) -> None:
        self._zip.writestr(_info(MANIFEST), canonical(self.manifest))
        self._zip.close()


class Contents:
    """The ZIP being read.  Every way in which it can be odd is ArchiveDamaged."""

    def __init__(self, source: BinaryIO) -> None:
        self.source = source
        with _odd_is_damaged():
            self._zip = zipfile.ZipFile(source)
            self.manifest: dict[str, Any] = json.loads(self._zip.read(MANIFEST))
            self.entries: dict[str, dict[str, Any]] = self.manifest["entries"]
            names = sorted(self._zip.namelist())
            if self.manifest["format"] > FORMAT:
                raise ArchiveTooNew(version=f"格式 {self.manifest['format']}")
            if names != sorted([*self.entries, MANIFEST]):
                raise ArchiveDamaged

    def names(self, folder: str) -> list[str]:
        return sorted(name for name in self.entries if name.startswith(folder))

    def blocks(self, name: str) -> Iterator[bytes]:
        """The content of an entry; raises ArchiveDamaged when it is not what was promised."""
        digest, size, promised = sm3(), 0, self.entries[name]
        with _odd_is_damaged(), self._zip.open(name) as stream:
            while block := stream.read(_BLOCK):
                size += len(block)
                digest.update(block)
                if size > promised["bytes"]:
                    raise ArchiveDamaged
                yield block
        if size != promised["bytes"] or digest.finalize().hex() != promised["sm3"]:
            raise ArchiveDamaged

    def read(self, name: str) -> bytes:
        return b"".join(self.blocks(name))

    def stream(self, name: str) -> BinaryIO:
        """An entry as a stream, for what was verified."""
        with _odd_is_damaged():
            return cast("BinaryIO", self._zip.open(name))

    def verify(self) -> None:
        """Reads everything once."""
        for name in self.entries:
            for _ in self.blocks(name):
                pass


def digest_of(blocks: Iterable[bytes]) -> str:
    """The SM3 in hex of what is written again, to be compared with a manifest."""
    digest = sm3()
    for block in blocks:
        digest.update(block)
    return digest.finalize().hex()


@contextmanager
def _odd_is_damaged() -> Iterator[None]:
    try:
        yield
    except (
        zipfile.BadZipFile, zlib.error, KeyError, TypeError, ValueError, EOFError,
        NotImplementedError, RuntimeError,
    ) as odd:  # fmt: skip
        raise ArchiveDamaged from odd


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _NO_TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = 0o600 << 16
    return info
