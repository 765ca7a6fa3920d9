"""When units are settled: rules alone."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_apps.rules.selectors.working_days import Calendar
from shared_apps.settlement.models import Cycle
from shared_apps.settlement.selectors import periods
from shared_apps.settlement.selectors.terms import DEFAULT, next_send_on

day = dt.date
days = st.dates(day(2020, 1, 1), day(2032, 12, 31))
cycles = st.sampled_from([*Cycle])
WEEKDAYS = Calendar(frozenset(), frozenset(), frozenset())
NATIONAL = Calendar(
    frozenset({2026}),
    frozenset(day(2026, 10, n) for n in range(1, 8)),
    frozenset({day(2026, 10, 10)}),
)


@pytest.mark.parametrize(
    ("on", "cycle", "first", "last"),
    [
        (day(2026, 11, 22), Cycle.DAY, day(2026, 11, 22), day(2026, 11, 22)),
        (day(2028, 2, 9), Cycle.MONTH, day(2028, 2, 1), day(2028, 2, 29)),
        (day(2026, 5, 1), Cycle.QUARTER, day(2026, 4, 1), day(2026, 6, 30)),
        (day(2026, 12, 31), Cycle.QUARTER, day(2026, 10, 1), day(2026, 12, 31)),
    ],
)
def test_periods_by_example(on, cycle, first, last):
    assert periods.period_of(on, cycle) == (first, last)


def test_a_quarter_that_ends_before_the_holidays_is_sent_after_them():
    period = periods.period_of(day(2026, 9, 30), Cycle.QUARTER)
    assert periods.send_day(period, NATIONAL) == day(2026, 10, 8)


@given(days, cycles)
def test_every_day_is_in_one_period_and_periods_follow_each_other(on, cycle):
    period = periods.period_of(on, cycle)
    assert period.first <= on <= period.last
    assert periods.period_of(period.first, cycle) == periods.period_of(period.last, cycle)
    after = periods.period_of(period.last + dt.timedelta(days=1), cycle)
    assert after.first == period.last + dt.timedelta(days=1)


@given(days, cycles)
def test_what_closed_can_be_sent_on_any_later_working_day(on, cycle):
    closed = periods.last_closed(on, cycle)
    assert closed < on
    assert closed == periods.period_of(closed, cycle).last
    if WEEKDAYS.is_working(on):
        assert periods.send_day(periods.Period(closed, closed), WEEKDAYS) <= on


@given(days, cycles, cycles, st.integers(0, 500))
def test_a_change_of_cycle_leaves_no_day_behind_and_takes_none_early(asked, old, new, later):
    """What closed under the old cycle is settled under the new one, and nothing that had not."""
    starts = periods.next_start(asked, old)
    on = starts + dt.timedelta(days=later)
    cut = periods.cut_off(on, new, starts)
    assert asked < starts
    assert starts - dt.timedelta(days=1) <= cut < on
    assert cut in {starts - dt.timedelta(days=1), periods.last_closed(on, new)}


def test_the_next_day_on_which_money_is_sent(monkeypatch):
    monkeypatch.setattr(
        "shared_apps.settlement.selectors.terms.working_days.calendar", lambda: NATIONAL
    )
    assert next_send_on(DEFAULT, day(2026, 9, 15)) == day(2026, 10, 8)
    assert next_send_on(DEFAULT, day(2026, 10, 5)) == day(2026, 10, 8)
    assert next_send_on(DEFAULT, day(2026, 10, 8)) == day(2026, 10, 8)
    assert next_send_on(DEFAULT, day(2026, 10, 9)) == day(2026, 11, 2)
