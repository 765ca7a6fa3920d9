"""Sets that are added up from others count as if they had been counted themselves."""

from collections import Counter
from decimal import Decimal
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from tenant_apps.insight.selectors.dims import DIMENSIONS, SIZES
from tenant_apps.insight.selectors.rolling import covering, rolled_up

NAMES = ("age", "code", "gender", "occupation")
WANTED = st.sets(
    st.sampled_from([names for size in range(5) for names in combinations(NAMES, size)])
)
LINES = st.lists(st.tuples(*(st.integers(0, 2) for _ in NAMES), st.integers(0, 9)), max_size=40)


def test_every_dimension_says_how_many_values_it_has():
    assert SIZES.keys() == DIMENSIONS.keys()


def test_small_sets_are_counted_as_one_and_large_ones_by_themselves():
    wanted = [(), ("gender",), ("gender", "occupation"), ("minority", "occupation"),
              ("code", "detail", "occupation"), ("age", "code", "occupation")]  # fmt: skip
    assert covering(wanted) == [
        ("age", "code", "occupation"),
        ("code", "detail", "occupation"),
        ("gender", "minority", "occupation"),
    ]


@given(wanted=WANTED, lines=LINES)
def test_what_is_added_up_is_what_would_be_counted(wanted, lines):
    sets = covering(wanted)
    assert len(set(sets)) == len(sets) <= len(wanted)
    found = rolled_up({names: _counted(names, lines) for names in sets}, wanted)
    assert {names: found[names] for names in wanted} == {
        names: _counted(names, lines) for names in wanted
    }


def _counted(names, lines):
    people, hours = Counter(), Counter()
    for line in lines:
        key = tuple(line[NAMES.index(name)] for name in names)
        people[key] += 1
        hours[key] += line[-1]
    return {key: (people[key], people[key], Decimal(hours[key])) for key in people}
