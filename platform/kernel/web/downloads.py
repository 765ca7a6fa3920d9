"""Large files on their way to a browser."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from django.http import StreamingHttpResponse


def attachment(blocks: Iterator[bytes], *, name: str, size: int) -> StreamingHttpResponse:
    """A download in blocks, with a Chinese name if need be, that no cache keeps."""
    response = StreamingHttpResponse(blocks, content_type="application/octet-stream")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response["Content-Length"] = str(size)
    response["Cache-Control"] = "no-store"
    return response
