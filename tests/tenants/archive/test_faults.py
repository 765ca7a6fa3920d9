"""The disk full, and the server gone, at every stage of a restore and of an export.

The server itself says so: in place of one statement it is made to raise what it raises when it
cannot extend a file, or the session is ended under the transaction, as a restart ends it.
"""

import datetime as dt
import io
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection, connections

from kernel.clock import now
from kernel.storage import archive_files
from tenants.archive import refusals, sessions, tables
from tenants.archive.models import Backup, BackupKind, BackupState, Restore, RestoreState
from tenants.services import archives, backups, restores, turns
from tenants.work import QueuedWork
from tests.tenants.archive.conftest import ACTOR, rows_of, written
from tests.tenants.archive.test_restores import ADA, lose_a_member, restored

FULL = "DO $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
STAGES = {
    "before anything": "pg_try_advisory_xact_lock",
    "while the schema is made": "CREATE TABLE",
    "while rows are filled in": "FROM STDIN",
    "while rows are compared": "TO STDOUT",
    "while the unit is locked": "LOCK TABLE",
    "while names change": "RENAME TO",
    "when all is done": "UPDATE public.tenants_unit",
}


class Failing:
    """A cursor that has ``fault`` happen in place of the first statement with ``word`` in it."""

    def __init__(self, cursor, word, fault):
        self._cursor, self._word, self._fault = cursor, word, fault

    def execute(self, statement, *values):
        self._look(statement)
        return self._cursor.execute(statement, *values)

    def copy(self, statement):
        self._look(statement)
        return self._cursor.copy(statement)

    def __getattr__(self, name):
        return getattr(self._cursor, name)

    def _look(self, statement):
        if self._word in statement:
            self._fault(self._cursor)


def fill_the_disk(cursor):
    cursor.execute(FULL)


def end_every_session(cursor):
    """Of this process, with the next statement finding it out; a login ends only its own."""
    connection.ensure_connection()
    for session in (cursor.connection.info, connection.connection.info):
        with psycopg.connect(
            host=session.host, port=session.port, dbname=session.dbname,
            user=session.user, password=session.password, autocommit=True,
        ) as server:  # fmt: skip
            server.execute("SELECT pg_terminate_backend(%s, 5000)", [session.backend_pid])


@pytest.fixture
def strike(monkeypatch):
    """Has ``fault`` happen at ``word`` in the next sessions of an archive; ``strike()`` ends it."""
    real = sessions._transaction

    def begin(word="", fault=None):
        @contextmanager
        def failing(opened, **options):
            with real(opened, **options) as cursor:
                yield Failing(cursor, word, fault)

        monkeypatch.setattr(sessions, "_transaction", failing if fault else real)

    return begin


def restore(unit, content):
    return archives.restore(unit=unit, source=io.BytesIO(content), actor=ACTOR, now=now())


def is_clean(unit):
    """Nothing that was begun is left, and nothing holds the unit."""
    with connections["owner"].cursor() as cursor:
        left = [tables.of_schema(cursor, f"{unit.schema_name}_{end}") for end in ("new", "old")]
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE relation IN"
            " (SELECT oid FROM pg_class WHERE relnamespace = %s::regnamespace)"
            " AND mode = 'AccessExclusiveLock'",
            [unit.schema_name],
        )
        return (left, cursor.fetchone()) == ([{}, {}], (0,))


class TestRestore:
    @pytest.mark.parametrize("word", STAGES.values(), ids=STAGES)
    def test_on_a_full_disk_changes_nothing(self, gamma, strike, word):
        content = written(gamma)
        lose_a_member(gamma)
        before = rows_of(gamma)
        strike(word, fill_the_disk)
        with pytest.raises(refusals.NoRoom):
            restore(gamma, content)
        strike()
        assert rows_of(gamma) == before
        assert is_clean(gamma)
        restore(gamma, content)
        assert rows_of(gamma) != before

    @pytest.mark.parametrize("word", STAGES.values(), ids=STAGES)
    def test_with_the_server_gone_changes_nothing(self, gamma, strike, word):
        content = written(gamma)
        lose_a_member(gamma)
        before = rows_of(gamma)
        strike(word, end_every_session)
        with pytest.raises(psycopg.OperationalError, match="terminating connection"):
            restore(gamma, content)
        strike()
        connection.close()
        assert rows_of(gamma) == before
        assert is_clean(gamma)
        restore(gamma, content)
        assert rows_of(gamma) != before


class TestAskedRestore:
    @pytest.fixture
    def backup(self, gamma):
        return backups.take_now(
            unit=gamma, kind=BackupKind.MANUAL, reason="试验", actor=ADA, now=now()
        )

    def test_says_that_the_disk_is_full_and_can_be_asked_for_again(self, gamma, backup, strike):
        strike("FROM STDIN", fill_the_disk)
        done = restored(backup)
        assert (done.state, done.error) == (RestoreState.FAILED, refusals.NoRoom.sentence)
        strike()
        assert restored(backup).state == RestoreState.DONE

    def test_is_closed_as_undone_when_the_server_went(self, gamma, backup, strike):
        lose_a_member(gamma)
        before = rows_of(gamma)
        strike("RENAME TO", end_every_session)
        asked = restored(backup)
        strike()
        connection.close()
        Restore.objects.filter(pk=asked.pk).update(started_at=now() - dt.timedelta(hours=1))
        restores.sweep()
        turns.tick()
        asked.refresh_from_db()
        assert (asked.state, asked.error) == (RestoreState.FAILED, "执行中断，未做任何改变。")
        assert rows_of(gamma) == before
        assert restored(backup).state == RestoreState.DONE


class TestExport:
    def order(self, unit):
        return backups.order(unit=unit, kind=BackupKind.MANUAL, reason="", actor=ADA, now=now())

    @pytest.mark.parametrize("word", ["SET TRANSACTION", "LOCK TABLE", "TO STDOUT"])
    def test_on_a_full_disk_says_so_and_leaves_no_file(self, gamma, strike, word):
        strike(word, fill_the_disk)
        made = self.order(gamma)
        made.refresh_from_db()
        assert (made.state, made.error) == (BackupState.FAILED, refusals.NoRoom.sentence)
        assert archive_files(gamma.id).keys() == []
        strike()
        again = self.order(gamma)
        again.refresh_from_db()
        assert again.state == BackupState.DONE

    @pytest.mark.parametrize("word", ["SET TRANSACTION", "LOCK TABLE", "TO STDOUT"])
    def test_with_the_server_gone_is_made_by_another_worker(self, gamma, strike, word):
        strike(word, end_every_session)
        made = self.order(gamma)
        strike()
        connection.close()
        assert archive_files(gamma.id).keys() == []
        over = now() - dt.timedelta(seconds=1)  # the claim of the worker and the pause after it
        Backup.objects.filter(pk=made.pk).update(claimed_until=over)
        QueuedWork.objects.filter(unit_id=gamma.id).update(due_at=over)
        backups.sweep()
        turns.tick()
        made.refresh_from_db()
        assert made.state == BackupState.DONE
        assert len(archive_files(gamma.id).keys()) == 1
