"""The nightly recount: agrees with the reports, and corrects what a lost report left behind."""

import pytest

from kernel.actor import Actor
from kernel.clock import Month, day_of, now
from kernel.models import uuid7
from kernel.unit import shared_context, unit_context
from onboarding.services import importing, reading, recounting, registration
from shared_apps.usage import selectors as usage
from shared_apps.usage.models import Drift, Outbox, UnitMonth, UnitTotal
from shared_apps.usage.services import rollups
from tenant_apps.dues.models import Bill, BillState
from tenant_apps.dues.selectors import bills
from tenant_apps.dues.services import billing
from tenant_apps.members import selectors as members
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


def test_counts_what_the_selectors_of_the_apps_count(imported):
    """The one statement says the same as the apps themselves."""
    actor, month = Actor.system("test"), Month.of(day_of(now())).value
    with unit_context(imported.unit_id):
        paid = Bill.objects.order_by("id")[:3]
        for bill in paid:
            Bill.objects.filter(pk=bill.pk).update(
                state=BillState.PAID, paid_fen=bill.due_fen, paid_at=now(), order_id=uuid7()
            )
        Bill.objects.filter(pk=Bill.objects.order_by("-id")[0].pk).update(
            state=BillState.EXEMPT, exempt_reason="生活困难", exempt_approved_by="党委会"
        )
        totals = bills.history(actor, [month])[month]
        people = members.members_visible_to(actor).count()
    assert recount(imported) > 0
    with shared_context():
        kept = UnitMonth.objects.get(month=month)
        assert UnitTotal.objects.get().members == people
    assert (kept.bills, kept.due_fen) == (totals.bills, totals.due_fen)
    assert (kept.payments, kept.paid_fen) == (totals.paid, totals.paid_fen)
    assert recount(imported) == 0


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
