"""A file that is not exactly what was written changes nothing."""

import io
import json
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kernel.clock import now
from kernel.errors import DomainError
from kernel.unit import shared_context
from tenants.archive import envelope, locks, reading, refusals, signature
from tenants.models import TemplateStep, Unit
from tenants.services import archives
from tests.tenants.archive.conftest import ACTOR, rows_of, written

PASSPHRASE = "一句只有自己知道的话-2026"
UNCHANGED = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def restore(unit, content, **options):
    return archives.restore(
        unit=unit, source=io.BytesIO(content), actor=ACTOR, now=now(), **options
    )


@pytest.fixture
def archive(gamma):
    return written(gamma)


def regions(content):
    """Where magic, header, chunks and signature lie."""
    opened = envelope.Envelope(io.BytesIO(content))
    return [
        (0, 8), (8, 12), (12, opened.start), (opened.start, opened.start + opened.body),
        (opened.start + opened.body, len(content)),
    ]  # fmt: skip


def test_one_changed_byte_anywhere_is_refused(archive):
    places = regions(archive)

    @UNCHANGED
    @given(st.data())
    def change(data):
        start, end = data.draw(st.sampled_from(places))
        at = data.draw(st.integers(start, end - 1))
        changed = bytearray(archive)
        changed[at] ^= data.draw(st.integers(1, 255))
        with (
            pytest.raises(DomainError) as refused,
            reading.opened(io.BytesIO(bytes(changed))),
        ):
            pass
        assert refused.value.code.startswith("archive_")

    change()


def test_every_cut_is_refused(archive):
    @UNCHANGED
    @given(st.integers(0, len(archive) - 1))
    def cut(length):
        with (
            pytest.raises((refusals.NotAnArchive, refusals.ArchiveDamaged)),
            reading.opened(io.BytesIO(archive[:length])),
        ):
            pass

    cut()


def test_something_after_the_end_is_refused(gamma, archive):
    with pytest.raises(refusals.ArchiveDamaged):
        restore(gamma, archive + b"\0")


def test_a_changed_file_changes_no_row(gamma, archive):
    before = rows_of(gamma)
    broken = bytearray(archive)
    broken[len(broken) // 2] ^= 1
    with pytest.raises(refusals.ArchiveDamaged):
        restore(gamma, bytes(broken))
    assert rows_of(gamma) == before


def resigned(content, **changes):
    """The same file with another header, honestly signed: what another version would write."""
    opened = envelope.Envelope(io.BytesIO(content))
    packed = envelope.canonical({**opened.header, **changes})
    body = content[opened.start : opened.start + opened.body]
    whole = envelope.MAGIC + len(packed).to_bytes(4, "big") + packed + body
    digest = envelope.sm3()
    digest.update(whole)
    return whole + signature.sign(digest.finalize())


class TestAnotherVersion:
    def test_a_newer_format_is_refused_by_name(self, gamma, archive):
        with pytest.raises(refusals.ArchiveTooNew) as refused:
            restore(gamma, resigned(archive, format=2))
        assert "格式 2" in refused.value.message

    def test_a_header_that_was_swapped_opens_no_chunk(self, gamma, archive):
        """The header is bound to the content, not only signed."""
        with pytest.raises(refusals.ArchiveDamaged):
            restore(gamma, resigned(archive, made_by="别人"))

    def test_a_newer_schema_is_refused(self, gamma, monkeypatch):
        with shared_context():
            steps = list(TemplateStep.objects.using("owner"))
        content = written(gamma)
        monkeypatch.setattr(archives.schemas, "template_steps", lambda: steps[:-1])
        before = rows_of(gamma)
        with pytest.raises(refusals.ArchiveTooNew):
            restore(gamma, content)
        assert rows_of(gamma) == before

    def test_an_older_schema_is_brought_up(self, gamma, monkeypatch):
        content = written(gamma)
        with shared_context():
            steps = list(TemplateStep.objects.using("owner"))
        newer = TemplateStep(
            position=99,
            migration="members.0099_nickname",
            statements=['ALTER TABLE "members_member" ADD COLUMN "nickname" varchar(20) NULL'],
        )
        monkeypatch.setattr(archives.schemas, "template_steps", lambda: [*steps, newer])
        done = restore(gamma, content)
        assert done.step == "members.0099_nickname"
        with shared_context():
            assert Unit.objects.get(pk=gamma.pk).schema_version == done.step


class TestWhose:
    def test_of_another_unit_is_refused_with_both_names(self, gamma, delta):
        with pytest.raises(refusals.ArchiveOfAnotherUnit) as refused:
            restore(delta, written(gamma))
        assert "伽马单位" in refused.value.message
        assert "德尔塔单位" in refused.value.message

    def test_a_backup_is_not_imported_elsewhere(self, gamma, delta):
        with pytest.raises(refusals.ArchiveNeedsPassphrase):
            archives.take_in(unit=delta, source=io.BytesIO(written(gamma)), actor=ACTOR, now=now())

    def test_an_import_into_a_unit_with_rows_is_refused(self, gamma):
        content = written(gamma, lock=locks.with_passphrase(PASSPHRASE))
        before = rows_of(gamma)
        with pytest.raises(refusals.UnitNotEmpty):
            archives.take_in(
                unit=gamma, source=io.BytesIO(content), passphrase=PASSPHRASE, actor=ACTOR,
                now=now(),
            )  # fmt: skip
        assert rows_of(gamma) == before

    @pytest.mark.parametrize(
        ("passphrase", "error"),
        [("", refusals.PassphraseNeeded), ("eine-andere-2026", refusals.WrongPassphrase)],
    )
    def test_a_wrong_passphrase_opens_nothing(self, gamma, passphrase, error):
        content = written(gamma, lock=locks.with_passphrase(PASSPHRASE))
        with pytest.raises(error):
            restore(gamma, content, passphrase=passphrase)

    def test_another_platform_is_named_and_then_trusted(self, gamma, delta, monkeypatch):
        signature._private_key.cache_clear()
        monkeypatch.setattr("django.conf.settings.MASTER_KEY", b"\x22" * 32)
        theirs = signature.public_key()
        lock = locks.with_passphrase(PASSPHRASE)
        signed = signature._private_key()
        monkeypatch.undo()
        monkeypatch.setattr(signature, "_private_key", lambda: signed)
        content = written(gamma, lock=lock)
        monkeypatch.undo()
        signature._private_key.cache_clear()
        give = {"passphrase": PASSPHRASE, "actor": ACTOR, "now": now()}
        with pytest.raises(refusals.ArchiveSignedElsewhere) as refused:
            archives.take_in(unit=delta, source=io.BytesIO(content), **give)
        assert theirs in refused.value.message
        archives.take_in(unit=delta, source=io.BytesIO(content), trusted=theirs, **give)
        assert len(rows_of(delta)["members_member"]) == 3


def test_personal_data_is_readable_only_behind_the_passphrase(gamma):
    lock = locks.with_passphrase(PASSPHRASE)
    with reading.opened(io.BytesIO(written(gamma, lock=lock)), passphrase=PASSPHRASE) as opened:
        members = opened.contents.read("tables/members_member.csv").decode()
        shape = json.loads(opened.contents.read("schema.json"))["$defs"]["members_member"]
    assert "13900000000" in members
    assert shape["properties"]["identity"]["x-personal"] is True
    assert "identity_index" not in members
    with reading.opened(io.BytesIO(written(gamma))) as opened:
        assert b"13900000000" not in opened.contents.read("tables/members_member.csv")


def test_a_full_disk_is_said_and_changes_nothing(gamma):
    class Full(io.BytesIO):
        def write(self, content):
            raise OSError(28, "No space left on device")

    with pytest.raises(refusals.NoRoom):
        archives.export(unit=gamma, target=Full(), actor=ACTOR, now=now())


def test_keys_and_nonces_are_never_the_same(gamma):
    random.seed(1)
    headers = [envelope.Envelope(io.BytesIO(written(gamma))).header for _ in range(3)]
    assert len({one["nonce"] for one in headers}) == 3
    assert len({one["key"]["sealed"] for one in headers}) == 3
