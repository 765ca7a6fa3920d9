"""Order numbers: their form, their order, their check character."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from shared_apps.payments.services.numbers import is_number, new_number

NOW = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)


def test_every_channel_accepts_the_form():
    number = new_number(NOW)
    assert re.fullmatch(r"GJ[0-9A-Z]{14}", number)
    assert is_number(number)


def test_numbers_sort_by_time():
    numbers = [new_number(NOW + timedelta(seconds=second)) for second in range(50)]
    assert numbers == sorted(numbers)


def test_numbers_of_one_moment_differ():
    assert len({new_number(NOW) for _ in range(100)}) == 100


def test_a_mistyped_character_is_noticed():
    number = new_number(NOW)
    for place in range(2, len(number)):
        for sign in "07AZ":
            wrong = number[:place] + sign + number[place + 1 :]
            assert is_number(wrong) == (wrong == number)


def test_what_is_no_number():
    assert not is_number("")
    assert not is_number("XX" + new_number(NOW)[2:])
    assert not is_number("GJ" + "U" * 14)
