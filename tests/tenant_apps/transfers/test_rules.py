"""Rulebook 3.1 and 3.3 as tables and pure functions."""

import datetime as dt
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenant_apps.transfers.models import OPEN, Handover, Kind, Side, State
from tenant_apps.transfers.selectors import machine
from tenant_apps.transfers.selectors.machine import TABLE, Verb
from tenant_apps.transfers.selectors.validity import (
    MOST_DAYS,
    ValidityNotAllowed,
    days_left,
    last_day,
    warning,
)

FIFTEENTH = dt.date(2026, 8, 15)
COMBINATIONS = [
    *((Side.WITHIN, kind) for kind in (*machine.DIRECT, *machine.UNIT)),
    *((side, kind) for side in (Side.OUT, Side.IN) for kind in machine.LETTERED),
]


def test_vector_3_1_issued_on_15_august_for_90_days_lasts_until_13_november():
    assert last_day(FIFTEENTH, 90) == dt.date(2026, 11, 13)


@pytest.mark.parametrize("days", [0, -1, 91, 365])
def test_no_letter_is_good_for_more_than_90_days_or_for_none(days):
    with pytest.raises(ValidityNotAllowed):
        last_day(FIFTEENTH, days)


@given(st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)), st.integers(1, MOST_DAYS))
def test_on_the_last_day_none_are_left_and_on_the_next_it_has_run_out(issued, days):
    until = last_day(issued, days)
    assert days_left(until, issued) == days
    assert warning(until, until) == 7
    assert warning(until, until + dt.timedelta(days=1)) == 0


@pytest.mark.parametrize(
    ("left", "step"), [(31, None), (30, 30), (16, 30), (15, 15), (8, 15), (7, 7), (0, 7), (-1, 0)]
)
def test_it_turns_amber_30_15_and_7_days_before(left, step):
    assert warning(FIFTEENTH + dt.timedelta(days=left), FIFTEENTH) == step


def test_what_has_no_letter_never_runs_out():
    assert warning(None, FIFTEENTH) is None


def test_no_step_leads_out_of_an_end():
    assert {source for line in TABLE for source in line.sources} <= set(OPEN)


@pytest.mark.parametrize(("side", "kind"), COMBINATIONS)
def test_every_state_that_can_be_reached_can_be_left_unless_it_is_an_end(side, kind):
    begin = State.DRAFT
    if side == Side.IN:
        begin = State.IN_TRANSIT if kind in machine.ONLINE else State.SUBMITTED
    seen, waiting = set(), [begin]
    while waiting:
        state = waiting.pop()
        if state in seen:
            continue
        seen.add(state)
        row = Handover(side=side, kind=kind, state=state)
        nexts = [line.target for line in TABLE if line.fits(row)]
        assert nexts or state not in OPEN, state
        waiting += nexts
    assert State.CLOSED in seen


@pytest.mark.parametrize(("side", "kind"), COMBINATIONS)
def test_one_verb_leads_to_one_state(side, kind):
    for state, verb, by_system in product(State, Verb, (True, False)):
        row = Handover(side=side, kind=kind, state=state)
        lines = [
            line
            for line in TABLE
            if line.verb == verb and (line.permission is None) == by_system and line.fits(row)
        ]
        assert len(lines) <= 1


def test_whoever_approves_is_somebody_else():
    second = {line.verb for line in TABLE if line.is_second}
    assert {Verb.APPROVE, Verb.EXPIRE} <= second
    assert all(line.is_second for line in TABLE if line.verb == Verb.APPROVE)


def test_inside_a_unit_no_letter_is_written():
    assert not set(machine.LETTERED) & {Kind.INTRA_COMMITTEE, Kind.INTRA_SYSTEM}
