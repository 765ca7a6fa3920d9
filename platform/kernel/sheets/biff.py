"""Guard of the old binary .xls: reads the compound file and the headers of its records.

Only what is needed to refuse: which program wrote the container, whether the stream is
encrypted, whether it refers to other workbooks, and how far its cells reach.
"""

from __future__ import annotations

import struct

from .errors import (
    BrokenFile,
    EncryptedWorkbook,
    ExternalLinks,
    TooManyRows,
    UnknownFormat,
)
from .limits import Limits

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END_OF_CHAIN = 0xFFFFFFFA
_FILEPASS, _SUPBOOK, _EOF = 0x2F, 0x1AE, 0x0A
_OWN_BOOK, _ADD_IN = 0x0401, 0x3A01
_CELLS = frozenset({0x06, 0x0203, 0x0204, 0x0205, 0x027E, 0x00FD, 0x00BD, 0x00D6})
_OTHERS = {
    "WordDocument": "Word 文档",
    "PowerPoint Document": "演示文稿",
    "HwpSummaryInformation": "HWP 文档",
    "__properties_version1.0": "邮件",
}


def check(content: bytes, *, limits: Limits) -> None:
    """Raises the refusal that applies to this compound file, if any."""
    try:
        streams = _directory(content)
        if "EncryptedPackage" in streams:
            raise EncryptedWorkbook
        for name, found in _OTHERS.items():
            if name in streams:
                raise UnknownFormat(found=found)
        place = streams.get("Workbook") or streams.get("Book")
        if place is None:
            raise UnknownFormat(found="其他软件的文件")
        _check_records(_stream(content, *place), limits)
    except (struct.error, IndexError) as broken:
        raise BrokenFile from broken


def _directory(content: bytes) -> dict[str, tuple[int, int]]:
    """Name of each stream -> first sector and size."""
    shift = struct.unpack_from("<H", content, 30)[0]
    if shift not in (9, 12):
        raise BrokenFile
    first = struct.unpack_from("<I", content, 48)[0]
    entries = _chain(content, first)
    streams = {}
    for at in range(0, len(entries) - 127, 128):
        length = struct.unpack_from("<H", entries, at + 64)[0]
        if 2 <= length <= 64:
            name = entries[at : at + length - 2].decode("utf-16-le", "replace").strip("\x05\x01")
            start, size = struct.unpack_from("<II", entries, at + 116)
            streams[name] = (start, size)
    return streams


def _chain(content: bytes, first: int) -> bytes:
    """The sectors of one chain, joined; a chain that loops or leaves the file is broken."""
    shift = struct.unpack_from("<H", content, 30)[0]
    size = 1 << shift
    table = _allocation(content, size)
    parts: list[bytes] = []
    sector = first
    while sector < _END_OF_CHAIN:
        if len(parts) > len(table):
            raise BrokenFile
        start = (sector + 1) * size
        if start >= len(content):
            raise BrokenFile
        parts.append(content[start : start + size])
        sector = table[sector]
    return b"".join(parts)


def _allocation(content: bytes, size: int) -> tuple[int, ...]:
    header = list(struct.unpack_from("<109I", content, 76))
    extra, count = struct.unpack_from("<II", content, 68)
    while extra < _END_OF_CHAIN and count > 0:
        block = struct.unpack_from(f"<{size // 4}I", content, (extra + 1) * size)
        header.extend(block[:-1])
        extra, count = block[-1], count - 1
    table: list[int] = []
    for sector in header:
        if sector < _END_OF_CHAIN:
            table.extend(struct.unpack_from(f"<{size // 4}I", content, (sector + 1) * size))
    return tuple(table)


def _stream(content: bytes, first: int, size: int) -> bytes:
    if size < struct.unpack_from("<I", content, 56)[0]:
        raise BrokenFile
    data = _chain(content, first)
    if len(data) < size:
        raise BrokenFile
    return data[:size]


def _check_records(data: bytes, limits: Limits) -> None:
    header = struct.Struct("<HH")
    at, end, row, column = 0, len(data) - 4, 0, 0
    while at <= end:
        kind, length = header.unpack_from(data, at)
        if kind in _CELLS:
            row = max(row, data[at + 4] | data[at + 5] << 8)
            column = max(column, data[at + 6] | data[at + 7] << 8)
        elif kind == _FILEPASS:
            raise EncryptedWorkbook
        elif kind == _SUPBOOK:
            _check_book(data[at + 4 : at + 4 + length])
        elif kind == _EOF:
            if (row + 1) * (column + 1) > limits.area:
                raise TooManyRows(sheet="（.xls）", limit=limits.area // (column + 1))
            row = column = 0
        at += 4 + length


def _check_book(record: bytes) -> None:
    marker = struct.unpack_from("<H", record, 2)[0]
    if marker not in (_OWN_BOOK, _ADD_IN):
        raise ExternalLinks(where="外部工作簿链接")
