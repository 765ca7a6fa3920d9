"""Looks for one unit's marks and keys in whatever somebody else was given."""

from __future__ import annotations

import gzip
import html
import io
import json
import re
import zipfile
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

_KEY = re.compile(
    rb"[0-9a-f]{8}-?[0-9a-f]{4}-?7[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE
)


def content_of(response: Any) -> bytes:
    """All that leaves: status line, headers, cookies, body; compressed parts unpacked."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    head = "\n".join(f"{name}: {value}" for name, value in response.items())
    cookies = response.cookies.output()
    return b"\n".join([head.encode(), cookies.encode(), unpacked(body)])


def unpacked(body: bytes) -> bytes:
    """Workbooks and archives show their files, gzip its content, anything else itself."""
    if body[:2] == b"\x1f\x8b":
        return unpacked(gzip.decompress(body))
    if body[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return b"\n".join(archive.read(name) for name in archive.namelist())
    return body


@dataclass(frozen=True)
class Scanner:
    """Finds texts in every spelling a response may use, and keys of rows."""

    texts: tuple[str, ...]
    ids: frozenset[str]

    @cached_property
    def _needles(self) -> re.Pattern[bytes]:
        spellings = {
            spelt.encode()
            for text in self.texts
            for spelt in (text, quote(text), html.escape(text), json.dumps(text)[1:-1])
        } | {text.encode("gb18030") for text in self.texts}
        return re.compile(b"|".join(map(re.escape, sorted(spellings, key=len, reverse=True))))

    @cached_property
    def _bare_ids(self) -> frozenset[bytes]:
        return frozenset(key.replace("-", "").encode() for key in self.ids)

    def find(self, content: bytes, *, asked: str = "") -> str:
        """The first thing found, or nothing.  What the request itself named is no news."""
        seen = self._needles.search(content)
        if seen:
            at = max(0, seen.start() - 30)
            return content[at : seen.end() + 30].decode("utf-8", "replace")
        named = asked.replace("-", "").encode()
        for key in _KEY.findall(content):
            bare = key.replace(b"-", b"").lower()
            if bare in self._bare_ids and bare not in named:
                return key.decode()
        return ""
