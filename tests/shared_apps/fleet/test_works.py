"""Periodic work of a unit that failed or is late: shown as a trouble, told, done at once."""

import datetime as dt

import pytest

from kernel.clock import now
from kernel.unit import shared_context
from shared_apps.fleet.models import Standing, Trouble, WorkRetry
from shared_apps.fleet.services import standings
from tenants import timetable
from tenants.models import SERVING, Unit, UnitState
from tenants.services import periodic
from tenants.work import PeriodicWork

NOW = now()
ERROR = "OperationalError"


@pytest.fixture
def work():
    """A work that every unit in service has, and none that is suspended."""
    works = timetable.registered().values()
    return next(one for one in works if one.states == SERVING)


@pytest.fixture
def late(fleet, work):
    """Alpha's work is three hours late; beta's failed twice and waits for its next try."""
    alpha, beta = fleet
    with shared_context():
        PeriodicWork.objects.all().delete()
        periodic.keep_rows(now=NOW)
        PeriodicWork.objects.update(due_at=NOW + dt.timedelta(hours=1))
        rows = PeriodicWork.objects.filter(work=work.name)
        rows.filter(unit=alpha).update(due_at=NOW - dt.timedelta(hours=3))
        rows.filter(unit=beta).update(attempts=2, last_error=ERROR)
        standings.refresh(now=NOW)
    return alpha, beta


def standing(unit):
    with shared_context():
        return Standing.objects.get(unit=unit)


def row_of(unit, work):
    with shared_context():
        return PeriodicWork.objects.get(unit=unit, work=work.name)


class TestTheList:
    def test_counts_it_as_a_trouble(self, late, operator):
        for unit in late:
            assert standing(unit).late_works == 1
            assert Trouble.WORK in standing(unit).troubles
        page = operator.get("/fleet/?trouble=work").content.decode()
        assert "1 项定时任务逾期或失败" in page
        assert late[0].label in page

    def test_sorts_by_it(self, late, work, operator):
        with shared_context():
            Standing.objects.filter(unit=late[1]).update(late_works=4)
        found = operator.get("/api/v1/fleet/units/?sort=-works&trouble=work").json()["results"]
        assert [one["label"] for one in found] == [late[1].label, late[0].label]

    def test_forgets_it_when_it_is_done(self, late):
        with shared_context():
            PeriodicWork.objects.update(attempts=0, due_at=NOW + dt.timedelta(hours=1))
            standings.refresh(now=NOW)
        assert standing(late[0]).late_works == 0
        assert Trouble.WORK not in standing(late[0]).troubles

    def test_counts_nothing_that_is_not_done_in_the_units_state(self, late, work):
        with shared_context():
            Unit.objects.filter(pk=late[0].pk).update(state=UnitState.SUSPENDED)
            standings.refresh(now=NOW)
        assert standing(late[0]).late_works == 0

    def test_counts_nothing_that_is_being_done(self, late, work):
        with shared_context():
            PeriodicWork.objects.filter(unit=late[1], work=work.name).update(
                claimed_until=NOW + dt.timedelta(minutes=5)
            )
            standings.refresh(now=NOW)
        assert standing(late[1]).late_works == 0


class TestTheUnitPage:
    def test_tells_what_and_why(self, late, work, operator):
        first, second = (operator.get(f"/fleet/{unit.pk}/").content.decode() for unit in late)
        assert work.label in first
        assert "逾期 3 小时" in first
        assert "失败 2 次" in second
        assert ERROR in second
        assert "现在重试" in second

    def test_offers_nothing_to_who_only_looks(self, late, work, auditor):
        page = auditor.get(f"/fleet/{late[0].pk}/").content.decode()
        assert work.label in page
        assert "现在重试" not in page


class TestRetrying:
    def url(self, unit):
        return f"/fleet/{unit.pk}/work/retry/"

    def test_makes_it_due_wakes_a_worker_and_is_written_down(
        self, late, work, operator, monkeypatch
    ):
        woken = []
        monkeypatch.setattr(periodic, "_wake", woken.append)
        assert operator.post(self.url(late[1]), {"work": work.name}).status_code == 302
        assert woken == [work.cost]
        assert row_of(late[1], work).due_at <= now()
        assert row_of(late[0], work).due_at == NOW - dt.timedelta(hours=3)
        with shared_context():
            kept = WorkRetry.objects.get()
        assert (kept.unit_id, kept.work, kept.actor_name) == (
            late[1].pk, work.name, "staff-operator",
        )  # fmt: skip
        told = operator.get(f"/fleet/{late[1].pk}/?kind=work").content.decode()
        assert f"重试「{work.label}」" in told

    def test_leaves_alone_what_is_being_done(self, late, work, operator):
        with shared_context():
            PeriodicWork.objects.filter(work=work.name).update(
                claimed_until=now() + dt.timedelta(minutes=5)
            )
        before = row_of(late[1], work).due_at
        given = {"work": work.name}
        api = f"/api/v1/fleet/units/{late[1].pk}/work/retry/"
        answer = operator.post(api, given, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (409, "work_in_hand")
        assert operator.post(self.url(late[1]), given).status_code == 302
        assert row_of(late[1], work).due_at == before
        with shared_context():
            assert not WorkRetry.objects.exists()

    def test_of_what_is_not_there_is_refused(self, late, operator):
        answer = operator.post(
            f"/api/v1/fleet/units/{late[0].pk}/work/retry/", {"work": "nothing.such"},
            content_type="application/json",
        )  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (404, "work_unknown")

    def test_is_not_for_who_only_looks(self, late, work, auditor):
        assert auditor.post(self.url(late[1]), {"work": work.name}).status_code == 403
        api = f"/api/v1/fleet/units/{late[1].pk}/work/retry/"
        given = {"work": work.name}
        assert auditor.post(api, given, content_type="application/json").status_code == 403
        with shared_context():
            assert not WorkRetry.objects.exists()

    def test_does_the_same_by_the_api(self, late, work, operator):
        base = f"/api/v1/fleet/units/{late[1].pk}/work/"
        (told,) = operator.get(base).json()
        assert (told["work"], told["attempts"], told["error"]) == (work.name, 2, ERROR)
        given = {"work": work.name}
        done = operator.post(f"{base}retry/", given, content_type="application/json")
        assert (done.status_code, done.json()["label"]) == (202, work.label)
        assert row_of(late[1], work).due_at <= now()
