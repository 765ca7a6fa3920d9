"""Starting a wave, working it off, and looking at what became of it."""

from collections import Counter

from kernel.clock import now
from tenants.models import Unit
from tenants.rollout import Wave, WaveState
from tenants.services import runner, waves
from tests.tenants.waves.conftest import OPERATOR, has_column

COLUMN = 'migrations.AddField("event", "probe", models.IntegerField(null=True)),'


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
