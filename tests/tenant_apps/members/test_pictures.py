"""Photos: only pictures, of a size, and nothing of where and when they were taken."""

import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import NotFound
from kernel.storage import unit_files
from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import Member
from tenant_apps.members.services import photos, pictures
from tests.factories.members import make_member
from tests.factories.organizations import NOW, admin

PLACE = b"GPS 34.2N 117.2E"


def segment(marker, body):
    return bytes((0xFF, marker)) + (len(body) + 2).to_bytes(2) + body


def exif(turned, order="II"):
    pack = "<" if order == "II" else ">"
    entry = struct.pack(f"{pack}HHIHH", 0x0112, 3, 1, turned, 0)
    other = struct.pack(f"{pack}HHII", 0x8825, 4, 1, 99)
    body = order.encode() + struct.pack(f"{pack}HI", 42, 8) + struct.pack(f"{pack}H", 2)
    return segment(0xE1, b"Exif\0\0" + body + other + entry + b"\0" * 4 + PLACE)


def jpeg(*extra, width=300, height=400):
    frame = segment(
        0xC0, b"\x08" + height.to_bytes(2) + width.to_bytes(2) + b"\x03" + b"\x01\x11\0" * 3
    )
    scan = segment(0xDA, b"\x03" + b"\0" * 9) + b"\x12\x34\xff\x00\x56"
    head = segment(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0")
    return b"\xff\xd8" + head + b"".join(extra) + frame + scan + b"\xff\xd9"


def chunk(kind, body):
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)


def png(*extra, width=300, height=400):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    tail = chunk(b"IDAT", zlib.compress(b"\0" * 10)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + tail


class TestClean:
    def test_drops_what_a_camera_writes_and_keeps_the_picture(self):
        notes = (exif(1), segment(0xED, PLACE), segment(0xFE, PLACE), segment(0xE1, b"XMP" + PLACE))
        picture = pictures.clean(jpeg(*notes))
        assert picture.content == jpeg()
        assert (picture.width, picture.height, picture.media_type) == (300, 400, "image/jpeg")

    @pytest.mark.parametrize("order", ["II", "MM"])
    @pytest.mark.parametrize("turned", [2, 3, 6, 8])
    def test_keeps_which_way_is_up(self, order, turned):
        picture = pictures.clean(jpeg(exif(turned, order)))
        assert PLACE not in picture.content
        again = pictures.clean(picture.content)
        assert again.content == picture.content and turned.to_bytes(2) in picture.content[:40]

    def test_keeps_how_colours_are_meant(self):
        adobe = segment(0xEE, b"Adobe\0d\0\0\0\0\x02")
        assert pictures.clean(jpeg(adobe)).content == jpeg(adobe)

    def test_drops_what_follows_the_picture(self):
        assert pictures.clean(jpeg() + PLACE).content == jpeg()
        assert pictures.clean(png() + PLACE).content == png()

    def test_drops_texts_and_times_of_a_png(self):
        notes = (chunk(b"tEXt", PLACE), chunk(b"eXIf", PLACE), chunk(b"tIME", b"\0" * 7))
        picture = pictures.clean(png(*notes))
        assert (picture.content, picture.ending) == (png(), "png")

    @pytest.mark.parametrize(
        "content",
        [
            b"", b"GIF89a" + b"\0" * 99, b"<svg onload=alert(1)>", b"%PDF-1.7", jpeg()[:30],
            jpeg()[:-2], png()[:40], b"\xff\xd8\xff", jpeg(width=99), png(height=6001),
            jpeg() + b"\0" * pictures.LARGEST, jpeg(width=0),
            b"\xff\xd8\xff\xe0\xff\xff" + b"\0" * 50,
        ],
        ids=lambda content: f"{content[:6]!r}-{len(content)}",
    )  # fmt: skip
    def test_refuses_what_is_no_picture_or_no_size(self, content):
        with pytest.raises(pictures.PictureRefused):
            pictures.clean(content)

    @given(st.binary(max_size=400), st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b""]))
    def test_never_breaks(self, rest, start):
        with suppress(pictures.PictureRefused):
            assert pictures.clean(start + rest).content


class TestPhoto:
    def test_is_kept_exchanged_and_taken_away(self, tree, django_capture_on_commit_callbacks):
        member = make_member(tree.l1)
        with django_capture_on_commit_callbacks(execute=True):
            first = photos.put(member=member, content=jpeg(exif(1)), actor=admin(), now=NOW)
        assert photos.read(first) == (jpeg(), "image/jpeg")
        with django_capture_on_commit_callbacks(execute=True):
            second = photos.put(member=member, content=png(), actor=admin(), now=NOW)
        assert photos.read(second)[1] == "image/png"
        stored = unit_files().keys()
        assert first.photo_key not in stored and second.photo_key in stored
        with django_capture_on_commit_callbacks(execute=True):
            photos.remove(member=member, actor=admin(), now=NOW)
        with pytest.raises(photos.NoPhoto):
            photos.read(Member.objects.get())
        with pytest.raises(photos.NoPhoto):
            photos.remove(member=member, actor=admin(), now=NOW)
        codes = list(audit.events_about(member.id).values_list("code", flat=True))
        assert codes == ["member.photo_removed", "member.photo_put", "member.photo_put"]

    def test_is_never_thrown_away_while_a_file_names_it(self, tree):
        kept = photos.put(member=make_member(tree.l1), content=png(), actor=admin(), now=NOW)
        photos.discard(key=kept.photo_key)
        assert photos.read(kept)[0] == png()

    def test_of_another_unit_is_read_by_nobody(self, tree, beta):
        kept = photos.put(member=make_member(tree.l1), content=png(), actor=admin(), now=NOW)
        with unit_context(beta.id), pytest.raises(NotFound):
            photos.read(kept)
