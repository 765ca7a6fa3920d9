"""CSV as PostgreSQL writes it: an empty field is no value, ``""`` is an empty text.

Python's reader cannot tell the two apart, and an archive must.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

Record = list[str | None]

_FIELD: Final = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\n]*))([,\n])')
_NEEDS_QUOTES: Final = re.compile(r'[",\n\r\\]|^\s|\s$')


def parse(blocks: Iterable[bytes]) -> Iterator[Record]:
    """Records of a CSV that arrives in blocks; raises ValueError where it is not one."""
    record: Record = []
    for line in _whole_lines(blocks):
        at = 0
        while at < len(line):
            found = _FIELD.match(line, at)
            if found is None:
                raise ValueError("not a record")
            quoted, plain, end = found.groups()
            record.append(quoted.replace('""', '"') if quoted is not None else plain or None)
            at = found.end()
            if end == "\n":
                yield record
                record = []
    if record:
        raise ValueError("a record without an end")


def _whole_lines(blocks: Iterable[bytes]) -> Iterator[str]:
    """Pieces that end where a record ends: at a line break outside quotes."""
    waiting = b""
    for block in blocks:
        waiting += block
        cut = len(waiting)
        while (cut := waiting.rfind(b"\n", 0, cut)) >= 0:
            if waiting.count(b'"', 0, cut) % 2 == 0:
                yield waiting[: cut + 1].decode()
                waiting = waiting[cut + 1 :]
                break
    if waiting:
        yield waiting.decode()


def render(record: Record) -> bytes:
    return (",".join(map(_field, record)) + "\n").encode()


def _field(value: str | None) -> str:
    if value is None:
        return ""
    if value == "" or _NEEDS_QUOTES.search(value):
        return '"' + value.replace('"', '""') + '"'
    return value
