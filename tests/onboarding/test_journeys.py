"""The probe goes the whole way as anybody would, counts nowhere, and leaves nothing."""

import datetime as dt

import pytest
from django.db import connection, connections

from kernel.clock import now
from kernel.unit import unit_context
from onboarding import selectors as openings
from onboarding.models import Closing, Event
from onboarding.services import discarding, journeys, overview
from shared_apps.fleet.services import standings
from shared_apps.payments.models import Order
from shared_apps.payments.simulator.server import PaySim
from shared_apps.people.models import Affiliation
from shared_apps.status.models import Component, Incident, JourneyRun, Outcome
from shared_apps.usage.models import Outbox, Report
from tenant_apps.dues.services import billing
from tenants import selectors as directory
from tenants.models import Transition, Unit, UnitKey, UnitState

pytestmark = pytest.mark.slow


@pytest.fixture
def committed(django_db_setup, django_db_blocker):
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


def test_goes_the_whole_way_and_leaves_nothing(committed, channel):
    before = (Unit.objects.count(), schemas())
    run = journeys.travel(now=now())
    assert run.outcome == Outcome.OK, steps_of(run)
    found = steps_of(run)
    assert found.pop("打开页面") == (Outcome.SKIPPED, "未设置网页地址")
    assert set(found.values()) == {(Outcome.OK, "")}
    assert (Unit.objects.count(), schemas()) == before
    for model in (Order, Affiliation, Outbox, Report, Closing, Event, Transition):
        assert not model.objects.exists(), model
    assert UnitKey.objects.count() == before[0]
    assert run.seconds < 60
