"""A wave loses nothing and repeats nothing, whoever dies in the middle of it."""

import signal
import threading
import time
from collections import Counter
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from kernel.clock import now
from tenants.models import TemplateStep, Unit
from tenants.rollout import DriftFinding, Stage, StepState, WaveState
from tenants.services import runner, template, waves
from tests.tenants.waves.conftest import OPERATOR, ask, has_column, states
from tests.tenants.waves.driving import COLUMN, check_whole, finish, start, told

pytestmark = pytest.mark.xdist_group("waves")


@contextmanager
def locked(unit):
    """Somebody else works on a table of the unit and does not let go."""
    owner = settings.DATABASES["owner"]
    with psycopg.connect(
        host=owner["HOST"],
        port=owner["PORT"],
        user=owner["USER"],
        password=owner["PASSWORD"],
        dbname=owner["NAME"],
    ) as other:
        other.execute(f"LOCK TABLE {unit.schema_name}.audit_event IN ACCESS SHARE MODE")
        yield other
        other.rollback()


class TestFailing:
    def test_the_first_failure_pauses_and_leaves_the_others_untouched(self, planned, units):
        first = planned.steps.filter(is_pool=False).first()
        wrong = next(unit for unit in units if unit.pk == first.unit_id)
        ask(f"ALTER TABLE {wrong.schema_name}.audit_event ADD COLUMN probe int")
        wave = finish(planned)
        assert wave.state == WaveState.PAUSED
        assert wrong.name in wave.reason
        assert Counter(states(planned)) == {"failed": 1, "pending": len(units) - 1}
        held = planned.steps.get(pk=first.pk)
        assert "already exists" in held.error
        assert sum(has_column(unit) for unit in units) == 1
        assert told(planned)[-1] == "自动暂停"

    def test_resuming_after_the_cause_is_gone_finishes(self, planned, units):
        first = planned.steps.filter(is_pool=False).first()
        wrong = next(unit for unit in units if unit.pk == first.unit_id)
        ask(f"ALTER TABLE {wrong.schema_name}.audit_event ADD COLUMN probe int")
        finish(planned)
        ask(f"ALTER TABLE {wrong.schema_name}.audit_event DROP COLUMN probe")
        finish(planned)
        check_whole(planned, units)

    def test_one_of_a_shared_transaction_fails_alone(self, releases, units):
        releases.add(COLUMN)
        template.capture(now=now())
        wave = waves.plan(actor=OPERATOR, now=now())
        last = wave.steps.filter(stage=Stage.REST).last()
        wrong = next(unit for unit in units if unit.pk == last.unit_id)
        ask(f"ALTER TABLE {wrong.schema_name}.audit_event ADD COLUMN probe int")
        assert finish(wave).state == WaveState.PAUSED
        assert Counter(states(wave)) == {"done": len(units) - 1, "failed": 1}
        assert Unit.objects.get(pk=wrong.pk).schema_version != wave.to_version

    def test_a_skipped_unit_is_in_quarantine_with_the_error(self, planned, units):
        first = planned.steps.filter(is_pool=False).first()
        wrong = next(unit for unit in units if unit.pk == first.unit_id)
        ask(f"ALTER TABLE {wrong.schema_name}.audit_event ADD COLUMN probe int")
        finish(planned)
        waves.skip(step_id=first.pk, reason="由运维单独处理", actor=OPERATOR, now=now())
        assert finish(planned).state == WaveState.DONE
        finding = DriftFinding.objects.get(unit_id=wrong.pk)
        assert finding.cause == "wave"
        assert "already exists" in finding.differences[0]["found"]
        assert Unit.objects.get(pk=wrong.pk).schema_version != planned.to_version
        assert waves.plan(actor=OPERATOR, now=now()) is None, "nothing but the quarantine is left"

    def test_a_held_lock_is_tried_again_and_got(self, planned, units, monkeypatch):
        monkeypatch.setattr(runner, "LOCK_TIMEOUT_MS", 50)
        with locked(units[1]) as other:
            releasing = threading.Timer(0.6, other.rollback)
            releasing.start()
            assert finish(planned).state == WaveState.DONE
            releasing.join()
        assert planned.steps.get(unit_id=units[1].pk).attempts > 1
        assert all(has_column(unit) for unit in units)

    def test_a_lock_that_is_never_let_go_pauses_in_the_end(self, planned, units, monkeypatch):
        monkeypatch.setattr(runner, "LOCK_TIMEOUT_MS", 20)
        monkeypatch.setattr(runner, "TRIES", 2)
        with locked(units[1]):
            assert finish(planned).state == WaveState.PAUSED
        step = planned.steps.get(unit_id=units[1].pk)
        assert (step.state, step.attempts) == (StepState.FAILED, 2)
        assert "lock timeout" in step.error

    def test_a_changed_template_stops_the_wave(self, planned, units):
        start(planned)
        TemplateStep.objects.using("owner").filter(migration=planned.to_version).update(
            checksum="0" * 64
        )
        with pytest.raises(runner.TemplateChanged) as refused:
            runner.work(wave_id=planned.pk)
        assert "重新规划" in refused.value.message
        assert not any(has_column(unit) for unit in units)


class TestDying:
    def test_killed_in_the_middle_of_a_unit_it_goes_on_there(self, planned, units, process):
        start(planned)
        child = process(str(planned.pk), "die", "4")
        assert child.wait(timeout=60) == 9
        assert Counter(states(planned)) == {"done": 3, "pending": len(units) - 3}
        assert sum(has_column(unit) for unit in units) == 3, "the fourth was rolled back whole"
        before = dict(planned.steps.filter(state="done").values_list("pk", "finished_at"))
        runner.work(wave_id=planned.pk)
        check_whole(planned, units)
        after = dict(planned.steps.filter(pk__in=before).values_list("pk", "finished_at"))
        assert after == before, "what was done is not repeated"

    def test_kill_9_from_outside(self, planned, units, process):
        start(planned)
        child = process(str(planned.pk), "slow", "0.2")
        assert child.stdout.readline() == "in hand\n"
        child.send_signal(signal.SIGKILL)
        assert child.wait(timeout=10) == -signal.SIGKILL
        runner.work(wave_id=planned.pk)
        check_whole(planned, units)

    def test_the_sweep_takes_up_a_lost_wave(self, planned, units, process):
        start(planned)
        process(str(planned.pk), "die", "2").wait(timeout=60)
        runner.sweep()
        assert Counter(states(planned))["pending"] == len(units) - 1, "its runner may yet live"
        ask(
            "UPDATE tenants_wave SET started_at = started_at - interval '2 minutes',"
            " seen_at = seen_at - interval '2 minutes'"
        )
        runner.sweep()
        check_whole(planned, units)

    def test_two_runners_share_the_work(self, planned, units, process):
        start(planned)
        children = [process(str(planned.pk), "slow", "0.15") for _ in range(2)]
        told = [child.communicate(timeout=90)[0].splitlines() for child in children]
        assert [lines[-1] for lines in told] == ["done", "done"]
        hands = [lines.count("in hand") for lines in told]
        assert min(hands) >= 1
        check_whole(planned, units)

    def test_a_lost_connection_is_made_again(self, planned, units, monkeypatch):
        """As when the database restarts: every backend is gone in the middle of a transaction."""
        start(planned)
        real, cut = runner.replay.send, []

        def cut_once(cursor, statements):
            real(cursor, statements)
            if not cut and states_elsewhere(planned).count("done") == 2:
                cut.append(1)
                end_backend_of(cursor)

        monkeypatch.setattr(runner.replay, "send", cut_once)
        assert runner.work(wave_id=planned.pk).state == WaveState.DONE
        assert cut
        check_whole(planned, units)


class TestPausing:
    def test_no_further_unit_is_taken(self, planned, units, process):
        start(planned)
        child = process(str(planned.pk), "slow", "0.3")
        child.stdout.readline()
        waves.pause(wave_id=planned.pk, reason="先看看", actor=OPERATOR, now=now())
        assert child.communicate(timeout=60)[0].splitlines()[-1] == "paused"
        done = Counter(states(planned))["done"]
        assert 1 <= done < len(units)
        time.sleep(0.2)
        assert Counter(states(planned))["done"] == done
        finish(planned)
        check_whole(planned, units)

    def test_acts_that_do_not_fit_the_state_are_refused(self, planned):
        with pytest.raises(waves.WaveNotIn):
            waves.pause(wave_id=planned.pk, reason="", actor=OPERATOR, now=now())
        finish(planned)
        with pytest.raises(waves.WaveNotIn):
            start(planned)
        with pytest.raises(waves.WaveNotIn):
            waves.give_up(wave_id=planned.pk, reason="不再需要", actor=OPERATOR, now=now())
        with pytest.raises(waves.StepNotIn):
            waves.skip(
                step_id=planned.steps.first().pk, reason="不再需要", actor=OPERATOR, now=now()
            )

    def test_a_reason_is_asked_for(self, planned):
        with pytest.raises(waves.ReasonMissing):
            waves.give_up(wave_id=planned.pk, reason=" ", actor=OPERATOR, now=now())
        with pytest.raises(waves.ReasonMissing):
            waves.skip(step_id=planned.steps.first().pk, reason="", actor=OPERATOR, now=now())


def states_elsewhere(wave):
    """Committed states, whatever the connection of the runner is doing."""
    connection.ensure_connection()
    return list(wave.steps.using("default").values_list("state", flat=True))


def end_backend_of(cursor):
    cursor.execute("SELECT pg_backend_pid()")
    (pid,) = cursor.fetchone()
    with psycopg.connect(f"{settings.TEST_DATABASE_SERVER}", autocommit=True) as server:
        server.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
