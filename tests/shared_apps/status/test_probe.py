"""The probe at once: who may, never twice at the same time, how far it is, what becomes of it."""

import datetime as dt

import pytest

from kernel.clock import now as current
from onboarding.services import journeys
from shared_apps.status.models import Component, JourneyRun, Outcome
from shared_apps.status.services import runs
from tests.shared_apps.status.conftest import MINUTE, NOW

pytestmark = pytest.mark.django_db
EVERY = dt.timedelta(minutes=10)


@pytest.fixture
def sent(monkeypatch):
    """What was sent to the workers."""
    calls = []
    monkeypatch.setattr(type(journeys.run), "after_commit", lambda job: calls.append(job.name))
    return calls


def step(run, place=0, outcome=Outcome.OK):
    done = runs.Done("登记单位", Component.OPENING, outcome, 0.2)
    runs.note(run=run, position=place, done=done, now=current())


class TestAsking:
    def test_waits_for_a_worker_that_is_woken_and_is_written_down(self, operator, sent):
        assert operator.post("/status/probe/").status_code == 302
        run = JourneyRun.objects.get()
        assert run.is_waiting
        assert run.asked_by_name == "staff-operator"
        assert sent == ["onboarding.services.journeys.run"]
        assert journeys.run.queue == "bulk"

    def test_cannot_be_twice_at_once(self, operator, sent):
        assert operator.post("/api/v1/status/probe/").status_code == 202
        again = operator.post("/api/v1/status/probe/")
        assert (again.status_code, again.json()["code"]) == (409, "probe_under_way")
        assert operator.post("/status/probe/").status_code == 302
        assert JourneyRun.objects.count() == len(sent) == 1

    def test_nor_beside_the_one_by_the_clock(self, operator, sent):
        runs.begin(now=current())
        assert operator.post("/api/v1/status/probe/").status_code == 409
        assert sent == []

    def test_is_for_who_reports(self, auditor, outreach, sent):
        for client in (auditor, outreach):
            assert client.post("/status/probe/").status_code == 403
            assert client.post("/api/v1/status/probe/").status_code == 403
        assert not JourneyRun.objects.exists()
        assert "立即巡检" not in auditor.get("/status/").content.decode()


class TestTheRun:
    def test_takes_what_was_asked_for_once(self, actor):
        asked = runs.ask(actor=actor, now=NOW)
        taken = runs.begin(now=NOW + MINUTE, planned=7, every=EVERY)
        assert (taken.pk, taken.taken_at, taken.planned) == (asked.pk, NOW + MINUTE, 7)
        assert runs.begin(now=NOW + 2 * MINUTE, planned=7, every=EVERY) is None

    def test_is_due_when_the_last_one_is_old_enough(self):
        first = runs.begin(now=NOW, every=EVERY)
        runs.finish(run=first, now=NOW + MINUTE)
        assert runs.begin(now=NOW + 9 * MINUTE, every=EVERY) is None
        assert runs.begin(now=NOW + 10 * MINUTE, every=EVERY) is not None

    def test_does_not_wait_for_a_clock_that_went_back(self):
        first = runs.begin(now=NOW + 600 * MINUTE, every=EVERY)
        runs.finish(run=first, now=NOW + 601 * MINUTE)
        assert runs.begin(now=NOW, every=EVERY) is not None

    def test_asked_for_and_taken_by_nobody_counts_as_failed(self, actor):
        asked = runs.ask(actor=actor, now=NOW)
        assert runs.ask(actor=actor, now=NOW + 15 * MINUTE).pk != asked.pk
        asked.refresh_from_db()
        assert asked.outcome == Outcome.FAILED

    def test_by_the_clock_does_what_was_asked_for_and_nothing_between(self, actor, monkeypatch):
        done = []
        monkeypatch.setattr(journeys, "STEPS", (("看", Component.ACCESS, done.append),))
        runs.ask(actor=actor, now=current())
        journeys.run()
        journeys.run()
        assert len(done) == 1
        run = JourneyRun.objects.get()
        assert (run.outcome, run.planned) == (Outcome.OK, 1)

    def test_the_first_one_waits_for_the_web(self, settings, monkeypatch):
        monkeypatch.setattr(journeys, "STEPS", (("看", Component.ACCESS, lambda _: None),))
        settings.PROBE_ORIGIN = "http://127.0.0.1:9"
        journeys.run()
        assert not JourneyRun.objects.exists()
        settings.PROBE_ORIGIN = ""
        journeys.run()
        settings.PROBE_ORIGIN = "http://127.0.0.1:9"
        JourneyRun.objects.update(started_at=current() - dt.timedelta(days=1))
        journeys.run()
        assert JourneyRun.objects.count() == 2, "later ones are to find out that it is away"


class TestThePage:
    def test_shows_how_far_it_is(self, operator, actor):
        runs.ask(actor=actor, now=current())
        waiting = operator.get("/status/").content.decode()
        assert "巡检已排队" in waiting
        assert 'hx-get="/status/probe/"' in waiting
        run = runs.begin(now=current(), planned=7)
        step(run)
        part = operator.get("/status/probe/").content.decode()
        assert "1 / 7 步" in part
        assert "刚完成「登记单位」" in part
        assert actor.name in part

    def test_is_read_anew_when_it_is_done_and_shows_the_result(self, operator, actor):
        runs.ask(actor=actor, now=current())
        run = runs.begin(now=current(), planned=1)
        step(run, outcome=Outcome.FAILED)
        assert "HX-Refresh" not in operator.get("/status/probe/").headers
        runs.finish(run=run, now=current())
        assert operator.get("/status/probe/").headers["HX-Refresh"] == "true"
        page = operator.get("/status/").content.decode()
        assert "未通过" in page
        assert f"{actor.name}发起" in page

    def test_auditors_watch(self, auditor, outreach):
        assert auditor.get("/status/probe/").status_code == 200
        assert outreach.get("/status/probe/").status_code == 403
