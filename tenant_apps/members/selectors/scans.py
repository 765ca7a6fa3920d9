"""Scans of the papers that a row of an extended set rests on: a diploma, a certificate."""

from __future__ import annotations

from dataclasses import dataclass

from kernel.errors import NotFound
from tenant_apps.members.models import Entry

_KB = 1024


class ScanNotFound(NotFound):
    code = "member_scan_not_found"
    sentence = "没有找到这个附件，可能已被移除。"


@dataclass(frozen=True, slots=True)
class Scan:
    """A file of the unit, by its SM3 digest within the row."""

    key: str
    name: str
    size: int
    digest: str

    @property
    def size_label(self) -> str:
        return size_label(self.size)

    @property
    def told(self) -> str:
        """Name and size, in words."""
        return f"{self.name}（{self.size_label}）"


def scans_of(entry: Entry) -> list[Scan]:
    """Those that were not taken out, in the order in which they came."""
    return [
        Scan(one["key"], one["name"], one["size"], one["digest"])
        for one in entry.scans
        if not one.get("struck_at")
    ]


def scan_of(entry: Entry, digest: str) -> Scan:
    """Raises ScanNotFound."""
    found = next((one for one in scans_of(entry) if one.digest == digest), None)
    if found is None:
        raise ScanNotFound
    return found


def size_label(size: int) -> str:
    """Bytes as people read them: 「120 KB」, 「1.5 MB」."""
    if size < _KB * _KB:
        return f"{max(1, round(size / _KB))} KB"
    return f"{size / _KB / _KB:.1f} MB"
