"""A wave reaches every unit that is behind, in the order of its stages and once."""

import re
from collections import Counter

import pytest
from django.db import connections

from kernel.clock import now
from kernel.models import uuid7
from tenants.models import ReadySchema, TemplateStep, Unit
from tenants.rollout import DriftFinding, Stage, StepState, Wave, WaveState
from tenants.services import replay, template, waves
from tests.tenants.statements import Recorder
from tests.tenants.waves.conftest import OPERATOR, ask, has_column
from tests.tenants.waves.driving import COLUMN, check_whole, finish, told

pytestmark = pytest.mark.xdist_group("waves")
INDEX = 'migrations.AddIndex("event", models.Index(fields=["ip"], name="probe")),'
TABLE = (
    'migrations.CreateModel("Probe", [("id", models.UUIDField(primary_key=True)),'
    ' ("n", models.IntegerField(db_index=True))]),'
)


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

    def test_statements_decide_how_many_share_a_transaction(self, releases):
        for operations, at_once in [
            (COLUMN, 25),
            (TABLE, 25),
            (INDEX, 5),
            (COLUMN.replace("probe", "other") + INDEX.replace('"probe"', '"other"'), 5),
            ("migrations.RunSQL(\"UPDATE audit_event SET ip = ''\"),", 1),
            ('migrations.AlterField("event", "code", models.TextField(unique=True)),', 1),
        ]:
            name = releases.add(operations)
            template.capture(now=now())
            step = TemplateStep.objects.using("owner").get(migration=name)
            assert replay.units_per_transaction([step]) == at_once, operations

    def test_what_may_rewrite_a_table_goes_alone(self):
        step = TemplateStep(statements=["ALTER TABLE audit_event ADD COLUMN n int DEFAULT f()"])
        assert replay.units_per_transaction([step]) == 1

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
