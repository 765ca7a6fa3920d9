"""The probe goes the whole way as anybody would, counts nowhere, and leaves nothing."""

import datetime as dt

import pytest
from django.db import connection, connections

from kernel.clock import now, today
from kernel.unit import shared_context
from onboarding import selectors as openings
from onboarding.models import Closing, Event
from onboarding.services import discarding, journeys
from shared_apps.fleet.models import Standing
from shared_apps.fleet.services import standings
from shared_apps.payments.models import Order
from shared_apps.payments.simulator.server import PaySim
from shared_apps.people.models import Affiliation
from shared_apps.status.models import Component, Incident, JourneyRun, Outcome
from shared_apps.usage import selectors as usage
from shared_apps.usage.models import Outbox, Report
from tenant_apps.dues.services import billing
from tenants import selectors as directory
from tenants.models import Transition, Unit, UnitKey, UnitState
from tenants.services import closing

pytestmark = pytest.mark.slow
SPAN = usage.span_asked_for({}, today=today())


@pytest.fixture
def committed(really_written, django_db_setup, django_db_blocker):
    """Everything is really written; the probe must take away all of it by itself."""
    with django_db_blocker.unblock():
        connection.set_schema_to_public()
        before = set(Unit.objects.values_list("pk", flat=True))
        try:
            yield
        finally:
            connection.set_schema_to_public()
            for left in Unit.objects.exclude(pk__in=before):
                discarding.scrap(unit=left, now=now())
            JourneyRun.objects.all().delete()
            Incident.objects.using("owner").all().delete()
            for alias in connections:
                connections[alias].close()


@pytest.fixture
def channel(settings, tmp_path):
    """The simulated channel, running."""
    settings.IS_DEMO, settings.DATA = True, tmp_path
    simulator = PaySim(tmp_path / "paysim")
    settings.PAYSIM_URL = simulator.address
    simulator.start()
    yield simulator
    simulator.stop()


def steps_of(run):
    return {step.name: (step.outcome, step.detail) for step in run.steps.all()}


def schemas():
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 't\\_%'")
        return cursor.fetchone()[0]


def rows_left():
    """What other tests of this process committed stays; the probe adds nothing to it."""
    kinds = (Order, Affiliation, Outbox, Report, Closing, Event, Transition)
    return {kind.__name__: kind.objects.count() for kind in kinds}


def test_goes_the_whole_way_and_leaves_nothing(committed, channel):
    before = (Unit.objects.count(), schemas(), rows_left())
    run = journeys.travel(now=now())
    assert run.outcome == Outcome.OK, steps_of(run)
    found = steps_of(run)
    assert found.pop("打开页面") == (Outcome.SKIPPED, "未设置网页地址")
    assert set(found.values()) == {(Outcome.OK, "")}
    assert (Unit.objects.count(), schemas(), rows_left()) == before
    assert UnitKey.objects.count() == before[0]
    assert run.seconds < 60


def test_pays_no_real_channel_and_says_so(committed):
    before = Order.objects.count()
    run = journeys.travel(now=now())
    found = steps_of(run)
    assert run.outcome == Outcome.OK, found
    assert found["支付党费"] == (Outcome.SKIPPED, "接入真实支付渠道，巡检不付款")
    assert found["核对收据"] == (Outcome.SKIPPED, "没有付款，无收据可核对")
    assert found["注销清理"] == (Outcome.OK, "")
    assert Order.objects.count() == before


def test_is_in_no_list_and_in_no_figure_while_it_lasts(committed, monkeypatch):
    """Looked at from within the last step, when the unit is at its fullest."""
    seen = {}

    def look(journey):
        unit = journey.place
        standings.refresh(now=now())
        seen["unit"] = Unit.objects.get(pk=unit.pk)
        seen["listed"] = directory.all_units().filter(pk=unit.pk).exists()
        seen["opening"] = openings.openings().filter(unit_id=unit.pk).exists()
        seen["line"] = Standing.objects.filter(unit_id=unit.pk).exists()
        seen["reports"] = Outbox.objects.filter(unit_id=unit.pk).exists()
        seen["sum"] = usage.everything(SPAN).units

    before = usage.everything(SPAN).units
    steps = (*journeys.STEPS[:-1], ("看", Component.OPENING, look), journeys.STEPS[-1])
    monkeypatch.setattr(journeys, "STEPS", steps)
    run = journeys.travel(now=now())
    assert run.outcome == Outcome.OK, steps_of(run)
    unit = seen.pop("unit")
    assert unit.is_synthetic
    assert unit.state == UnitState.TRIAL
    assert seen.pop("sum") == before
    assert set(seen.values()) == {False}


def test_a_step_that_fails_leaves_out_the_rest_and_still_takes_the_unit_away(
    committed, monkeypatch
):
    def broken(**kwargs):
        raise RuntimeError("13987654321")

    monkeypatch.setattr(billing, "issue_month", broken)
    before = (Unit.objects.count(), schemas(), rows_left())
    for _ in range(2):
        run = journeys.travel(now=now())
    found = steps_of(run)
    assert found["生成账单"] == (Outcome.FAILED, "RuntimeError")
    assert found["支付党费"] == (Outcome.SKIPPED, "「生成账单」没有通过")
    assert found["注销清理"] == (Outcome.OK, "")
    assert run.outcome == Outcome.FAILED
    assert (Unit.objects.count(), schemas(), rows_left()) == before
    assert Incident.objects.get().component == Component.DUES


def test_money_that_does_not_add_up_fails_the_closing_and_the_unit_goes_all_the_same(
    committed, monkeypatch
):
    """Without the payment and without the exemption one bill stays open."""
    monkeypatch.setattr(journeys, "_exempt_the_last", lambda journey: None)
    before = (Unit.objects.count(), schemas(), rows_left())
    run = journeys.travel(now=now())
    outcome, detail = steps_of(run)["注销清理"]
    assert outcome == Outcome.FAILED
    assert "0.20 元（1 笔）" in detail
    assert (Unit.objects.count(), schemas(), rows_left()) == before


def test_what_a_killed_run_left_is_swept_and_a_fresh_one_is_not(committed):
    journey = journeys.Journey(now())
    journeys._open(journey)
    assert discarding.sweep(now=now()) == 0
    assert discarding.sweep(now=now() + discarding.ABANDONED_AFTER + dt.timedelta(seconds=5)) == 1
    assert not directory.synthetic_units().exists()


def test_no_unit_of_a_client_can_be_discarded_or_forgotten(alpha):
    with shared_context():
        unit = Unit.objects.get(pk=alpha.pk)
        unit.is_synthetic = True  # the object in hand lies; the directory is asked
        for way in (discarding.close_down, discarding.scrap):
            with pytest.raises(discarding.NotSynthetic):
                way(unit=unit, now=now())
        assert Unit.objects.get(pk=alpha.pk).state == UnitState.TRIAL
        assert UnitKey.objects.get(unit_id=alpha.pk).destroyed_at is None


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_clients_unit_is_never_forgotten(alpha):
    before = closing.rows_of(alpha)
    with pytest.raises(closing.NotOfAProbe):
        closing.forget(unit_id=alpha.id)
    assert Unit.objects.using("owner").filter(pk=alpha.id).exists()
    assert closing.rows_of(alpha) == before
