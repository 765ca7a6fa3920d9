"""Files on their way to a browser: large ones in blocks, none kept by a cache."""

from __future__ import annotations

from collections.abc import Iterator
from mimetypes import guess_type
from typing import Final
from urllib.parse import quote

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHOWN: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp"})
"""What a browser may show: pictures that hold nothing else; an SVG can hold a script."""


def attachment(blocks: Iterator[bytes], *, name: str, size: int) -> StreamingHttpResponse:
    """A download in blocks, with a Chinese name if need be, that no cache keeps."""
    response = StreamingHttpResponse(blocks, content_type="application/octet-stream")
    response["Content-Length"] = str(size)
    _named(response, name)
    return response


def sheet(name: str, content: bytes | Iterator[bytes]) -> HttpResponseBase:
    """A workbook that is ready, or a CSV of any length that is written while it is sent."""
    response: HttpResponseBase
    if isinstance(content, bytes):
        response = HttpResponse(content, content_type=XLSX)
    else:
        response = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
    _named(response, name)
    return response


def handed_in(content: bytes, *, name: str, is_shown: bool = False) -> HttpResponse:
    """A file as somebody handed it in, under its name: saved, or with ``is_shown`` a picture is
    shown.  The browser takes it for nothing but what its name says.
    """
    kind = guess_type(name)[0] or "application/octet-stream"
    response = HttpResponse(content, content_type=kind)
    _named(response, name, way="inline" if is_shown and kind in _SHOWN else "attachment")
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _named(response: HttpResponseBase, name: str, *, way: str = "attachment") -> None:
    response["Content-Disposition"] = f"{way}; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "no-store"
