"""What the outer layers would never let through is refused by the inner ones too.

Here the platform's own signature and encryption are right and what they enclose is not, as if the
writer had been wrong: every check stands for itself.
"""

import datetime as dt
import io

import pytest

from kernel.clock import now
from kernel.unit import unit_context
from tenants.archive import container, envelope, locks, reading, refusals, side, tables
from tenants.archive import sessions as archive_sessions
from tenants.archive.models import Backup, BackupKind, Restore
from tenants.services import archives, backups, restores, undoing
from tests.tenants.archive.conftest import rows_of, written
from tests.tenants.archive.test_refusals import PASSPHRASE, resigned, restore
from tests.tenants.archive.test_restores import ADA, BEN, restored

MEMBERS = "tables/members_member.csv"


def opened(content):
    with reading.opened(io.BytesIO(content)):
        pass


@pytest.fixture
def lying(gamma, monkeypatch):
    """An archive whose manifest was changed by ``change`` just before it was closed."""

    def write(change):
        real = container.Container.close

        def close(self):
            change(self.manifest)
            real(self)

        with monkeypatch.context() as patch:
            patch.setattr(container.Container, "close", close)
            return written(gamma)

    return write


class TestManifest:
    @pytest.mark.parametrize(
        ("change", "error"),
        [
            (lambda m: m["entries"][MEMBERS].update(sm3="0" * 64), refusals.ArchiveDamaged),
            (lambda m: m["entries"][MEMBERS].update(bytes=7), refusals.ArchiveDamaged),
            (lambda m: m["entries"][MEMBERS].update(bytes=10**9), refusals.ArchiveDamaged),
            (lambda m: m["entries"].pop(MEMBERS), refusals.ArchiveDamaged),
            (lambda m: m["entries"].update(x={"bytes": 0}), refusals.ArchiveDamaged),
            (lambda m: m.update(schema_step="members.0099_other"), refusals.ArchiveDamaged),
            (lambda m: m.update(format=2), refusals.ArchiveTooNew),
        ],
        ids=["digest", "longer", "shorter", "unnamed", "missing", "step", "format"],
    )
    def test_that_lies_is_refused(self, lying, change, error):
        content = lying(change)
        with pytest.raises(error):
            opened(content)

    def test_with_another_count_is_refused_when_rows_are_counted(self, gamma, lying):
        content = lying(lambda m: m["entries"][MEMBERS].update(rows=2))
        before = rows_of(gamma)
        with pytest.raises(refusals.ArchiveDoesNotFit):
            restore(gamma, content)
        assert rows_of(gamma) == before

    def test_is_compared_with_what_the_database_stored(self, gamma, monkeypatch):
        content, real = written(gamma), tables.rows_in

        def otherwise(cursor, schema, table, blocks):
            real(cursor, schema, table, blocks)
            if table.name == "members_member":
                cursor.execute(f"UPDATE {schema}.members_member SET name = name || '甲'")

        monkeypatch.setattr(side.tables, "rows_in", otherwise)
        before = rows_of(gamma)
        with pytest.raises(refusals.ArchiveDoesNotFit):
            restore(gamma, content)
        assert rows_of(gamma) == before


class TestChunks:
    """Longer than one chunk, and signed again after the change."""

    KEY = b"k" * 16
    WHOLE = envelope.CHUNK + 16

    @pytest.fixture
    def parts(self):
        target = io.BytesIO()
        writer = envelope.Writer(target, {}, self.KEY)
        writer.write(b"".join(bytes([n]) * envelope.CHUNK for n in range(3)) + b"end")
        writer.finish()
        content = target.getvalue()
        start = envelope.Envelope(io.BytesIO(content)).start
        chunks = [content[start + n * self.WHOLE :][: self.WHOLE] for n in range(3)]
        return content[:start], chunks, content[start + 3 * self.WHOLE : -64]

    def read(self, head, chunks, end):
        content = resigned(head + b"".join(chunks) + end + b"\0" * 64)
        whole = envelope.Envelope(io.BytesIO(content))
        whole.verify()
        return io.BufferedReader(whole.opened(self.KEY)).read()

    def test_come_back(self, parts):
        assert self.read(*parts).endswith(b"end")

    @pytest.mark.parametrize(
        "order", [(0, 2, 1), (0, 0, 1, 2), (0, 1), (1, 2)],
        ids=["exchanged", "doubled", "last but one left out", "first left out"],
    )  # fmt: skip
    def test_are_taken_only_all_of_them_in_order(self, parts, order):
        head, chunks, end = parts
        with pytest.raises(refusals.ArchiveDamaged):
            self.read(head, [chunks[n] for n in order], end)

    def test_cannot_end_before_the_end(self, parts):
        head, chunks, _ = parts
        with pytest.raises(refusals.ArchiveDamaged):
            self.read(head, chunks, b"")


class TestKeys:
    def test_of_another_unit_open_nothing(self, gamma, delta):
        shown = locks.for_unit(gamma.id).shown
        with pytest.raises(refusals.ArchiveKeyGone):
            locks.unlock(shown, unit_id=delta.id)

    def test_that_would_take_all_memory_to_stretch_are_not_stretched(self, gamma, monkeypatch):
        lock = locks.with_passphrase(PASSPHRASE)
        dear = resigned(written(gamma, lock=lock), key={**lock.shown, "n": 2**30})
        monkeypatch.setattr(locks, "_stretched", lambda *_: pytest.fail("it was stretched"))
        with pytest.raises(refusals.ArchiveDamaged):
            restore(gamma, dear, passphrase=PASSPHRASE)


class TestWhat:
    def test_a_drill_takes_only_the_units_own(self, gamma, delta):
        with pytest.raises(refusals.ArchiveOfAnotherUnit):
            archives.rehearse(unit=delta, source=io.BytesIO(written(gamma)))

    def test_one_restore_at_a_time(self, gamma):
        content = written(gamma)
        with archive_sessions.as_owner() as cursor:
            archives.swap.reserve(cursor, gamma)
            with pytest.raises(refusals.UnitBusy):
                restore(gamma, content)

    def test_a_full_export_is_no_backup_to_go_back_to(self, gamma):
        with unit_context(gamma.id):
            backups.order_takeout(
                unit=gamma, passphrase=PASSPHRASE, reason="年度归档", actor=ADA, now=now()
            )
        with pytest.raises(restores.NotABackup):
            restores.ask(
                backup=Backup.objects.get(unit=gamma), typed_name=gamma.name, reason="误改姓名",
                actor=ADA, now=now(),
            )  # fmt: skip


class TestUndo:
    @pytest.fixture
    def backup(self, gamma):
        return backups.take_now(
            unit=gamma, kind=BackupKind.MANUAL, reason="试验", actor=ADA, now=now()
        )

    def test_is_of_the_last_restore_only(self, gamma, backup):
        first, second = restored(backup), restored(backup)
        with pytest.raises(undoing.UndoOver):
            undoing.ask_undo(restore=first, actor=ADA, now=now())
        undoing.ask_undo(restore=second, actor=ADA, now=now())
        undoing.undo(restore=second, actor=BEN, now=now())

    def test_says_when_there_is_nothing_left(self, gamma, backup):
        done = restored(backup)
        undoing.ask_undo(restore=done, actor=ADA, now=now())
        with archive_sessions.as_owner() as cursor:
            archives.swap.drop_old(cursor, gamma)
        with pytest.raises(refusals.NothingToUndo):
            undoing.undo(restore=done, actor=BEN, now=now())

    def test_ends_with_the_seventh_day(self, gamma, backup):
        done = Restore.objects.get(pk=restored(backup).pk)
        undoing.ask_undo(restore=done, actor=ADA, now=done.undo_until)
        with pytest.raises(undoing.UndoOver):
            undoing.undo(
                restore=done, actor=BEN, now=done.undo_until + dt.timedelta(microseconds=1)
            )
        undoing.undo(restore=done, actor=BEN, now=done.undo_until)
