"""What the probe found becomes an incident after two failures and ends after two successes."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from kernel.unit import shared_context
from shared_apps.status.models import Component, Incident, JourneyRun, Outcome, UnitFailures
from shared_apps.status.selectors import runs as read
from shared_apps.status.selectors.errors import errors_since
from shared_apps.status.services import errors, incidents, runs
from tests.shared_apps.status.conftest import MINUTE, NOW

pytestmark = pytest.mark.django_db
OK, FAILED, SKIPPED = Outcome.OK, Outcome.FAILED, Outcome.SKIPPED
DAY = dt.timedelta(days=1)


def travel(at, *, payment=OK, opening=OK):
    run = runs.begin(now=at)
    steps = (("登记单位", Component.OPENING, opening), ("支付党费", Component.PAYMENT, payment))
    for place, (name, component, outcome) in enumerate(steps):
        done = runs.Done(name, component, outcome, 0.1)
        runs.note(run=run, position=place, done=done, now=at)
    runs.finish(run=run, now=at)
    return run


def travel_all(*outcomes):
    for place, outcome in enumerate(outcomes):
        travel(NOW + place * MINUTE, payment=outcome)


def open_ones():
    return list(Incident.objects.filter(resolved_at=None))


class TestIncidents:
    def test_one_failure_is_none(self):
        travel_all(OK, FAILED)
        assert open_ones() == []

    def test_two_in_a_row_open_one_and_a_third_no_other(self):
        travel_all(FAILED, FAILED)
        (made,) = open_ones()
        assert (made.component, made.opened_by, made.opened_by_name) == (
            Component.PAYMENT, None, "自动巡检",
        )  # fmt: skip
        assert "支付党费" in made.updates.get().text
        travel(NOW + 5 * MINUTE, payment=FAILED)
        assert open_ones() == [made]

    def test_two_successes_end_it_and_one_does_not(self):
        travel_all(FAILED, FAILED, OK)
        assert len(open_ones()) == 1
        travel(NOW + 5 * MINUTE)
        assert open_ones() == []
        assert Incident.objects.get().resolved_at == NOW + 5 * MINUTE

    def test_what_was_left_out_says_nothing_either_way(self):
        travel_all(FAILED, SKIPPED, SKIPPED, FAILED)
        assert len(open_ones()) == 1
        travel(NOW + 8 * MINUTE, payment=SKIPPED)
        travel(NOW + 9 * MINUTE, payment=SKIPPED)
        assert len(open_ones()) == 1

    def test_an_operators_incident_is_not_the_probes_to_end(self, actor):
        made = incidents.report(
            title="支付维护", component="payment", severity="notice", text="今晚维护。",
            actor=actor, now=NOW,
        )  # fmt: skip
        travel_all(OK, OK, OK)
        assert open_ones() == [made]

    def test_parts_are_judged_each_for_itself(self):
        travel(NOW, payment=FAILED, opening=OK)
        travel(NOW + MINUTE, payment=OK, opening=FAILED)
        assert open_ones() == []


class TestRuns:
    def test_only_one_at_a_time(self):
        assert runs.begin(now=NOW) is not None
        assert runs.begin(now=NOW + MINUTE) is None

    def test_one_that_was_killed_counts_as_failed_after_a_quarter_of_an_hour(self):
        killed = runs.begin(now=NOW)
        assert runs.begin(now=NOW + 15 * MINUTE) is not None
        killed.refresh_from_db()
        assert killed.outcome == FAILED

    def test_are_kept_for_90_days(self):
        old, kept = travel(NOW - 91 * DAY), travel(NOW - 89 * DAY)
        runs.prune(now=NOW)
        assert list(JourneyRun.objects.all()) == [kept]
        assert not JourneyRun.objects.filter(pk=old.pk).exists()

    def test_the_last_success_is_known(self):
        assert read.last_success_at() is None
        travel_all(OK, FAILED)
        assert read.last_success_at() == NOW


class TestFailuresOfUnits:
    def test_are_counted_by_unit_and_day_of_beijing(self, alpha, beta):
        almost_midnight = dt.datetime(2026, 11, 22, 15, 59, tzinfo=dt.UTC)
        for at in (almost_midnight, almost_midnight, almost_midnight + MINUTE):
            errors.note(unit_id=alpha.pk, now=at)
        errors.note(unit_id=beta.pk, now=almost_midnight + MINUTE)
        with shared_context():
            today, tomorrow = dt.date(2026, 11, 22), dt.date(2026, 11, 23)
            assert errors_since(today) == {alpha.pk: 3, beta.pk: 1}
            assert errors_since(tomorrow) == {alpha.pk: 1, beta.pk: 1}

    def test_old_days_are_forgotten(self, alpha):
        errors.note(unit_id=alpha.pk, now=NOW - 91 * DAY)
        errors.note(unit_id=alpha.pk, now=NOW)
        with shared_context():
            assert errors.prune(now=NOW) == 1

    def test_a_unit_cannot_read_them(self, alpha):
        query = "SELECT * FROM public.status_unitfailures"
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(query)

    def test_can_be_counted_after_a_transaction_that_broke(self, alpha):
        with pytest.raises(DatabaseError, match="division"), transaction.atomic():
            connection.cursor().execute("SELECT 1/0")
        errors.note(unit_id=alpha.pk, now=NOW)
        with shared_context():
            assert UnitFailures.objects.get().count == 1
