"""No figure outside a unit lets anybody find a count of people from 1 to 4."""

import itertools

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kernel.clock import now, today
from kernel.models import uuid7
from shared_apps.usage import selectors
from shared_apps.usage.models import UnitMonth, UnitTotal
from shared_apps.usage.selectors import By
from shared_apps.usage.selectors.suppression import CROWD, Tally, money_over_everything, shown
from tenants.models import Unit, UnitState, schema_name_of

SMALL = st.integers(1, 4)
LARGE = st.one_of(st.just(0), st.integers(5, 40))
COUNTS = st.lists(st.one_of(SMALL, LARGE), max_size=9)


@pytest.mark.parametrize(("count", "expected"), [(0, 0), (1, None), (4, None), (5, 5), (411, 411)])
def test_small_counts_of_people_are_not_shown(count, expected):
    assert shown(count) == expected


@given(COUNTS, st.randoms())
def test_a_place_says_the_same_whatever_the_hidden_counts_are(counts, chance):
    others = [chance.randint(1, 4) if shown(count) is None else count for count in counts]
    assert Tally.of(counts).over_a_place == Tally.of(others).over_a_place


@settings(deadline=None)
@given(st.lists(SMALL, min_size=1, max_size=6), st.lists(LARGE, max_size=4))
def test_the_sum_over_everything_leaves_each_hidden_count_open(small, large):
    """Whoever knows the sum, all shown counts and this very rule still has two answers."""

    def said(counts):
        tally = Tally.of([*counts, *large])
        return tally.over_everything, tally.left_out

    told, guesses = said(small), itertools.product(range(1, 5), repeat=len(small))
    possible = [guess for guess in guesses if said(guess) == told]
    for counts in zip(*possible, strict=True):
        assert len(set(counts)) >= 2


@given(st.lists(st.integers(5, 400), max_size=9))
def test_nothing_is_left_out_where_nothing_is_small(counts):
    tally = Tally.of(counts)
    assert (tally.over_everything, tally.left_out) == (sum(counts), 0)


@given(st.integers(0, CROWD - 1), st.integers(0, 10**6), st.integers(0, 10**6))
def test_money_of_a_few_units_is_in_no_sum(units, fen, hidden):
    told = money_over_everything(shown_fen=fen, hidden_fen=hidden, hidden_units=units)
    assert told == fen


@pytest.fixture
def fleet(db):
    """Nine more units in two prefectures and two branches."""
    units = []
    for number in range(9):
        key = uuid7()
        units.append(
            Unit(
                id=key, schema_name=schema_name_of(key), name=f"单位{number}", label=f"u{number}",
                credit_code=f"9132030300000000{number:02d}", state=UnitState.LIVE,
                region_code=("320301", "330100")[number % 2],
                bank_branch=("东支行", "西支行")[number % 3 == 0],
            )
        )  # fmt: skip
    Unit.objects.bulk_create(units)
    return units


def fill(fleet, counts):
    UnitTotal.objects.all().delete()
    UnitMonth.objects.all().delete()
    month = selectors.span_of("30", today=today()).month.value
    for unit, count in zip(fleet, counts, strict=True):
        common = {"unit": unit, "unit_role": unit.schema_name, "as_of": now()}
        UnitTotal.objects.create(**common, members=count, activated=count, paid_fen=count * 100)
        UnitMonth.objects.create(**common, month=month, due_fen=count * 100, paid_fen=count)


def published():
    """Everything that the pages can say of places, in figures."""
    span = selectors.span_of("30", today=today())
    return {
        (by, place.key): (
            place.together.units, place.together.members.over_a_place,
            place.together.activated.over_a_place, place.together.due_fen,
            place.together.paid_fen,
        )
        for by in By
        for place in selectors.places(by, span)
    }  # fmt: skip


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(counts=st.lists(st.one_of(SMALL, LARGE), min_size=9, max_size=9), chance=st.randoms())
def test_the_database_keeps_the_same_rule(fleet, counts, chance):
    """Total minus shown finds nothing: hidden counts change no sum of any place."""
    assume(any(shown(count) is None for count in counts))
    fill(fleet, counts)
    before = published()
    fill(fleet, [chance.randint(1, 4) if shown(c) is None else c for c in counts])
    assert published() == before
    assert selectors.everything(selectors.span_of("30", today=today())).members.shown == (
        Tally.of(counts).shown
    )


def test_a_place_with_one_small_unit_does_not_show_it_by_subtraction(fleet):
    fill(fleet, [3, 50, 40, 30, 20, 10, 9, 8, 7])
    span = selectors.span_of("30", today=today())
    sums = {place.key: place.together for place in selectors.places(By.CITY, span)}
    assert sums["320300"].members.over_a_place == 40 + 20 + 9 + 7
    assert sums["320300"].due_fen == (40 + 20 + 9 + 7) * 100
    assert sums["330100"].members.over_a_place == 50 + 30 + 10 + 8
    together = selectors.everything(span)
    assert (together.members.over_everything, together.members.left_out) == (174, 1)
    assert together.all_due_fen == 17_400


def test_a_crowd_of_small_units_is_in_the_sum_over_everything(fleet):
    fill(fleet, [1, 2, 3, 4, 2, 10, 9, 8, 7])
    together = selectors.everything(selectors.span_of("30", today=today()))
    assert (together.members.over_everything, together.members.left_out) == (46, 0)
    assert together.all_due_fen == 4_600
