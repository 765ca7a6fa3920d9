"""A sample of the crash matrix; ``./gongjian bench crash`` runs all of it."""

import pytest

from tests.crash.matrix import CASES, outcome
from tests.crash.striking import Victim
from tests.crash.world import world

SAMPLE = {
    ("payment begun", "_prepay", Victim.PROCESS),
    ("callback heard", "store", Victim.SERVER),
    ("callback heard", "apply_in_unit", Victim.PROCESS),
    ("stored payment booked", "give", Victim.BACKEND),
    ("order closed", "_take_standing", Victim.PROCESS),
    ("refund approved", "_take", Victim.PROCESS),
    ("instruction carried", "_claim", Victim.PROCESS),
    ("instruction carried", "_take", Victim.PROCESS),
    ("statement booked", "to_settle", Victim.PROCESS),
    ("sweep run confirmed", "_book_out", Victim.SERVER),
}


@pytest.mark.slow
def test_whoever_is_killed_the_books_hold_and_the_channels_say_the_same(django_db_blocker):
    named = {(c.phase.name, c.point.function, c.victim): c for c in CASES}
    chosen = [named[name] for name in sorted(SAMPLE)]
    with django_db_blocker.unblock(), world() as one:
        wrong = {str(case): found for case in chosen if (found := outcome(one, case))}
    assert wrong == {}
