"""A wave loses nothing and repeats nothing, whoever dies in the middle of it."""

import re
import signal
import threading
import time
from collections import Counter
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections

from kernel.clock import now
from kernel.models import uuid7
from tenants.models import ReadySchema, TemplateStep, Unit
from tenants.rollout import DriftFinding, Stage, StepState, Wave, WaveState
from tenants.services import replay, runner, template, waves
from tests.tenants.statements import Recorder
from tests.tenants.waves.conftest import OPERATOR, ask, has_column, states, touch

pytestmark = pytest.mark.xdist_group("waves")
COLUMN = 'migrations.AddField("event", "probe", models.IntegerField(null=True)),'
INDEX = 'migrations.AddIndex("event", models.Index(fields=["ip"], name="probe")),'
TABLE = (
    'migrations.CreateModel("Probe", [("id", models.UUIDField(primary_key=True)),'
    ' ("n", models.IntegerField(db_index=True))]),'
)


def start(wave):
    waves.start(wave_id=wave.pk, actor=OPERATOR, now=now())


def finish(wave):
    start(wave)
    return runner.work(wave_id=wave.pk)


def told(wave):
    return list(wave.events.using("owner").order_by("at").values_list("what", flat=True))


def check_whole(wave, units):
    """Every unit has the column and the version, every ledger row is done exactly once."""
    assert all(has_column(unit) for unit in units)
    assert set(Unit.objects.values_list("schema_version", flat=True)) == {wave.to_version}
    rows = wave.steps.using("owner").filter(is_pool=False)
    assert Counter(rows.values_list("state", "attempts")) == {("done", 1): len(units)}
    assert not rows.filter(seconds=None).exists()
    held = Wave.objects.using("owner").get(pk=wave.pk)
    assert held.state == WaveState.DONE
    assert held.finished_at is not None


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


class TestPlanning:
    def test_nothing_behind_is_no_wave(self, units):
        assert waves.plan(actor=OPERATOR, now=now()) is None
        assert not Wave.objects.exists()

    def test_every_unit_behind_is_in_the_ledger_once(self, planned, units):
        assert planned.state == WaveState.REHEARSED
        assert {step.unit_id for step in planned.steps.all()} >= {unit.pk for unit in units}
        assert told(planned) == ["规划", "预演"]

    def test_planning_again_gives_the_same_wave(self, planned):
        assert waves.plan(actor=OPERATOR, now=now()).pk == planned.pk
        assert Wave.objects.count() == 1

    def test_stages_follow_from_the_id_alone(self, planned):
        before = dict(planned.steps.values_list("unit_id", "stage"))
        waves.give_up(wave_id=planned.pk, reason="重新规划", actor=OPERATOR, now=now())
        again = waves.plan(actor=OPERATOR, now=now())
        assert dict(again.steps.values_list("unit_id", "stage")) == before
        assert again.number == planned.number + 1

    def test_shares_of_the_stages(self):
        got = Counter(waves._stage_of(uuid7(), is_first=False) for _ in range(4000))
        assert got[Stage.CANARY] == 0
        assert 0.03 < got[Stage.FEW] / 4000 < 0.07
        assert 0.22 < got[Stage.QUARTER] / 4000 < 0.28

    def test_a_canary_goes_first(self, releases, units):
        waves.appoint(unit_id=units[3].pk, is_canary=True)
        releases.add(COLUMN)
        template.capture(now=now())
        wave = waves.plan(actor=OPERATOR, now=now())
        first = wave.steps.filter(is_pool=False).first()
        assert (first.unit_id, first.stage) == (units[3].pk, Stage.CANARY)

    def test_a_unit_in_quarantine_is_left_out_and_said_so(self, releases, units):
        moment = now()
        DriftFinding.objects.create(
            unit_id=units[2].pk, schema_name=units[2].schema_name, cause="shape",
            differences=[], found_at=moment, checked_at=moment,
        )  # fmt: skip
        releases.add(COLUMN)
        template.capture(now=now())
        wave = waves.plan(actor=OPERATOR, now=now())
        assert wave.steps.get(unit_id=units[2].pk).state == StepState.SKIPPED
        assert finish(wave).state == WaveState.DONE
        assert [has_column(unit) for unit in units].count(False) == 1
        assert not has_column(units[2])


class TestRunning:
    def test_brings_every_unit_up(self, planned, units):
        finish(planned)
        check_whole(planned, units)
        assert told(planned) == ["规划", "预演", "开始", "完成"]

    @pytest.mark.parametrize(
        ("operations", "at_once"),
        [
            (COLUMN, 25),
            (TABLE, 25),
            (INDEX, 5),
            (COLUMN + INDEX, 5),
            ("migrations.RunSQL(\"UPDATE audit_event SET ip = ''\"),", 1),
            ('migrations.AlterField("event", "code", models.TextField(unique=True)),', 1),
            ('migrations.RunSQL("ALTER TABLE audit_event ADD COLUMN n int DEFAULT f()"),', 1),
        ],
    )
    def test_statements_decide_how_many_share_a_transaction(self, releases, operations, at_once):
        name = releases.add(operations)
        if "f()" in operations:
            step = TemplateStep(statements=["ALTER TABLE audit_event ADD COLUMN n int DEFAULT f()"])
        else:
            template.capture(now=now())
            step = TemplateStep.objects.using("owner").get(migration=name)
        assert replay.units_per_transaction([step]) == at_once

    def test_light_statements_share_a_transaction(self, releases, units):
        releases.add(COLUMN)
        template.capture(now=now())
        wave = waves.plan(actor=OPERATOR, now=now())
        finish(wave)
        rows = wave.steps.filter(stage=Stage.REST)
        assert rows.values("started_at").distinct().count() == 1
        check_whole(wave, units)

    def test_what_writes_rows_takes_a_transaction_per_unit(self, planned, units):
        finish(planned)
        assert planned.steps.values("started_at").distinct().count() == planned.steps.count()

    def test_the_role_of_a_unit_may_use_a_new_table(self, releases, units):
        releases.add("migrations.RunSQL('CREATE TABLE \"dues_bill_probe\" (id uuid PRIMARY KEY)'),")
        template.capture(now=now())
        finish(waves.plan(actor=OPERATOR, now=now()))
        assert ask("SELECT to_regclass(%s)", f"{units[0].schema_name}.dues_bill_probe") != [(None,)]

    def test_stages_are_reached_in_order(self, planned, units):
        finish(planned)
        times = planned.steps.order_by("finished_at").values_list("stage", flat=True)
        assert list(times) == sorted(times)

    def test_a_schema_of_the_pool_takes_part(self, releases, units):
        moment = now()
        spare = units[0]
        # The pool's rows are the same thing seen from the other side: a schema without a unit.
        ReadySchema.objects.using("owner").create(
            id="019aa000-0000-7000-8000-000000000001", schema_name="t_" + "a" * 26,
            schema_version=spare.schema_version, made_at=moment,
        )  # fmt: skip
        owner = connections["owner"]
        with owner.cursor() as cursor:
            cursor.execute(f"CREATE ROLE {'t_' + 'a' * 26} NOLOGIN")
            cursor.execute(f"CREATE SCHEMA {'t_' + 'a' * 26}")
            cursor.execute(f"CREATE TABLE {'t_' + 'a' * 26}.audit_event (id uuid)")
        try:
            releases.add(COLUMN)
            template.capture(now=now())
            wave = waves.plan(actor=OPERATOR, now=now())
            assert wave.steps.get(is_pool=True).stage == Stage.CANARY
            finish(wave)
            held = ReadySchema.objects.using("owner").get(schema_name="t_" + "a" * 26)
            assert held.schema_version == wave.to_version
            assert has_column(held)
        finally:
            ReadySchema.objects.using("owner").filter(schema_name="t_" + "a" * 26).delete()
            with owner.cursor() as cursor:
                cursor.execute(f"DROP SCHEMA {'t_' + 'a' * 26} CASCADE")
                cursor.execute(f"DROP ROLE {'t_' + 'a' * 26}")

    def test_a_unit_that_went_away_is_passed_over(self, planned, units):
        Unit.objects.using("owner").filter(pk=units[4].pk).update(schema_version="")
        assert finish(planned).state == WaveState.DONE
        step = planned.steps.get(unit_id=units[4].pk)
        assert (step.state, step.error) == (StepState.SKIPPED, "结构已不存在。")
        assert not has_column(units[4])


class TestFailing:
    def test_the_first_failure_pauses_and_leaves_the_others_untouched(self, planned, units):
        first = planned.steps.filter(is_pool=False).first()
        wrong = next(unit for unit in units if unit.pk == first.unit_id)
        ask(f"ALTER TABLE {wrong.schema_name}.audit_event ADD COLUMN probe int")
        touch(wrong)
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
        touch(wrong)
        assert finish(wave).state == WaveState.PAUSED
        assert Counter(states(wave)) == {"done": len(units) - 1, "failed": 1}
        assert Unit.objects.get(pk=wrong.pk).schema_version != wave.to_version

    def test_a_skipped_unit_is_in_quarantine_with_the_error(self, planned, units):
        first = planned.steps.filter(is_pool=False).first()
        wrong = next(unit for unit in units if unit.pk == first.unit_id)
        ask(f"ALTER TABLE {wrong.schema_name}.audit_event ADD COLUMN probe int")
        touch(wrong)
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


def test_on_a_cluster_every_command_is_a_message_of_its_own(planned, units, settings):
    """There the server refuses several at once (deploy/citus.md)."""
    settings.DISTRIBUTED_SCHEMAS = True
    heard = Recorder()
    with connections["owner"].execute_wrapper(heard):
        wave = finish(planned)
    check_whole(wave, units)
    changes = [text for text in heard.texts if "ALTER TABLE" in text]
    assert len(changes) == len(units)
    assert [text for text in heard.texts if re.search(r";\s*\S", text)] == []
