"""Files of Alipay's bills: a zip of CSV in GBK with banners, and values padded with tabs."""

from __future__ import annotations

import codecs
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Final

from shared_apps.payments.channels.bills import (
    BillArchiveWrong,
    BillEncodingWrong,
    BillFieldWrong,
    BillTruncated,
)

MOST_BYTES: Final = 1 << 30
"""So large may a file be when it is unpacked."""


def unpacked(content: bytes, *, detail: str, summary: str) -> dict[str, bytes]:
    """Both files by the end of their names, which are written in GBK."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            found = {}
            for entry in archive.infolist():
                ending = next((end for end in (summary, detail) if _ends(entry, end)), None)
                if ending is None:
                    continue
                if entry.file_size > MOST_BYTES:
                    raise BillArchiveWrong(reason="解开后超过 1 GB")
                found[ending] = archive.read(entry)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError):
        raise BillArchiveWrong(reason="已损坏或不是 ZIP 格式") from None
    except ValueError:
        raise BillArchiveWrong(reason="已损坏") from None
    for ending in (detail, summary):
        if ending not in found:
            raise BillArchiveWrong(reason=f"里没有「{ending}」")
    return found


def _ends(entry: zipfile.ZipInfo, ending: str) -> bool:
    if entry.flag_bits & 0x800:
        return entry.filename.endswith(ending)
    try:
        return entry.filename.encode("cp437").decode("gbk").endswith(ending)
    except UnicodeError:
        return False


def rows_of(
    content: bytes, *, mchid: str = "", ending: str = ""
) -> Iterator[tuple[int, list[bytes]]]:
    """Rows that are no banners, values without their padding.  A file must say that it is
    ``mchid``'s before its first row, where that is asked, and without its last banner it is not
    whole.
    """
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        text = content.decode("gbk")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise BillEncodingWrong(encoding="GBK", row=row) from None
    has_ended, is_ours = not ending, not mchid
    for row, line in enumerate(text.splitlines(), 1):
        if line.startswith("#"):
            has_ended = has_ended or ending in line
            is_ours = is_ours or line.startswith(f"#账号：[{mchid}")
        elif line.strip():
            if not is_ours:
                raise BillFieldWrong(row=row, field="账号", rule="不是本账户的支付宝账号")
            yield row, [value.strip("\t ").encode() for value in line.split(",")]
    if not has_ended:
        raise BillTruncated(missing=f"「{ending}」一行")


def names_of(values: list[bytes]) -> list[str]:
    """A header's names."""
    return [value.decode() for value in values]
