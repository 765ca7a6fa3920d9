"""Steps are captured once, rehearsed, and never changed behind the back of a schema."""

import pytest
from django.db.migrations.migration import Migration

from kernel.clock import now
from tenants.models import TemplateStep
from tenants.services import installation, shape, template, waves
from tests.tenants.waves.conftest import OPERATOR, ask, has_column

pytestmark = pytest.mark.xdist_group("waves")
COLUMN = 'migrations.AddField("event", "probe", models.CharField(max_length=9, null=True)),'


def steps():
    return list(TemplateStep.objects.using("owner").values_list("position", "migration"))


def test_a_new_migration_is_appended_whatever_the_order_of_its_app(releases):
    before = steps()
    name = releases.add(COLUMN)
    assert template.capture(now=now()) == 1
    assert steps() == [*before, (len(before) + 1, name)]
    made = TemplateStep.objects.using("owner").get(migration=name)
    assert made.statements == ['ALTER TABLE "audit_event" ADD COLUMN "probe" varchar(9) NULL']
    assert len(made.checksum) == len(made.source) == 64


def test_capturing_again_changes_nothing(releases):
    releases.add(COLUMN)
    template.capture(now=now())
    before = list(TemplateStep.objects.using("owner").values())
    assert template.capture(now=now()) == 0
    assert list(TemplateStep.objects.using("owner").values()) == before


def test_the_template_schema_is_what_the_replay_made(releases):
    releases.add(COLUMN)
    template.capture(now=now())
    found = shape.facts_of(template.TEMPLATE_SCHEMA)
    assert found[shape.Thing("column", "audit_event.probe")] == "character varying(9)"
    assert ask("SELECT to_regnamespace('unit_scratch')") == [(None,)]


def test_a_replayed_step_whose_file_changed_is_refused(releases, units):
    name = releases.add(COLUMN)
    installation.install(now=now())
    assert has_column(units[0])
    releases.overwrite(name, releases.read(name).replace("max_length=9", "max_length=8"))
    before = list(TemplateStep.objects.using("owner").values())
    with pytest.raises(template.StepChanged) as refused:
        template.capture(now=now())
    assert name in refused.value.message
    assert "新的迁移" in refused.value.message
    assert list(TemplateStep.objects.using("owner").values()) == before


def test_a_replayed_step_whose_file_is_gone_is_refused(releases):
    name = releases.add(COLUMN)
    installation.install(now=now())
    releases.remove(name)
    with pytest.raises(template.StepChanged):
        template.capture(now=now())


def test_a_comment_in_a_replayed_file_is_no_change(releases):
    name = releases.add(COLUMN)
    installation.install(now=now())
    before = TemplateStep.objects.using("owner").get(migration=name)
    releases.overwrite(name, "# a remark\n" + releases.read(name))
    assert template.capture(now=now()) == 0
    after = TemplateStep.objects.using("owner").get(migration=name)
    assert (after.checksum, after.statements) == (before.checksum, before.statements)
    assert after.source != before.source


def test_a_step_that_nobody_has_seen_may_still_be_rewritten(releases):
    name = releases.add(COLUMN)
    template.capture(now=now())
    releases.overwrite(name, releases.read(name).replace("max_length=9", "max_length=8"))
    assert template.capture(now=now()) == 1
    made = TemplateStep.objects.using("owner").get(migration=name)
    assert made.statements == ['ALTER TABLE "audit_event" ADD COLUMN "probe" varchar(8) NULL']
    found = shape.facts_of(template.TEMPLATE_SCHEMA)
    assert found[shape.Thing("column", "audit_event.probe")] == "character varying(8)"


def test_what_cannot_be_replayed_leaves_the_template_as_it_was(releases):
    before = steps()
    for operations, said in [
        ("migrations.RunPython(lambda apps, editor: None),", "RunPython"),
        ('migrations.RunSQL("UPDATE audit_event SET no_such = 1"),', "no_such"),
        (
            (
                "type('Many', (Operation,), {"
                "'state_forwards': lambda *a: None, 'describe': lambda self: 'many',"
                "'database_forwards': lambda self, app, editor, *a: editor.connection.cursor()"
                ".executemany('UPDATE audit_event SET ip = %s', [['1'], ['2']])})(),"
            ),
            "executemany",
        ),
        ('migrations.RunSQL("CREATE SEQUENCE probe"),', "序列"),  # a cluster would refuse it
    ]:
        name = releases.add(operations)
        with pytest.raises(Exception, match=said):
            template.capture(now=now())
        assert steps() == before
        assert ask("SELECT to_regnamespace('unit_scratch')") == [(None,)]
        releases.remove(name)


def test_a_step_that_replays_differently_is_refused(releases):
    """Dynamic SQL looks at the schema it is captured in; replayed it would do something else."""
    releases.add(
        "migrations.RunSQL(\"DO $$ BEGIN IF current_schema() = 'unit_scratch' THEN"
        ' ALTER TABLE audit_event ADD COLUMN odd int; END IF; END $$"),'
    )
    with pytest.raises(template.NotReplayable):
        template.capture(now=now())


def test_no_step_is_added_under_an_unfinished_wave(planned, releases):
    before = steps()
    releases.add('migrations.AddField("event", "later", models.IntegerField(null=True)),')
    with pytest.raises(template.WaveUnfinished) as refused:
        template.capture(now=now())
    assert str(planned.number) in refused.value.message
    assert steps() == before
    waves.give_up(wave_id=planned.pk, reason="换一个版本", actor=OPERATOR, now=now())
    assert template.capture(now=now()) == 1


def test_setup_brings_a_small_fleet_up_at_once(releases, units):
    releases.add(COLUMN)
    done = installation.install(now=now())
    assert done["captured_steps"] == 1
    assert done["wave"]["state"] == "done"
    assert all(has_column(unit) for unit in units)
    assert installation.install(now=now()) == {"captured_steps": 0, "wave": None}


def test_setup_leaves_a_large_fleet_to_a_wave(releases, units, monkeypatch):
    monkeypatch.setattr(installation, "AT_ONCE", 3)
    releases.add(COLUMN)
    done = installation.install(now=now())
    assert done["wave"] == {"number": 1, "state": "rehearsed", "schemas": len(units)}
    assert not any(has_column(unit) for unit in units)


def test_of_unchanged_files_the_kept_text_is_taken(releases, monkeypatch):
    """Neither run again nor asked anew: a later Django may word the same change differently."""
    releases.add(COLUMN)
    template.capture(now=now())
    ran = []
    apply = Migration.apply
    monkeypatch.setattr(
        Migration, "apply", lambda self, *rest: ran.append(self.name) or apply(self, *rest)
    )
    name = releases.add('migrations.AddField("event", "later", models.IntegerField(null=True)),')
    before = list(TemplateStep.objects.using("owner").values())
    assert template.capture(now=now()) == 1
    assert ran == [name.partition(".")[2]]
    kept = TemplateStep.objects.using("owner").exclude(migration=name)
    assert list(kept.values()) == before
