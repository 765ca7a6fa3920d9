"""Files on their way to a browser: large ones in blocks, none kept by a cache."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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


def _named(response: HttpResponseBase, name: str) -> None:
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response["Cache-Control"] = "no-store"
