"""Months and Beijing days."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import Month, NotAMonth, day_of, months_later


class TestMonth:
    @given(st.integers(1950, 2100), st.integers(1, 12), st.integers(-500, 500))
    def test_adds_and_takes_away_again(self, year, number, months):
        month = Month(year * 100 + number)
        assert month + months - months == month

    def test_knows_its_days(self):
        assert Month(202402).last_day == dt.date(2024, 2, 29)
        assert Month(202611).first_day == dt.date(2026, 11, 1)

    @pytest.mark.parametrize("text", ["2026-11", "2026/11", "202611", " 2026-11 "])
    def test_reads_the_usual_spellings(self, text):
        assert Month.parse(text) == Month(202611)

    @pytest.mark.parametrize("text", ["", "2026", "2026-13", "202600", "十一月"])
    def test_refuses_what_is_none(self, text):
        with pytest.raises(NotAMonth):
            Month.parse(text)


def test_a_day_is_a_beijing_day():
    late = dt.datetime(2026, 11, 30, 16, 30, tzinfo=dt.UTC)
    assert day_of(late) == dt.date(2026, 12, 1)


class TestMonthsLater:
    def test_stays_in_a_shorter_month(self):
        assert months_later(dt.date(2026, 1, 31), 1) == dt.date(2026, 2, 28)
        assert months_later(dt.date(2028, 1, 31), 1) == dt.date(2028, 2, 29)
        assert months_later(dt.date(2026, 3, 31), -1) == dt.date(2026, 2, 28)

    @given(st.dates(dt.date(1950, 1, 1), dt.date(2100, 12, 31)), st.integers(-500, 500))
    def test_lands_in_the_month_that_is_meant(self, day, months):
        assert Month.of(months_later(day, months)) == Month.of(day) + months
        assert months_later(day, months).day in {day.day, (Month.of(day) + months).last_day.day}
