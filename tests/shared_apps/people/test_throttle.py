"""Lock-out: five tries, fifteen minutes, unlocked by time, the same for whoever is not there."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.unit import current_unit_id
from shared_apps.people.services import throttle
from shared_apps.people.services.throttle import ACCOUNT, Tally, after_success, after_try

START = dt.datetime(2026, 11, 22, 1, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def tries(key, count, at=START):
    for _ in range(count):
        throttle.take(limit=ACCOUNT, value=key, now=at)


@pytest.mark.django_db
class TestTake:
    def test_allows_five_and_refuses_the_sixth(self):
        tries("ada", 5)
        with pytest.raises(throttle.TooManyAttempts) as refused:
            tries("ada", 1)
        assert refused.value.data["minutes"] == 15

    def test_unlocks_by_time(self):
        tries("ada", 5)
        with pytest.raises(throttle.TooManyAttempts):
            tries("ada", 1, START + 14 * MINUTE)
        tries("ada", 5, START + 15 * MINUTE)

    def test_counts_each_key_and_each_limit_on_its_own(self):
        tries("ada", 5)
        tries("ben", 1)
        throttle.take(limit=throttle.ADDRESS, value="ada", now=START)

    def test_a_slow_guesser_begins_anew_after_the_window(self):
        tries("ada", 4)
        tries("ada", 5, START + 15 * MINUTE)

    def test_a_right_try_is_given_back(self):
        for _ in range(20):
            tries("ada", 1)
            throttle.give_back(limit=ACCOUNT, value="ada")
        tries("ada", 5)

    def test_clear_forgets(self):
        tries("ada", 5)
        throttle.clear(limit=ACCOUNT, value="ada")
        tries("ada", 5)

    def test_works_from_a_unit_and_leaves_it_in_force(self, alpha):
        tries("ada", 1)
        assert current_unit_id() == alpha.id


events = st.lists(
    st.tuples(st.booleans(), st.integers(min_value=0, max_value=20 * 60)), max_size=60
)


class TestTheState:
    @given(events)
    def test_never_allows_more_than_five_wrong_tries_in_any_window(self, happened):
        """Whatever the order and the pace: a guesser gets 5 tries per 15 minutes of waiting."""
        tally, at, allowed_at = Tally(0, START), START, []
        for _, seconds in happened:
            at += dt.timedelta(seconds=seconds)
            tally, is_allowed = after_try(tally, limit=ACCOUNT, now=at)
            if is_allowed:
                allowed_at.append(at)
        for index, first in enumerate(allowed_at):
            within = [one for one in allowed_at[index:] if one < first + ACCOUNT.pause]
            assert len(within) <= 2 * ACCOUNT.tries - 1
        bursts = [
            allowed_at[i : i + 6]
            for i in range(len(allowed_at) - 5)
            if allowed_at[i] == allowed_at[i + 5]
        ]
        assert bursts == []

    @given(events)
    def test_a_refusal_never_changes_the_state(self, happened):
        tally, at = Tally(0, START), START
        for _, seconds in happened:
            at += dt.timedelta(seconds=seconds)
            after, is_allowed = after_try(tally, limit=ACCOUNT, now=at)
            if not is_allowed:
                assert after == tally
                assert tally.locked_until > at
            tally = after

    @given(events)
    def test_right_tries_never_lock(self, happened):
        tally, at = Tally(0, START), START
        for _, seconds in happened:
            at += dt.timedelta(seconds=seconds)
            tally, is_allowed = after_try(tally, limit=ACCOUNT, now=at)
            assert is_allowed
            tally = after_success(tally, limit=ACCOUNT)

    @given(events)
    def test_time_always_unlocks(self, happened):
        tally, at = Tally(0, START), START
        for is_right, seconds in happened:
            at += dt.timedelta(seconds=seconds)
            tally, is_allowed = after_try(tally, limit=ACCOUNT, now=at)
            if is_allowed and is_right:
                tally = after_success(tally, limit=ACCOUNT)
        _, is_allowed = after_try(tally, limit=ACCOUNT, now=at + ACCOUNT.pause)
        assert is_allowed
