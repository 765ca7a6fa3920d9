"""Backups by job, restores by two people, undo, drills, and being killed on the way."""

import datetime as dt
import io
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connections

from kernel.actor import Actor
from kernel.clock import now
from kernel.models import uuid7
from kernel.storage import archive_files
from kernel.unit import shared_context, unit_context
from tenant_apps.members.models import Member
from tenants import selectors
from tenants.archive import listeners, refusals, sessions, tables
from tenants.archive.models import Backup, BackupKind, BackupState, Restore, RestoreState
from tenants.models import Unit, UnitState
from tenants.services import archives, backups, restores, turns, undoing
from tenants.work import QueuedWork
from tests.onboarding.processes import environment
from tests.tenants.archive.conftest import ACTOR, rows_of, written
from tests.tenants.life import put

ADA = Actor(kind="person", person_id=uuid7(), name="艾达")
BEN = Actor(kind="person", person_id=uuid7(), name="贝恩")


@pytest.fixture
def backup(gamma):
    return backups.take_now(unit=gamma, kind=BackupKind.MANUAL, reason="试验", actor=ADA, now=now())


def lose_a_member(unit):
    with unit_context(unit.id):
        Member.objects.filter(name__startswith="沈").update(name="改名")


def ask(backup, actor=ADA):
    return restores.ask(
        backup=backup, typed_name=backup.unit.name, reason="误改姓名", actor=actor, now=now()
    )


def restored(backup):
    asked = ask(backup)
    restores.confirm(restore=asked, actor=BEN, now=now())
    asked.refresh_from_db()
    return asked


def undone(restore, *, at=None):
    """Asked for by one person, done by another."""
    undoing.ask_undo(restore=restore, actor=ADA, now=at or now())
    undoing.undo(restore=restore, actor=BEN, now=at or now())


class TestBackup:
    def test_is_written_beside_the_units_own_files(self, gamma, backup):
        assert backup.state == BackupState.DONE
        assert backup.storage_key.startswith(f"archives/{gamma.id}/")
        assert backup.rows == sum(len(rows) for rows in rows_of(gamma).values())
        assert default_storage.size(backup.storage_key) == backup.bytes
        assert selectors.last_backup_at()[gamma.id] == backup.finished_at

    def test_only_one_of_a_kind_at_a_time(self, gamma):
        Backup.objects.create(
            unit=gamma, kind=BackupKind.MANUAL, requested_by_name="艾达", requested_at=now()
        )
        with pytest.raises(backups.BackupInHand):
            backups.order(unit=gamma, kind=BackupKind.MANUAL, reason="", actor=ADA, now=now())

    def test_a_dead_worker_is_followed_by_another(self, gamma):
        dead = Backup.objects.create(
            unit=gamma, kind=BackupKind.MANUAL, requested_by_name="艾达", requested_at=now(),
            state=BackupState.RUNNING, attempts=1, claimed_until=now() - dt.timedelta(seconds=1),
        )  # fmt: skip
        backups.sweep()
        dead.refresh_from_db()
        assert dead.state == BackupState.DONE

    def test_a_living_worker_is_left_alone(self, gamma):
        living = Backup.objects.create(
            unit=gamma, kind=BackupKind.MANUAL, requested_by_name="艾达", requested_at=now(),
            state=BackupState.RUNNING, attempts=1, claimed_until=now() + dt.timedelta(minutes=1),
        )  # fmt: skip
        backups.sweep()
        living.refresh_from_db()
        assert living.state == BackupState.RUNNING

    def test_once_a_night(self, gamma):
        moment = now()
        backups.nightly(unit_id=gamma.id, now=moment)
        backups.nightly(unit_id=gamma.id, now=moment)
        assert Backup.objects.filter(unit=gamma).count() == 1

    def test_keeps_seven_days_and_four_weeks(self, gamma, backup):
        Backup.objects.filter(pk=backup.pk).update(kind=BackupKind.SCHEDULED, expires_at=None)
        moment = dt.datetime(2026, 11, 22, 4, tzinfo=dt.UTC)
        for age in range(40):
            at = moment - dt.timedelta(days=age)
            Backup.objects.create(
                unit=gamma, kind=BackupKind.SCHEDULED, requested_by_name="每日备份",
                requested_at=at, finished_at=at, state=BackupState.DONE, digest="0",
                storage_key=archive_files(gamma.id).save("x", b"x"),
            )  # fmt: skip
        Backup.objects.filter(pk=backup.pk).delete()
        backups.clear(unit_id=gamma.id, now=moment)
        left = Backup.objects.filter(unit=gamma, state=BackupState.DONE)
        ages = sorted((moment - one.requested_at).days for one in left)
        assert ages == [0, 1, 2, 3, 4, 5, 6, 7, 14, 21]
        assert len(archive_files(gamma.id).keys()) == len(ages) + 1

    def test_none_is_left_of_a_closed_unit(self, gamma, backup):
        assert backups.expire_all(unit_id=gamma.id) == 1
        backup.refresh_from_db()
        assert (backup.state, archive_files(gamma.id).keys()) == (BackupState.EXPIRED, [])

    def test_the_last_good_one_stays_however_old(self, gamma, backup):
        Backup.objects.filter(pk=backup.pk).update(expires_at=now() - dt.timedelta(days=1))
        assert backups.clear(unit_id=gamma.id, now=now()) == 0


class TestRestore:
    def test_brings_back_what_was_changed(self, gamma, backup):
        before = rows_of(gamma)
        lose_a_member(gamma)
        done = restored(backup)
        assert done.state == RestoreState.DONE, done.error
        assert rows_of(gamma) == before
        safety = Backup.objects.get(unit=gamma, kind=BackupKind.BEFORE_RESTORE)
        assert safety.state == BackupState.DONE

    def test_the_unit_reads_and_writes_in_it_and_not_in_the_old_one(self, gamma, backup):
        restored(backup)
        lose_a_member(gamma)
        with sessions.as_unit(gamma) as cursor, pytest.raises(Exception, match="permission denied"):
            cursor.execute(f"SELECT 1 FROM {gamma.schema_name}_old.members_member")
        role = gamma.schema_name
        with sessions.as_owner() as cursor:
            cursor.execute(
                "SELECT has_schema_privilege(%s, %s, 'USAGE'), has_table_privilege(%s, %s,"
                " 'SELECT, INSERT, UPDATE, DELETE')",
                [role, f"{role}_old", role, f"{role}_old.members_member"],
            )
            assert cursor.fetchone() == (False, False), "one right would keep the other useless"

    def test_is_undone_within_seven_days(self, gamma, backup):
        lose_a_member(gamma)
        changed = rows_of(gamma)
        done = restored(backup)
        undone(done)
        assert rows_of(gamma) == changed
        assert (done.state, done.undo_asked_by_name) == (RestoreState.UNDONE, ADA.name)
        lose_a_member(gamma)  # the rights came back with it

    def test_takes_two_people_to_undo(self, gamma, backup):
        lose_a_member(gamma)
        done = restored(backup)
        after = rows_of(gamma)
        with pytest.raises(undoing.UndoNotAsked):
            undoing.undo(restore=done, actor=BEN, now=now())
        undoing.ask_undo(restore=done, actor=ADA, now=now())
        with pytest.raises(restores.SecondPersonNeeded):
            undoing.undo(restore=done, actor=ADA, now=now())
        with pytest.raises(restores.SecondPersonNeeded):
            undoing.undo(restore=done, actor=Actor.system("nobody"), now=now())
        done.refresh_from_db()
        assert (rows_of(gamma), done.state) == (after, RestoreState.DONE)

    def test_two_who_undo_it_at_once_do_not_redo_it(self, gamma, backup):
        lose_a_member(gamma)
        changed = rows_of(gamma)
        done = restored(backup)
        undoing.ask_undo(restore=done, actor=ADA, now=now())
        seen_by_another = Restore.objects.select_related("unit").get(pk=done.pk)
        undoing.undo(restore=done, actor=BEN, now=now())
        with pytest.raises(restores.RestoreMovedOn):
            undoing.undo(restore=seen_by_another, actor=BEN, now=now())
        assert rows_of(gamma) == changed
        done.refresh_from_db()
        assert done.undone_by_name == BEN.name

    def test_exchanges_nothing_once_it_was_given_up(self, gamma, backup, monkeypatch):
        lose_a_member(gamma)
        changed = rows_of(gamma)
        restore_as_written = archives.restore

        def late(**how):
            with shared_context():
                late_by = now() - dt.timedelta(minutes=31)
                Restore.objects.filter(unit=gamma).update(started_at=late_by)
            restores.sweep()
            return restore_as_written(**how)

        monkeypatch.setattr(archives, "restore", late)
        done = restored(backup)
        assert (done.state, done.error) == (RestoreState.FAILED, "执行中断，未做任何改变。")
        assert rows_of(gamma) == changed

    def test_is_not_undone_once_the_unit_is_closing(self, gamma, backup):
        done = restored(backup)
        after = rows_of(gamma)
        undoing.ask_undo(restore=done, actor=ADA, now=now())
        put(gamma, UnitState.CLOSING)
        with pytest.raises(refusals.UnitWithoutData):
            undoing.undo(restore=done, actor=BEN, now=now())
        put(gamma, UnitState.TRIAL)
        assert rows_of(gamma) == after

    def test_is_not_undone_later(self, gamma, backup):
        done = restored(backup)
        for step in (undoing.ask_undo, undoing.undo):
            with pytest.raises(undoing.UndoOver):
                step(restore=done, actor=ADA, now=now() + dt.timedelta(days=8))

    def test_what_was_kept_is_dropped_after_seven_days(self, gamma, backup):
        done = restored(backup)
        Restore.objects.filter(pk=done.pk).update(undo_until=now() - dt.timedelta(seconds=1))
        restores.sweep()
        with sessions.as_owner() as cursor:
            assert tables.of_schema(cursor, f"{gamma.schema_name}_old") == {}

    def test_needs_the_name_and_a_second_person(self, gamma, backup):
        with pytest.raises(restores.NameNotTyped):
            restores.ask(backup=backup, typed_name="伽马", reason="误改姓名", actor=ADA, now=now())
        asked = ask(backup)
        with pytest.raises(restores.SecondPersonNeeded):
            restores.confirm(restore=asked, actor=ADA, now=now())
        with pytest.raises(restores.RestoreInHand):
            ask(backup, BEN)
        restores.call_off(restore=asked, actor=ADA, now=now())
        assert (asked.undone_by_name, asked.undone_at) == (ADA.name, asked.finished_at)
        with pytest.raises(restores.RestoreMovedOn):
            restores.confirm(restore=asked, actor=BEN, now=now())

    def test_waits_for_nobody_longer_than_four_seconds(self, gamma, backup):
        with sessions.as_owner() as cursor:
            cursor.execute(f"LOCK TABLE {gamma.schema_name}.members_member IN SHARE MODE")
            with pytest.raises(refusals.UnitBusy), backups.content_of(backup=backup) as source:
                archives.restore(unit=gamma, source=source, actor=ACTOR, now=now())

    def test_a_unit_that_began_to_close_is_left_alone(self, gamma, backup):
        before = rows_of(gamma)
        Unit.objects.filter(pk=gamma.pk).update(state=UnitState.CLOSING)
        done = restored(backup)
        assert done.state == RestoreState.FAILED
        assert "注销中" in done.error
        assert rows_of(gamma) == before

    def test_a_suspended_unit_stays_suspended(self, gamma, backup):
        Unit.objects.filter(pk=gamma.pk).update(state=UnitState.SUSPENDED)
        assert restored(backup).state == RestoreState.DONE
        assert Unit.objects.get(pk=gamma.pk).state == UnitState.SUSPENDED

    def test_tells_the_other_apps(self, gamma, backup, monkeypatch):
        heard = []
        monkeypatch.setattr(listeners, "_listeners", [heard.append])
        restored(backup)
        assert [(one.unit_id, one.code) for one in heard] == [(gamma.id, "unit.restored")]

    def test_files_come_back_and_none_goes(self, gamma):
        key = f"units/{gamma.id}/abc-roster.sealed"
        with unit_context(gamma.id):
            archive_files(gamma.id)
            default_storage.save(key, io.BytesIO(b"content"))
        content = written(gamma)
        default_storage.delete(key)
        archives.restore(unit=gamma, source=io.BytesIO(content), actor=ACTOR, now=now())
        assert default_storage.open(key).read() == b"content"


@pytest.mark.slow
def test_killed_in_the_middle_leaves_the_unit_as_it_was(gamma, tmp_path):
    path = tmp_path / "gamma.gjunit"
    path.write_bytes(written(gamma))
    lose_a_member(gamma)
    before = rows_of(gamma)
    killed = subprocess.run(
        [sys.executable, Path(__file__).with_name("dying_restore.py"), str(gamma.id), str(path)],
        env=environment(tmp_path), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert killed.returncode == 9, killed.stderr.decode()
    assert rows_of(gamma) == before
    with connections["owner"].cursor() as cursor:
        assert tables.of_schema(cursor, f"{gamma.schema_name}_new") == {}
    archives.restore(unit=gamma, source=io.BytesIO(path.read_bytes()), actor=ACTOR, now=now())
    assert rows_of(gamma) != before


class TestDrill:
    def test_reports_and_leaves_nothing(self, gamma, backup):
        before = rows_of(gamma)
        report = restores.drill_unit(unit_id=gamma.id, actor=ACTOR, now=now())
        assert (report.state, report.rows) == (RestoreState.DONE, backup.rows)
        assert report.milliseconds > 0
        with connections["owner"].cursor() as cursor:
            assert tables.of_schema(cursor, f"{gamma.schema_name}_new") == {}
        assert rows_of(gamma) == before

    def test_finds_a_planted_corruption(self, gamma, backup):
        content = bytearray(default_storage.open(backup.storage_key).read())
        content[-200] ^= 4
        default_storage.delete(backup.storage_key)
        default_storage.save(backup.storage_key, io.BytesIO(content))
        report = restores.drill_unit(unit_id=gamma.id, actor=ACTOR, now=now())
        assert report.state == RestoreState.FAILED
        assert "改动" in report.error

    def test_takes_a_unit_that_has_a_backup(self, gamma, delta, backup):
        restores.run_drill()
        assert Restore.objects.get(unit__in=[gamma, delta]).unit_id == gamma.id


class TestTurns:
    """A unit that has one heavy job in hand waits, and keeps no other unit waiting."""

    @pytest.fixture
    def busy(self, gamma):
        return QueuedWork.objects.create(
            unit_id=gamma.id, unit_role=gamma.schema_name, cost="export", job="another",
            scope="shared", arguments={}, key="another", asked_at=now(), due_at=now(),
            claim=uuid7(), claimed_until=now() + dt.timedelta(minutes=10),
        )  # fmt: skip

    def test_of_backups(self, gamma, delta, busy):
        ordered = [
            backups.order(unit=unit, kind=BackupKind.MANUAL, reason="", actor=ADA, now=now())
            for unit in (gamma, delta)
        ]
        assert self.states(ordered) == [BackupState.WAITING, BackupState.DONE]
        busy.delete()
        turns.tick()
        assert self.states(ordered) == [BackupState.DONE, BackupState.DONE]

    def test_of_restores(self, gamma, backup, busy):
        asked = restored(backup)
        assert asked.state == RestoreState.CONFIRMED
        busy.delete()
        turns.tick()
        assert self.states([asked]) == [RestoreState.DONE]

    def test_of_drills(self, gamma, backup, busy):
        restores.run_drill()
        assert not Restore.objects.filter(unit=gamma).exists()
        busy.delete()
        turns.tick()
        assert Restore.objects.get(unit=gamma).state == RestoreState.DONE

    def test_are_asked_for_again_when_they_were_lost(self, gamma, backup, busy):
        asked = restored(backup)
        QueuedWork.objects.all().delete()
        Restore.objects.filter(pk=asked.pk).update(confirmed_at=now() - dt.timedelta(minutes=5))
        restores.sweep()
        assert self.states([asked]) == [RestoreState.DONE]

    @staticmethod
    def states(rows):
        for row in rows:
            row.refresh_from_db()
        return [row.state for row in rows]
