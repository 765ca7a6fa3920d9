"""Scans and documents that people hand in: what may be kept, whatever the room that keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

MOST_BYTES: Final = 20 * 1024 * 1024
_BEGINNINGS: Final = {
    ".pdf": (b"%PDF-",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".docx": (b"PK\x03\x04",),
    ".doc": (b"\xd0\xcf\x11\xe0",),
}
"""What files of a type begin with: a name alone proves nothing."""
ACCEPTED: Final = tuple(_BEGINNINGS)
HINT: Final = f"PDF、Word 或 JPG、PNG 图片，不超过 {MOST_BYTES // 1024 // 1024} MB"
_LONGEST_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came; read at most ``MOST_BYTES + 1`` of it."""

    name: str
    content: bytes

    @property
    def suffix(self) -> str:
        return PurePath(self.name).suffix.lower()

    @property
    def bare_name(self) -> str:
        """Its name without folders, short enough for a column, the ending kept."""
        return PurePath(self.name).name[-_LONGEST_NAME:]


def problem_of(upload: Upload) -> str:
    """Why a file is not kept, as people read it; "" for one that is: of a known type by name and
    content, not empty, not larger than ``MOST_BYTES``.
    """
    beginnings = _BEGINNINGS.get(upload.suffix)
    if beginnings is None:
        return "请上传 PDF、Word 文档或 JPG、PNG 图片。"
    if not upload.content:
        return "文件是空的，请重新选择。"
    if len(upload.content) > MOST_BYTES:
        return f"文件超过 {MOST_BYTES // 1024 // 1024} MB，请压缩后再上传。"
    if not upload.content.startswith(beginnings):
        return "文件内容与扩展名不符，请用原来的程序另存后再上传。"
    return ""
