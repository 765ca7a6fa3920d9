"""The line of a unit says what its sources say, and only lines that changed are written."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.clock import now
from kernel.unit import shared_context
from shared_apps.fleet.models import WEIGHTS, SchemaState, Standing, Trouble, Watermark
from shared_apps.fleet.services import standings
from shared_apps.status.services import errors
from shared_apps.usage import selectors as usage
from shared_apps.usage.models import Drift, UnitTotal
from shared_apps.usage.services import outbox, rollups
from tenants.archive.models import Backup, BackupKind, BackupState
from tenants.models import TemplateStep, Unit, UnitState
from tenants.rollout import DriftCause, DriftFinding
from tests.factories.fleet import make_fleet, settle_order

NOW = now()
HOUR = dt.timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shared():
    with shared_context():
        yield


@pytest.fixture
def unit(beta):
    """Beta, with a total and a backup of last night: nothing is wrong with it."""
    UnitTotal.objects.create(
        unit=beta,
        unit_role=beta.schema_name,
        organizations=7,
        members=120,
        activated=80,
        storage_bytes=4_000_000,
        as_of=NOW - HOUR,
    )
    back_up(beta, NOW - 6 * HOUR)
    return beta


def back_up(unit, at, *, kind=BackupKind.SCHEDULED, state=BackupState.DONE):
    return Backup.objects.create(
        unit=unit,
        kind=kind,
        state=state,
        requested_by_name="定时任务",
        requested_at=at,
        finished_at=at,
        storage_key="key",
        digest="digest",
    )


def line_of(unit, *, at=None):
    standings.refresh(now=at or NOW)
    return Standing.objects.get(unit=unit)


def test_gathers_what_other_apps_know(unit):
    line = line_of(unit)
    assert (line.organizations, line.members, line.activated) == (7, 120, 80)
    assert line.storage_bytes == 4_000_000
    assert line.active_at == NOW - HOUR
    assert line.backed_up_at == NOW - 6 * HOUR
    assert line.schema_state == SchemaState.CURRENT
    assert (line.troubles, line.score) == ([], 0)
    assert usage.as_of(standings.WORK) == NOW


def test_writes_only_lines_that_changed(unit):
    line_of(unit)
    assert line_of(unit, at=NOW + dt.timedelta(minutes=1)).changed_at == NOW
    UnitTotal.objects.filter(unit=unit).update(members=121)
    later = NOW + dt.timedelta(minutes=2)
    assert line_of(unit, at=later).changed_at == later


def test_spells_a_new_and_a_renamed_unit(unit):
    Unit.objects.filter(pk=unit.pk).update(name="彭城水务集团")
    assert line_of(unit).initials == "pcswjt"
    Unit.objects.filter(pk=unit.pk).update(name="彭城热力集团")
    line = line_of(unit)
    assert (line.initials, line.pinyin) == ("pcrljt", "pengchengrelijituan")


def test_a_closed_unit_has_no_line(unit):
    line_of(unit)
    Unit.objects.filter(pk=unit.pk).update(state=UnitState.CLOSED)
    standings.refresh(now=NOW)
    assert not Standing.objects.filter(unit=unit).exists()


class TestReconciliation:
    def test_is_what_channels_paid_less_what_the_unit_reported(self, unit):
        settle_order(unit, 2_500, now=NOW)
        line = line_of(unit)
        assert line.difference_fen == 2_500
        assert line.troubles == [Trouble.MONEY]
        UnitTotal.objects.filter(unit=unit).update(paid_fen=2_500)
        assert line_of(unit).difference_fen == 0

    def test_counts_a_report_that_is_not_folded_yet(self, unit):
        settle_order(unit, 2_500, now=NOW)
        outbox.emit(unit=unit, kind="payments", now=NOW, month=202611, count=1, paid_fen=2_500)
        assert line_of(unit).difference_fen == 0
        rollups.drain(now=NOW)
        assert line_of(unit).difference_fen == 0

    def test_adds_each_order_once_as_the_watermark_moves(self, unit):
        settle_order(unit, 1_000, now=NOW, settled=NOW - 2 * HOUR)
        settle_order(unit, 100, now=NOW, settled=NOW)
        for minutes in (0, 1, 30, 60):
            line = line_of(unit, at=NOW + dt.timedelta(minutes=minutes))
            assert line.difference_fen == 1_100
        assert line.settled_fen == 1_100
        assert Watermark.objects.get().at == NOW + dt.timedelta(minutes=50)

    def test_takes_in_an_order_that_committed_late(self, unit):
        line_of(unit)
        settle_order(unit, 700, now=NOW, settled=NOW - dt.timedelta(minutes=9))
        assert line_of(unit, at=NOW + dt.timedelta(minutes=1)).difference_fen == 700

    def test_the_nightly_recount_puts_a_wrong_sum_right(self, unit):
        settle_order(unit, 1_000, now=NOW, settled=NOW - 2 * HOUR)
        line_of(unit)
        Standing.objects.filter(unit=unit).update(settled_fen=999_999)
        assert line_of(unit).difference_fen == 999_999
        standings.recount(now=NOW)
        line = Standing.objects.get(unit=unit)
        assert (line.settled_fen, line.difference_fen) == (1_000, 1_000)

    def test_leaves_the_lines_alone_while_somebody_else_refreshes(self, unit, monkeypatch):
        line_of(unit)
        taken = Watermark.objects.none()
        monkeypatch.setattr(Watermark.objects, "select_for_update", lambda **_: taken)
        UnitTotal.objects.filter(unit=unit).update(members=121)
        assert line_of(unit).members == 120


class TestTroubles:
    def test_a_schema_behind_says_by_how_many_steps(self, unit):
        steps = list(TemplateStep.objects.values_list("migration", flat=True))
        Unit.objects.filter(pk=unit.pk).update(schema_version=steps[-3])
        line = line_of(unit)
        assert (line.schema_state, line.steps_behind) == (SchemaState.BEHIND, 2)
        assert line.troubles == [Trouble.BEHIND]

    def test_an_open_finding_is_a_quarantine(self, unit):
        found = DriftFinding.objects.create(
            unit_id=unit.pk,
            schema_name=unit.schema_name,
            cause=DriftCause.SHAPE,
            differences=[],
            found_at=NOW,
            checked_at=NOW,
        )
        line = line_of(unit)
        assert line.schema_state == SchemaState.QUARANTINED
        assert line.troubles == [Trouble.QUARANTINED]
        found.resolved_at = NOW
        found.save()
        assert line_of(unit).schema_state == SchemaState.CURRENT

    def test_a_backup_grows_old_after_two_days(self, unit):
        almost = NOW - 6 * HOUR + dt.timedelta(days=2)
        UnitTotal.objects.filter(unit=unit).update(as_of=almost)
        assert line_of(unit, at=almost).troubles == []
        assert line_of(unit, at=almost + HOUR).troubles == [Trouble.BACKUP]

    @pytest.mark.parametrize(
        ("kind", "state"),
        [
            (BackupKind.SCHEDULED, BackupState.FAILED),
            (BackupKind.SCHEDULED, BackupState.EXPIRED),
            (BackupKind.TAKEOUT, BackupState.DONE),
        ],
    )
    def test_only_a_backup_to_come_back_from_counts(self, unit, kind, state):
        back_up(unit, NOW, kind=kind, state=state)
        assert line_of(unit).backed_up_at == NOW - 6 * HOUR

    def test_failures_since_yesterday_are_a_trouble(self, unit):
        for days in (0, 1, 2, 6, 7):
            errors.note(unit_id=unit.pk, now=NOW - dt.timedelta(days=days))
        line = line_of(unit)
        assert (line.errors_day, line.errors_week) == (2, 4)
        assert line.troubles == [Trouble.ERRORS]

    def test_corrections_of_the_last_week_are_counted(self, unit):
        for days in (1, 6, 8):
            at = NOW - dt.timedelta(days=days)
            Drift.objects.create(
                unit_id=unit.pk,
                unit_role=unit.schema_name,
                metric="members",
                kept=1,
                found=2,
                at=at,
            )
        line = line_of(unit)
        assert (line.drifts, line.troubles) == (2, [Trouble.DRIFT])

    def test_a_unit_without_business_for_a_month_is_quiet(self, unit):
        UnitTotal.objects.filter(unit=unit).update(as_of=NOW - dt.timedelta(days=30, minutes=1))
        assert line_of(unit).troubles == [Trouble.QUIET]

    def test_a_registration_that_does_not_move_is_stuck(self, unit):
        Unit.objects.filter(pk=unit.pk).update(
            state=UnitState.OPENING, schema_version="", created_at=NOW - dt.timedelta(days=15)
        )
        line = line_of(unit)
        assert (line.schema_state, line.troubles) == (SchemaState.NONE, [Trouble.STUCK])

    def test_every_trouble_outweighs_all_lighter_ones(self):
        kinds = list(Trouble)
        for place, kind in enumerate(kinds):
            assert WEIGHTS[kind] > sum(WEIGHTS[lighter] for lighter in kinds[place + 1 :])

    def test_the_score_adds_up_the_weights(self, unit):
        settle_order(unit, 2_500, now=NOW)
        UnitTotal.objects.filter(unit=unit).update(as_of=NOW - dt.timedelta(days=31))
        line = line_of(unit)
        assert line.troubles == [Trouble.MONEY, Trouble.QUIET]
        assert line.score == WEIGHTS[Trouble.MONEY] + WEIGHTS[Trouble.QUIET]


def test_takes_as_many_statements_for_many_units_as_for_one(unit):
    def statements():
        with CaptureQueriesContext(connection) as asked:
            standings.refresh(now=NOW)
        return len(asked)

    make_fleet(3, now=NOW)
    standings.refresh(now=NOW)
    few = statements()
    make_fleet(300, now=NOW, seed=6)
    standings.refresh(now=NOW)
    assert statements() == few
