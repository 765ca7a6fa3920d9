"""The nightly recount: agrees with the reports, and corrects what a lost report left behind."""

import pytest

from kernel.actor import Actor
from kernel.clock import Month, day_of, now
from kernel.unit import shared_context, unit_context
from onboarding.services import importing, reading, recounting, registration
from shared_apps.usage import selectors as usage
from shared_apps.usage.models import Drift, Outbox, UnitTotal
from shared_apps.usage.services import rollups
from tenant_apps.dues.services import billing
from tenants import selectors as units
from tenants.services import periodic
from tenants.work import PeriodicWork
from tests.onboarding.conftest import officer_named, registration_of
from tests.onboarding.test_reading import upload


@pytest.fixture
def imported(opening, roster, officer):
    row = upload(opening, roster, officer)
    reading.read(import_id=row.id)
    importing.approve(held=row, actor=officer, now=now())
    importing.store(import_id=row.id)
    with unit_context(row.unit_id):
        billing.issue_month(month=Month.of(day_of(now())), actor=Actor.system("test"), now=now())
    row.refresh_from_db()
    return row


def recount(row):
    with shared_context():
        return recounting.recount_unit(unit_id=row.unit_id, now=now())


def test_finds_what_the_reports_said(imported, roster):
    assert recount(imported) == 0
    with shared_context():
        assert not Outbox.objects.exists()
        found = usage.figures_by_unit(month=Month.of(day_of(now())))[imported.unit_id]
    assert found.members == roster.truth.accepted
    assert found.organizations == roster.truth.organisations
    assert found.month_due_fen == found.due_fen == roster.truth.monthly_dues_fen


def test_measures_what_the_tables_of_the_unit_take(imported):
    recount(imported)
    with shared_context():
        total = UnitTotal.objects.get()
    assert total.storage_bytes > 500_000
    assert total.storage_at is not None


def test_corrects_a_figure_that_went_astray_and_says_so(imported, roster):
    recount(imported)
    with shared_context():
        UnitTotal.objects.update(members=7)
    assert recount(imported) == 1
    with shared_context():
        drift = Drift.objects.get()
        assert (drift.kept, drift.found) == (7, roster.truth.accepted)
        assert UnitTotal.objects.get().members == roster.truth.accepted


def test_is_periodic_work_of_every_unit(imported):
    with shared_context():
        periodic.keep_rows(now=now())
        assert units.done_by_all(recounting.WORK) is None
        PeriodicWork.objects.filter(work=recounting.WORK).update(due_at=now())
        (held, *_) = taken = periodic.claim(cost="bulk", now=now())
        assert held.work.name == recounting.WORK
        assert all(periodic.perform(held, now=now()) for held in taken)
        assert units.done_by_all(recounting.WORK) is not None


@pytest.mark.slow
def test_counts_and_folds_in_one_snapshot(committed, roster):
    officer = officer_named("陆远")
    opening = registration.register(registration=registration_of(), actor=officer, now=now())
    row = upload(opening, roster, officer)
    reading.read(import_id=row.id)
    importing.approve(held=row, actor=officer, now=now())
    importing.store(import_id=row.id)
    assert recounting.recount_unit(unit_id=row.unit_id, now=now()) == 0
    rollups.drain()
    assert recounting.recount_unit(unit_id=row.unit_id, now=now()) == 0
