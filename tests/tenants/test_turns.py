"""A unit that asks for a hundred heavy jobs does not keep the others waiting."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections import Counter

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction

from kernel.clock import now
from kernel.jobs import job
from kernel.unit import scope_name, shared_context, unit_context
from tenant_apps.audit import selectors as audit
from tenants.models import Unit
from tenants.services import grants, turns
from tenants.work import QueuedWork, Served
from tests.onboarding.processes import environment
from tests.tenants.dying_server import stamp

SEEN: list[tuple[str, int]] = []


@job(queue="export")
def export(*, number: int) -> None:
    SEEN.append((scope_name(), number))


@job(queue="export")
def broken(*, number: int) -> None:
    SEEN.append((scope_name(), number))
    raise ValueError("this sentence names somebody")


@job()
def light(*, number: int) -> None:
    pass


@pytest.fixture(autouse=True)
def _nothing_seen():
    SEEN.clear()


def ask_in(unit, wanted, number):
    with unit_context(unit.pk):
        turns.ask(wanted, unit.pk, number=number)


def serve_all(cost="export", at=None):
    done = 0
    while turn := turns.take(cost=cost, now=at or now()):
        turns.perform(turn)
        done += 1
    return done


class TestAsking:
    def test_goes_with_the_transaction(self, alpha):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            turns.ask(export, alpha.pk, number=1)
            raise ZeroDivisionError
        with shared_context():
            assert not QueuedWork.objects.exists()

    def test_twice_for_what_waits_adds_nothing(self, alpha):
        turns.ask(export, alpha.pk, number=1)
        turns.ask(export, alpha.pk, number=1)
        turns.ask(export, alpha.pk, number=2)
        with shared_context():
            assert QueuedWork.objects.count() == 2

    def test_is_for_the_unit_itself(self, alpha, beta):
        with pytest.raises(turns.ForeignTurn):
            turns.ask(export, beta.pk, number=1)

    def test_is_for_heavy_jobs(self, alpha):
        with pytest.raises(TypeError):
            turns.ask(light, alpha.pk, number=1)

    def test_wakes_a_worker_after_the_commit(self, alpha, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            turns.ask(export, alpha.pk, number=1)
        assert [(str(alpha.pk), 1)] == SEEN
        with shared_context():
            assert not QueuedWork.objects.exists()

    def test_leaves_rows_that_other_units_cannot_see(self, alpha, beta):
        turns.ask(export, alpha.pk, number=1)
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT * FROM tenants_queuedwork")
        with (
            unit_context(beta.pk),
            pytest.raises(DatabaseError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("UPDATE tenants_queuedwork SET attempts = 9")


class TestTurns:
    def test_go_round_the_units(self, alpha, beta):
        for number in range(20):
            ask_in(alpha, export, number)
        for number in range(3):
            ask_in(beta, export, 100 + number)
        with shared_context():
            assert serve_all() == 23
        order = ["alpha" if scope == str(alpha.pk) else "beta" for scope, _ in SEEN]
        assert order[:6] == ["alpha", "beta"] * 3
        assert [number for scope, number in SEEN if scope == str(alpha.pk)] == list(range(20))

    def test_of_one_unit_are_not_taken_beside_each_other(self, alpha, beta):
        for unit in (alpha, beta):
            for number in range(3):
                ask_in(unit, export, number)
        with shared_context():
            taken = [turns.take(cost="export", now=now()) for _ in range(3)]
        assert Counter(turn.unit_id for turn in taken if turn) == {alpha.pk: 1, beta.pk: 1}
        assert taken[2] is None

    def test_of_a_worker_that_died_come_back_when_the_claim_runs_out(self, alpha):
        turns.ask(export, alpha.pk, number=1)
        with shared_context():
            assert turns.take(cost="export", now=now())
            assert turns.take(cost="export", now=now()) is None
            later = now() + turns.LEASES["export"] + dt.timedelta(seconds=1)
            assert serve_all(at=later) == 1
        assert [(str(alpha.pk), 1)] == SEEN

    def test_do_not_wait_for_a_clock_that_ran_ahead(self, alpha):
        turns.ask(export, alpha.pk, number=1)
        ahead = now() + dt.timedelta(days=365)
        with shared_context():
            assert turns.take(cost="export", now=ahead)
            QueuedWork.objects.update(due_at=ahead, asked_at=ahead)
            assert serve_all() == 1


class TestAJobThatFails:
    def test_is_tried_three_times_with_pauses_and_holds_up_nobody(self, alpha, beta):
        ask_in(alpha, broken, 1)
        ask_in(beta, export, 2)
        with shared_context():
            assert serve_all() == 2
            row = QueuedWork.objects.get()
            assert (row.last_error, row.attempts, row.claim) == ("ValueError", 1, None)
            assert serve_all(at=now() + dt.timedelta(minutes=5)) == 2
            assert not QueuedWork.objects.exists()
        assert len([number for _, number in SEEN if number == 1]) == 3

    def test_that_kills_its_workers_is_given_up(self, alpha):
        turns.ask(export, alpha.pk, number=1)
        with shared_context():
            moment = now()
            for _ in range(turns.MOST_ATTEMPTS):
                assert turns.take(cost="export", now=moment)
                moment += dt.timedelta(minutes=30)
            assert serve_all(at=moment) == 1
            assert not QueuedWork.objects.exists()
        assert SEEN == []


class TestAKilledWorker:
    @pytest.fixture
    def committed(self, really_written, django_db_setup, django_db_blocker):
        with django_db_blocker.unblock():
            unit = Unit.objects.get(label="alpha")
            yield unit
            connection.set_schema_to_public()
            QueuedWork.objects.all().delete()
            Served.objects.all().delete()
            own = [f'{unit.schema_name}."{m._meta.db_table}"' for m in grants.unit_models()]
            with connections["owner"].cursor() as cursor:
                cursor.execute(f"TRUNCATE {', '.join(own)}")
            for alias in connections:
                connections[alias].close()

    @pytest.mark.parametrize("place", ["before", "after"])
    def test_loses_nothing_and_repeats_nothing(self, committed, tmp_path, place):
        script = str(settings.ROOT / "tests" / "tenants" / "dying_server.py")
        died = subprocess.run(
            [sys.executable, script, str(committed.pk), place], env=environment(tmp_path),
            timeout=120, check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert died.returncode == -9, died.stderr
        row = QueuedWork.objects.get()
        assert (row.attempts, row.job) == (1, stamp.name)
        assert turns.take(cost="export", now=now()) is None
        assert serve_all(at=now() + dt.timedelta(hours=1)) == 1
        assert not QueuedWork.objects.exists()
        with unit_context(committed.pk):
            assert audit.all_events().filter(code="turn.stamped").count() == 1
