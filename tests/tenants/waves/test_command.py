"""``gongjian fleet WORD``."""

import io
import json

import pytest
from django.core.management import call_command

from kernel.clock import now
from tenants.rollout import Wave
from tenants.services import template
from tests.tenants.waves.conftest import ask, has_column

pytestmark = pytest.mark.xdist_group("waves")


def fleet(word, *arguments):
    """Exit code and what was said."""
    said, code = io.StringIO(), 0
    try:
        call_command("fleet", word, *arguments, stdout=said)
    except SystemExit as ended:
        code = ended.code
    return code, said.getvalue()


def test_nothing_to_migrate(units):
    code, said = fleet("migrate")
    assert (code, said) == (0, "所有单位都是最新结构，没有要做的。\n")
    assert json.loads(fleet("status", "--json")[1]) == {"wave": None, "behind": 0}


def test_migrate_plans_and_runs(releases, units):
    releases.add('migrations.AddField("event", "probe", models.IntegerField(null=True)),')
    template.capture(now=now())
    code, said = fleet("plan", "--json")
    assert (code, json.loads(said)["state"]) == (0, "rehearsed")
    code, said = fleet("migrate")
    assert code == 0
    assert f"全部阶段  {len(units)} / {len(units)}" in said
    assert "波次 1  已完成" in said
    assert all(has_column(unit) for unit in units)
    assert json.loads(fleet("status", "--json")[1])["behind"] == 0


def test_a_failure_is_said_with_exit_code_3_and_resume_goes_on(planned, units):
    ask(f"ALTER TABLE {units[0].schema_name}.audit_event ADD COLUMN probe int")
    code, said = fleet("migrate")
    assert code == 3
    assert units[0].name in said
    assert "already exists" in said
    assert fleet("migrate")[0] == 3, "a paused wave goes on by resume only"
    ask(f"ALTER TABLE {units[0].schema_name}.audit_event DROP COLUMN probe")
    assert fleet("resume")[0] == 0
    assert Wave.objects.get().state == "done"


def test_pausing_what_does_not_run_is_refused_in_a_sentence(planned):
    code, said = fleet("pause")
    assert code == 3
    assert "不能暂停" in said


def test_drift(units):
    assert fleet("drift")[0] == 0
    ask(f"ALTER TABLE {units[1].schema_name}.audit_event ADD COLUMN odd int")
    code, said = fleet("drift", "--json")
    assert (code, json.loads(said)) == (3, {"compared": len(units), "different": 1, "behind": 0})
