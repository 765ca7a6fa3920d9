"""The canaries are everywhere, or the battery proves nothing."""

import pytest

from tests.isolation import canaries

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("label", ["alpha", "beta"])
def test_every_column_that_can_hold_a_word_shows_the_mark(world, label):
    side = getattr(world, label)
    bare = [name for name, seen in canaries.marked_columns(side.unit, side.mark) if not seen]
    assert bare == []


def test_both_units_hold_as_many_rows_in_every_table(world):
    ours, theirs = ({name: len(keys) for name, keys in side.keys.items()} for side in
                    (world.alpha, world.beta))  # fmt: skip
    assert ours == theirs
    assert all(ours.values()), "a table without a row is a table without a canary"
