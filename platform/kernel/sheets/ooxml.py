"""Guard of .xlsx: walks the archive with running counters before any parser sees it.

The parser lays every sheet out as a full rectangle, so one stray blank in the last column
costs gigabytes.  The walk therefore also finds how far the cells reach, and when they reach
suspiciously far, drops blank cells out there and refuses anything else.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from .errors import (
    BrokenFile,
    EncryptedWorkbook,
    ExternalLinks,
    MacroWorkbook,
    TooManyColumns,
    TooManyRows,
    UnknownFormat,
    ZipBomb,
)
from .limits import Limits

_CHUNK = 1 << 20
_LONGEST_ROW = 1 << 23
_CELL_COLUMN = re.compile(rb'<c r="([A-Z]{2,})')
_ROW = re.compile(rb'<row r="(\d+)"')
_EXTERNAL = re.compile(
    rb"<(?:\w+:)?f\b[^>]*>[^<]*?"
    rb"(?:\[\d+\]|\[[^\]<]*\.(?:xl|et|ods|csv)\w*\]|\bhttps?:|\bfile:|\bftp:|\\\\\w|\|'|\|&apos;"
    rb"|WEBSERVICE\(|RTD\()",
    re.IGNORECASE,
)
_ROW_OR_CELL = re.compile(
    rb"<(?:\w+:)?row\b(?P<row>[^>]*)>"
    rb"|<(?P<tag>(?:\w+:)?c)\b(?P<attributes>[^>]*?)(?:/>|>(?P<content>.*?)</(?P=tag)>)",
    re.DOTALL,
)
_ROW_NUMBER = re.compile(rb'\br="(\d+)"')
_REFERENCE = re.compile(rb'\br="([A-Z]+)(\d+)"')
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|t)\b[^>]*>(.*?)</", re.DOTALL)
_SHARED = re.compile(rb"<(?:\w+:)?si\b[^>]*?(?:/>|>(.*?)</(?:\w+:)?si>)", re.DOTALL)
_KINDS = (
    ("word/", "Word 文档"),
    ("ppt/", "演示文稿"),
    ("xl/workbook.bin", "二进制工作簿（.xlsb）"),
    ("Contents/content.hpf", "HWPX 文档"),
)


@dataclass(slots=True)
class Reach:
    """How far the cells of one sheet go: 1-based row and column, and whether all were seen."""

    row: int = 0
    column: int = 26
    plain: int = 0
    cells: int = 0
    letters: set[bytes] = field(default_factory=set)


def guarded(content: bytes, *, limits: Limits) -> bytes:
    """The workbook, safe to parse, with far blank cells removed; raises the refusals."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_kind(archive)
            if len(archive.infolist()) > limits.members:
                raise ZipBomb
            far = _walk(archive, limits)
            return _pruned(archive, far, limits) if far else content
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as broken:
        raise BrokenFile from broken


def _check_kind(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    for marker, found in _KINDS:
        if any(name.startswith(marker) for name in names):
            raise UnknownFormat(found=found)
    if "mimetype" in names:
        raise UnknownFormat(found="OpenDocument 文件（.ods 等）")
    if "xl/workbook.xml" not in names and "[Content_Types].xml" not in names:
        raise UnknownFormat(found="压缩包")
    if any(info.flag_bits & 1 for info in archive.infolist()):
        raise EncryptedWorkbook
    if any(posixpath.basename(name).lower() == "vbaproject.bin" for name in names):
        raise MacroWorkbook
    if any(name.lower().startswith("xl/externallinks/") for name in names):
        raise ExternalLinks(where="外部工作簿链接")


def _walk(archive: zipfile.ZipFile, limits: Limits) -> list[str]:
    """Unpacks every member once, counting; returns the sheets that reach too far."""
    total, far = 0, []
    for info in archive.infolist():
        is_sheet = _is_sheet(info.filename)
        reach, size, rest = Reach(), 0, b""
        for chunk in _chunks(archive, info):
            size += len(chunk)
            total += len(chunk)
            swollen = size > limits.ratio_from_bytes and size > limits.ratio * info.compress_size
            if total > limits.unpacked_bytes or swollen:
                raise ZipBomb
            if is_sheet:
                rest = _look(rest + chunk, reach, info.filename)
            elif info.filename == "[Content_Types].xml" and b"macroEnabled" in chunk:
                raise MacroWorkbook
        if is_sheet:
            _measure(rest, reach, info.filename)
            if _too_far(reach, limits):
                far.append(info.filename)
    return far


def _chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(info) as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _is_sheet(name: str) -> bool:
    return name.lower().startswith("xl/worksheets/") and name.lower().endswith(".xml")


def _look(window: bytes, reach: Reach, name: str) -> bytes:
    """Measures the whole rows of a window and returns what is left after the last of them."""
    cut = window.rfind(b"row>") + 4
    if cut < 4:
        if len(window) > _LONGEST_ROW:
            raise ZipBomb
        return window
    _measure(window[:cut], reach, name)
    return window[cut:]


def _measure(rows: bytes, reach: Reach, name: str) -> None:
    if (b"f>" in rows or b"<f " in rows) and _EXTERNAL.search(rows):
        raise ExternalLinks(where=f"工作表 {posixpath.basename(name)}")
    reach.letters.update(_CELL_COLUMN.findall(rows))
    reach.cells += rows.count(b"<c ") + rows.count(b"<c>") + rows.count(b"<c/") + rows.count(b":c")
    reach.plain += rows.count(b'<c r="')
    last = _ROW.search(rows, max(0, rows.rfind(b"<row r=")))
    reach.row = max(reach.row, int(last[1]) if last else 0)


def _too_far(reach: Reach, limits: Limits) -> bool:
    """Cells without a plain reference cannot be placed at a glance: look closely at them too."""
    reach.column = max([26, *map(column_number, reach.letters)])
    if reach.plain < reach.cells:
        return True
    return (
        reach.column > limits.columns
        or reach.row > limits.rows
        or reach.row * reach.column > limits.area
    )


def column_number(letters: bytes) -> int:
    """``A`` is 1, ``AA`` is 27."""
    number = 0
    for letter in letters[:8]:
        number = number * 26 + letter - 64
    return number


def _pruned(archive: zipfile.ZipFile, far: list[str], limits: Limits) -> bytes:
    """The same archive with blank cells dropped from the sheets in ``far``."""
    blank = _blank_strings(archive)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        for info in archive.infolist():
            content = archive.read(info)
            if info.filename in far:
                content = _without_blanks(content, blank, info.filename, limits)
            out.writestr(info.filename, content)
    return packed.getvalue()


def _blank_strings(archive: zipfile.ZipFile) -> set[int]:
    if "xl/sharedStrings.xml" not in archive.namelist():
        return set()
    items = _SHARED.findall(archive.read("xl/sharedStrings.xml"))
    return {index for index, item in enumerate(items) if not _visible(item)}


def _visible(content: bytes) -> bool:
    texts = (part.decode("utf-8", "replace") for part in _VALUE.findall(content))
    return any(text.strip() for text in texts)


def _without_blanks(content: bytes, blank: set[int], name: str, limits: Limits) -> bytes:
    seen = Reach(column=0)
    place = [0, 0]

    def keep(found: re.Match[bytes]) -> bytes:
        if found["tag"] is None:
            number = _ROW_NUMBER.search(found["row"])
            place[:] = [int(number[1]) if number else place[0] + 1, 0]
            return found[0]
        reference = _REFERENCE.search(found["attributes"])
        place[1] = column_number(reference[1]) if reference else place[1] + 1
        if not _holds(found, blank):
            return b"" if reference else found[0]
        seen.row, seen.column = max(seen.row, place[0]), max(seen.column, place[1])
        return found[0]

    kept = _ROW_OR_CELL.sub(keep, content)
    if seen.column > limits.columns:
        raise TooManyColumns(sheet=posixpath.basename(name), limit=limits.columns)
    if seen.row > limits.rows or seen.row * seen.column > limits.area:
        raise TooManyRows(sheet=posixpath.basename(name), limit=limits.rows)
    return kept


def _holds(cell: re.Match[bytes], blank: set[int]) -> bool:
    content = cell["content"]
    if not content:
        return False
    if b't="s"' in cell["attributes"]:
        value = _VALUE.search(content)
        return value is not None and value[1].strip().isdigit() and int(value[1]) not in blank
    return _visible(content)
