"""Pictures that people hand in: which kind, how large, and without what else is in them.

A camera writes the place, the moment and the device into a picture.  ``clean`` keeps the parts that
make the picture and drops every other one; of a JPEG it keeps which way is up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kernel.errors import Invalid

LARGEST: Final = 3 * 1024 * 1024
SMALLEST_SIDE: Final = 100
LONGEST_SIDE: Final = 6_000

_JPEG: Final = b"\xff\xd8\xff"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_STANDALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_SCAN, _END = 0xDA, 0xD9
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_KEPT_APPLICATION: Final = frozenset({0xE0, 0xEE})
"""JFIF and Adobe: how the colours are meant."""
_EXIF: Final = 0xE1
_ORIENTATION: Final = 0x0112
_KEPT_CHUNKS: Final = frozenset(
    {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"pHYs"}
)


class PictureRefused(Invalid):
    code = "picture_refused"
    sentence = "{problem}"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture without its origin."""

    content: bytes
    media_type: str
    width: int
    height: int

    @property
    def ending(self) -> str:
        return "png" if self.media_type == "image/png" else "jpg"


def clean(content: bytes) -> Picture:
    """The picture alone.  Raises PictureRefused for another kind, a size or a broken file."""
    if len(content) > LARGEST:
        raise PictureRefused(problem=f"照片不能超过 {LARGEST // 1024 // 1024} MB，请压缩后再上传。")
    try:
        picture = _cleaned(content)
    except (IndexError, ValueError) as broken:
        raise PictureRefused(problem="照片文件已损坏，请换一张再上传。") from broken
    if min(picture.width, picture.height) < SMALLEST_SIDE:
        raise PictureRefused(problem=f"照片太小，长和宽都不能少于 {SMALLEST_SIDE} 像素。")
    if max(picture.width, picture.height) > LONGEST_SIDE:
        raise PictureRefused(problem=f"照片太大，长和宽都不能超过 {LONGEST_SIDE} 像素。")
    return picture


def media_type_of(content: bytes) -> str:
    """The kind by the first bytes: JPEG, PNG, or empty."""
    if content.startswith(_JPEG):
        return "image/jpeg"
    return "image/png" if content.startswith(_PNG) else ""


def _cleaned(content: bytes) -> Picture:
    media_type = media_type_of(content)
    if media_type == "image/jpeg":
        return _clean_jpeg(content)
    if media_type == "image/png":
        return _clean_png(content)
    raise PictureRefused(problem="照片应为 JPG 或 PNG 格式。")


def _clean_jpeg(content: bytes) -> Picture:
    kept, size, turned = [b"\xff\xd8"], (0, 0), 1
    for marker, segment in _segments(content):
        if marker in _FRAMES:
            size = int.from_bytes(segment[7:9]), int.from_bytes(segment[5:7])
        if marker == _EXIF:
            turned = _orientation(segment[4:]) or turned
        is_extra = 0xE0 <= marker <= 0xEF and marker not in _KEPT_APPLICATION
        if not is_extra and marker != 0xFE:
            kept.append(segment)
    if turned != 1:
        kept.insert(1, _upright(turned))
    if 0 in size:
        raise ValueError("a JPEG without a frame")
    return Picture(b"".join(kept), "image/jpeg", *size)


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and bytes of each segment; the scan comes last, up to the end of the picture."""
    at = 2
    while True:
        if content[at] != 0xFF:
            raise ValueError("no marker where one belongs")
        marker = content[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
        elif marker == _SCAN:
            end = content.rindex(bytes((0xFF, _END)))
            yield marker, content[at : end + 2]
            return
        elif marker in _STANDALONE:
            yield marker, content[at : at + 2]
            at += 2
        else:
            length = int.from_bytes(content[at + 2 : at + 4])
            if length < 2 or at + 2 + length > len(content):
                raise ValueError("a segment beyond the end")
            yield marker, content[at : at + 2 + length]
            at += 2 + length


def _orientation(exif: bytes) -> int:
    """Which way is up (2 to 8), or 0 where it is not said or as it stands."""
    if not exif.startswith(b"Exif\0\0"):
        return 0
    tiff = exif[6:]
    order = {b"II": "little", b"MM": "big"}.get(tiff[:2])
    if order is None:
        return 0
    is_little = order == "little"

    def number(at: int, size: int) -> int:
        return int.from_bytes(tiff[at : at + size], "little" if is_little else "big")

    directory = number(4, 4)
    for entry in range(min(number(directory, 2), 64)):
        at = directory + 2 + 12 * entry
        if number(at, 2) == _ORIENTATION:
            turned = number(at + 8, 2)
            return turned if 2 <= turned <= 8 else 0
    return 0


def _upright(turned: int) -> bytes:
    """A segment that says which way is up and nothing else."""
    tiff = b"MM\0\x2a\0\0\0\x08" + b"\0\x01"
    tiff += _ORIENTATION.to_bytes(2) + b"\0\x03\0\0\0\x01" + turned.to_bytes(2) + b"\0\0"
    body = b"Exif\0\0" + tiff + b"\0\0\0\0"
    return b"\xff\xe1" + (len(body) + 2).to_bytes(2) + body


def _clean_png(content: bytes) -> Picture:
    kept, at, size = [_PNG], len(_PNG), (0, 0)
    while True:
        length, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        end = at + 12 + length
        if len(kind) < 4 or end > len(content):
            raise ValueError("a chunk beyond the end")
        if kind == b"IHDR":
            size = (
                int.from_bytes(content[at + 8 : at + 12]),
                int.from_bytes(content[at + 12 : at + 16]),
            )
        if kind in _KEPT_CHUNKS:
            kept.append(content[at:end])
        if kind == b"IEND":
            return Picture(b"".join(kept), "image/png", *size)
        at = end
