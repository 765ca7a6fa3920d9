"""The operators' figures: gathered ahead, and pages of units read by their ids."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config import schedule as timetable
from kernel.clock import Month, now, today
from kernel.unit import shared_context
from onboarding.models import Opening, OpeningState
from onboarding.services import overview
from onboarding.services.overview import SORTS, Wanted
from shared_apps.usage import selectors as usage
from shared_apps.usage.models import UnitMonth, UnitTotal
from shared_apps.usage.selectors import By
from shared_apps.usage.services import outbox, rollups
from tenants.models import Unit, UnitState
from tests import cast
from tests.conftest import FacingClient
from tests.factories.fleet import make_fleet

UNITS = 45


@pytest.fixture
def registered(db):
    """Registered units of every kind, some at each stage, with figures of three months."""
    moment, month = now(), Month.of(today())
    units = make_fleet(UNITS, now=moment)
    for place, unit in enumerate(units):
        Opening.objects.create(
            unit=unit,
            state=OpeningState.OPENED,
            officer_name=f"推广{place % 4}",
            agreed_on=moment.date(),
            agreement_ends_on=moment.date() + dt.timedelta(days=900),
            registered_at=moment - dt.timedelta(days=place),
            invited_at=moment - dt.timedelta(days=place % 9) if place % 3 else None,
        )
        for back in range(3 if unit.schema_version else 0):
            UnitMonth.objects.create(
                unit=unit, unit_role=unit.schema_name, month=(month - back).value, as_of=moment,
                due_fen=place * 100 + back, paid_fen=place * 10,
            )  # fmt: skip
    return units


class TestTheListOfUnits:
    @pytest.mark.parametrize("sort", ["", *SORTS, *(f"-{key}" for key in SORTS)])
    def test_is_the_same_by_ids_and_whole(self, registered, sort):
        month = Month.of(today())
        whole = overview.lines(overview.openings(Wanted(), month=month, sort=sort), month=month)
        assert len(whole) == UNITS
        by_ids = overview.lines_at(overview.places(Wanted(), month=month, sort=sort), month=month)
        assert [one.opening.pk for one in by_ids] == [one.opening.pk for one in whole]
        assert [one.standing for one in by_ids] == [one.standing for one in whole]

    def test_stands_in_the_order_of_what_it_shows(self, registered):
        month = Month.of(today())
        for sort, value in (
            ("since", lambda line: line.standing.since),
            ("stage", lambda line: line.standing.passed),
            ("members", lambda line: line.figures.members),
            ("due", lambda line: line.figures.month_due_fen),
        ):
            found = overview.lines_at(
                overview.places(Wanted(), month=month, sort=sort), month=month
            )
            shown = [value(line) for line in found]
            assert len(set(shown)) > 1
            assert shown == sorted(shown)

    def test_narrows_by_where_a_unit_is_stuck(self, registered):
        month = Month.of(today())
        everybody = overview.lines(overview.openings(Wanted(), month=month), month=month)
        stuck = {line.standing.blocker for line in everybody if line.standing.blocker}
        assert len(stuck) > 1
        for blocker in stuck:
            found = overview.lines_at(
                overview.places(Wanted(blocker=blocker), month=month), month=month
            )
            expected = {one.unit.pk for one in everybody if one.standing.blocker is blocker}
            assert {line.unit.pk for line in found} == expected

    def test_what_is_kept_of_a_question_is_no_answer(self, registered):
        """The prepared question is asked anew: a unit registered later is found."""
        month = Month.of(today())
        assert overview.places(Wanted(), month=month, sort="-since").count() == UNITS
        Opening.objects.filter(unit=registered[0]).delete()
        assert len(list(overview.places(Wanted(), month=month, sort="-since"))) == UNITS - 1


class TestSumsOfPlaces:
    def test_every_way_of_putting_units_together_has_the_same_sum(self, registered):
        span = usage.span_of("12m", today=today())
        by_hand = UnitTotal.objects.exclude(unit__state=UnitState.CLOSED)
        for by in By:
            together = usage.everything(span, by=by)
            places = usage.sums_by_place(by, span)
            assert together.units == Unit.objects.count() == sum(one.units for _, one in places)
            assert together.organizations == sum(by_hand.values_list("organizations", flat=True))
            assert together.members.shown + together.members.hidden == sum(
                by_hand.values_list("members", flat=True)
            )
            assert together == usage.everything(span)

    def test_one_month_and_twelve_count_their_own_dues(self, registered):
        month = Month.of(today())
        of_month = usage.everything(usage.span_of("", today=today(), month=month))
        of_year = usage.everything(usage.span_of("12m", today=today()))
        places = [place for place, unit in enumerate(registered) if unit.schema_version]
        assert of_month.due_fen + of_month.few_due_fen == sum(place * 100 for place in places)
        assert of_year.due_fen + of_year.few_due_fen == sum(place * 300 + 3 for place in places)

    def test_is_one_statement_for_totals_and_places(self, registered):
        rollups.finished("drain", now=now())
        span = usage.span_of("30", today=today())
        with CaptureQueriesContext(connection) as asked:
            usage.everything(span, by=By.CITY)
            usage.sums_by_place(By.CITY, span)
            usage.sums_by_place(By.PROVINCE, span)
        assert len([one for one in asked if "usage_unitmonth" in one["sql"]]) == 1


class TestGatheringAhead:
    def test_the_page_adds_nothing_up(self, registered):
        operator = cast.staff(FacingClient(), "operator")
        with shared_context():
            rollups.drain(now=now())
            overview.gather()
        operator.get("/operations/")
        with CaptureQueriesContext(connection) as asked:
            assert operator.get("/operations/").status_code == 200
        assert len(asked) <= 6
        assert not [one for one in asked if "GROUP BY" in one["sql"]]

    def test_figures_say_their_own_moment_and_follow_within_a_minute(self, alpha):
        drained = now() - dt.timedelta(seconds=25)
        month = Month.of(today())
        with shared_context():
            rollups.drain(now=drained)
            overview.gather()
            outbox.emit(unit=alpha, kind="members", now=now(), delta=9)
            rollups.drain(now=now())
            kept = overview.overview(month=month, now=now())
            assert (kept.as_of, kept.totals.members.shown) == (drained, 0)
            overview.gather()
            anew = overview.overview(month=month, now=now())
            assert anew.totals.members.shown == 9
            assert anew.as_of > drained

    def test_is_sent_before_what_it_left_expires_and_in_time_for_the_promise(self):
        schedule = timetable.app.conf.beat_schedule
        again = schedule["onboarding.overview.gather"]["schedule"]
        assert again * 2 <= overview.KEPT_SECONDS
        assert schedule["usage.rollups.drain"]["schedule"] + overview.KEPT_SECONDS < 60

    def test_a_month_that_nobody_gathered_is_added_up_when_asked(self, registered):
        with shared_context():
            overview.gather()
            gathered = overview.overview(month=Month.of(today()), now=now())
            last = overview.overview(month=Month.of(today()) - 1, now=now())
            assert last.totals.all_due_fen != 0
            cache.clear()
            Unit.objects.filter(pk=registered[0].pk).update(state=UnitState.CLOSED)
            again = overview.overview(month=Month.of(today()), now=now())
        assert again.totals.units == gathered.totals.units - 1
