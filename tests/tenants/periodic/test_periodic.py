"""Every unit gets its turn and nobody gets two, whatever fails and whatever the clock does."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from django.db import connection

from kernel.clock import now
from kernel.models import uuid7
from kernel.unit import Purpose
from tenants import selectors, timetable
from tenants.models import PeriodicWork, Unit, UnitState
from tenants.services import periodic
from tests.tenants.periodic.conftest import (
    DAY,
    SEEN,
    directory,
    everything_due,
    fail,
    register,
    rows_of,
)


class TestRows:
    def test_are_made_for_all_units_at_once_and_only_once(self, db, django_assert_max_num_queries):
        work = register()
        with django_assert_max_num_queries(8):
            assert periodic.keep_rows(now=now()) == Unit.objects.exclude(schema_version="").count()
        assert periodic.keep_rows(now=now()) == 0
        made = directory(1)[0]
        assert periodic.keep_rows(now=now()) == 1
        assert rows_of(work).filter(unit=made).exists()

    def test_are_spread_evenly_over_the_period(self, db):
        directory(2_400)
        work, moment = register(), now()
        periodic.keep_rows(now=moment)
        due = [at.timestamp() for at in rows_of(work).values_list("due_at", flat=True)]
        assert all(moment.timestamp() < at <= moment.timestamp() + DAY for at in due)
        hours = Counter(int(at % DAY // 3600) for at in due)
        # 100 an hour are expected; five standard deviations either way never happen by chance.
        assert len(hours) == 24
        assert all(50 < number < 150 for number in hours.values())

    def test_of_two_works_lie_apart(self, db):
        unit = directory(1)[0]
        works = [register(name="one"), register(name="two")]
        periodic.keep_rows(now=now())
        one, two = (rows_of(work).get(unit=unit).due_at for work in works)
        assert one != two

    def test_keep_to_the_window_of_the_work(self, db):
        directory(200)
        work = register(opens_at=17 * 3600, window=4 * 3600)
        periodic.keep_rows(now=now())
        hours = {at.hour for at in rows_of(work).values_list("due_at", flat=True)}
        assert hours == {17, 18, 19, 20}

    def test_go_when_a_unit_is_closed_or_a_work_is_given_up(self, db, monkeypatch):
        gone, stays = directory(2)
        work = register()
        periodic.keep_rows(now=now())
        Unit.objects.filter(pk=gone.pk).update(state=UnitState.CLOSED)
        periodic.keep_rows(now=now())
        assert not rows_of(work).filter(unit=gone).exists()
        assert rows_of(work).filter(unit=stays).exists()
        monkeypatch.setattr(timetable, "_works", {})
        periodic.keep_rows(now=now())
        assert not PeriodicWork.objects.exists()


class TestTurns:
    def test_are_done_in_the_units_context_and_marked(self, alpha, beta):
        work = register(purpose=Purpose.WORK)
        connection.set_schema_to_public()
        moment = now()
        periodic.keep_rows(now=moment)
        everything_due(moment)
        periodic.run(cost="bulk")
        assert sorted(SEEN) == sorted((str(u.pk), u.pk) for u in (alpha, beta))
        for row in rows_of(work):
            assert row.last_done_at >= moment
            assert moment < row.due_at <= now() + dt.timedelta(days=1)
            assert (row.claim, row.attempts, row.last_error) == (None, 0, "")
            assert row.last_seconds < 5
        periodic.run(cost="bulk")
        assert len(SEEN) == 2

    def test_are_claimed_by_nobody_else_meanwhile(self, db):
        directory(60)
        register()
        moment = now()
        periodic.keep_rows(now=moment)
        everything_due(moment)
        first = periodic.claim(cost="bulk", now=moment)
        second = periodic.claim(cost="bulk", now=moment)
        assert (len(first), len(second)) == (50, 60 + 2 - 50)
        assert not {held.id for held in first} & {held.id for held in second}

    @pytest.mark.parametrize("state", [UnitState.SUSPENDED, UnitState.CLOSED, UnitState.OPENING])
    def test_skip_units_that_do_not_serve(self, db, state):
        unit = directory(1)[0]
        register()
        moment = now()
        periodic.keep_rows(now=moment)
        everything_due(moment)
        Unit.objects.filter(pk=unit.pk).update(state=state)
        periodic.run(cost="bulk")
        assert unit.pk not in {unit_id for _, unit_id in SEEN}

    def test_skip_a_unit_suspended_after_the_claim(self, db):
        unit = directory(1)[0]
        work = register()
        moment = now()
        periodic.keep_rows(now=moment)
        rows_of(work).filter(unit=unit).update(due_at=moment)
        (held,) = periodic.claim(cost="bulk", now=moment)
        Unit.objects.filter(pk=unit.pk).update(state=UnitState.SUSPENDED)
        assert not periodic.perform(held, now=moment)
        assert SEEN == []
        assert rows_of(work).get(unit=unit).claim is None

    def test_of_one_unit_do_not_run_beside_each_other(self, db):
        busy, calm = directory(2)
        for name in ("one", "two", "three"):
            register(name=name)
        moment = now()
        periodic.keep_rows(now=moment)
        PeriodicWork.objects.exclude(unit__in=[busy, calm]).delete()
        everything_due(moment)
        PeriodicWork.objects.filter(unit=busy).update(due_at=moment - dt.timedelta(hours=1))
        held = periodic.claim(cost="bulk", now=moment)
        assert Counter(row.unit_id for row in held) == {busy.pk: 1, calm.pk: 1}
        assert periodic.claim(cost="bulk", now=moment) == []
        for row in held:
            periodic.perform(row, now=moment)
        again = periodic.claim(cost="bulk", now=moment)
        assert Counter(row.unit_id for row in again) == {busy.pk: 1, calm.pk: 1}

    def test_a_message_calls_for_the_next_batch_while_there_is_one(
        self, db, django_capture_on_commit_callbacks
    ):
        directory(120)
        register()
        moment = now()
        periodic.keep_rows(now=moment)
        everything_due(moment)
        with django_capture_on_commit_callbacks(execute=True):
            periodic.tick()
        assert len(SEEN) == 122
        assert len(set(SEEN)) == 122


class TestFailure:
    def test_of_one_unit_holds_up_no_other_and_is_shown(self, db):
        directory(3)
        bad, good = register(fail, name="bad"), register(name="good")
        moment = now()
        periodic.keep_rows(now=moment)
        everything_due(moment)
        for _ in range(2):
            periodic.run(cost="bulk")
        assert rows_of(good).filter(last_done_at=None).count() == 0
        for row in rows_of(bad):
            assert (row.last_error, row.attempts, row.claim) == ("not_today", 1, None)
            assert row.due_at > moment + dt.timedelta(seconds=50)
        found = selectors.work_in_trouble(now=moment + dt.timedelta(minutes=1))
        assert {row.work for row in found} == {"bad"}
        assert len(found) == 5

    def test_is_tried_again_ever_later(self, db):
        unit = directory(1)[0]
        work = register(fail)
        moment = now()
        periodic.keep_rows(now=moment)
        PeriodicWork.objects.exclude(unit=unit).delete()
        pauses = []
        for _ in range(4):
            everything_due(moment)
            (held,) = periodic.claim(cost="bulk", now=moment)
            periodic.perform(held, now=moment)
            pauses.append((rows_of(work).get().due_at - moment).total_seconds())
        assert pauses == [60, 120, 240, 480]

    def test_that_kills_its_worker_comes_last_the_next_time(self, db):
        killer, *others = directory(3)
        work = register()
        moment = now()
        periodic.keep_rows(now=moment)
        PeriodicWork.objects.exclude(unit__in=[killer, *others]).delete()
        everything_due(moment)
        rows_of(work).filter(unit=killer).update(due_at=moment - dt.timedelta(hours=2))
        held = periodic.claim(cost="bulk", now=moment)
        assert held[0].unit_id == killer.pk
        facts = {"states": ["live"], "error": periodic.UNFINISHED}
        assert periodic._mark(periodic._BEGIN, held[0], now=moment, **facts)
        later = moment + dt.timedelta(minutes=11)
        assert [row.unit_id for row in periodic.claim(cost="bulk", now=later)][-1] == killer.pk

    def test_overdue_work_is_shown_with_its_unit(self, db):
        unit = directory(1)[0]
        work = register()
        moment = now()
        periodic.keep_rows(now=moment)
        rows_of(work).filter(unit=unit).update(due_at=moment - dt.timedelta(hours=3))
        (row,) = selectors.work_in_trouble(now=moment)
        assert (row.unit_id, row.label, row.late_seconds) == (unit.pk, "试运行", 3 * 3600)
        assert selectors.work_in_trouble(now=moment, unit_id=uuid7()) == []
        Unit.objects.filter(pk=unit.pk).update(state=UnitState.SUSPENDED)
        assert selectors.work_in_trouble(now=moment) == []


class TestTheClock:
    @pytest.fixture
    def row(self, db):
        unit = directory(1)[0]
        work = register()
        periodic.keep_rows(now=now())
        PeriodicWork.objects.exclude(unit=unit).delete()
        return rows_of(work).get()

    def done_at(self, row, moment):
        PeriodicWork.objects.filter(pk=row.pk).update(due_at=moment)
        (held,) = periodic.claim(cost="bulk", now=moment)
        assert periodic.perform(held, now=moment)
        row.refresh_from_db()

    def test_going_back_an_hour_doubles_nothing(self, row):
        moment = now()
        self.done_at(row, moment)
        for minutes in (60, 30, 0):
            earlier = moment - dt.timedelta(minutes=minutes)
            periodic.keep_rows(now=earlier)
            held = periodic.claim(cost="bulk", now=earlier)  # other units get rows anew
            assert row.pk not in {one.id for one in held}

    def test_going_back_a_year_stops_nothing(self, row):
        ahead = now() + dt.timedelta(days=365)
        PeriodicWork.objects.filter(pk=row.pk).update(
            due_at=ahead + dt.timedelta(hours=1), claim=uuid7(), claimed_until=ahead
        )
        periodic.keep_rows(now=now())
        row.refresh_from_db()
        assert row.due_at <= now() + dt.timedelta(days=1)
        assert row.pk in {held.id for held in periodic.claim(cost="bulk", now=row.due_at)}

    def test_of_a_worker_that_is_slow_repeats_nothing(self, row):
        moment = row.due_at
        (held,) = periodic.claim(cost="bulk", now=moment)
        assert periodic.perform(held, now=moment - dt.timedelta(seconds=30))
        row.refresh_from_db()
        assert row.due_at > moment


class TestAClaim:
    @pytest.fixture
    def taken_twice(self, db):
        unit = directory(1)[0]
        register()
        moment = now()
        periodic.keep_rows(now=moment)
        PeriodicWork.objects.exclude(unit=unit).delete()
        everything_due(moment)
        (first,) = periodic.claim(cost="bulk", now=moment)
        (second,) = periodic.claim(cost="bulk", now=moment + dt.timedelta(minutes=11))
        return first, second, moment + dt.timedelta(minutes=11)

    def test_that_ran_out_is_not_begun(self, taken_twice):
        first, _, later = taken_twice
        assert not periodic.perform(first, now=later)
        assert SEEN == []

    def test_that_ran_out_marks_nothing(self, taken_twice):
        first, second, later = taken_twice
        facts = {"now": later, "was_due_at": first.due_at, "seconds": 1.0}
        assert not periodic._mark(periodic._DONE, first, **facts)
        assert periodic.perform(second, now=later)
        assert not periodic._mark(periodic._DONE, second, **facts)
