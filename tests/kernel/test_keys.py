"""Keys are UUIDv7: ordered by time, also within a millisecond."""

import pytest
from django.db import connection

from kernel.clock import now
from kernel.models import UUID7_ROW_SQL, uuid7, uuid7_stem, uuid7s


def test_keys_are_version_7_of_the_present_moment():
    key = uuid7()
    assert (key.version, key.variant) == (7, "specified in RFC 4122")
    assert abs((key.int >> 80) / 1000 - now().timestamp()) < 5


def test_keys_made_in_one_process_ascend_and_differ():
    keys = [uuid7() for _ in range(20_000)]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)


def test_keys_of_a_set_ascend_and_differ_among_those_made_singly():
    keys = [uuid7(), *uuid7s(10_000), uuid7(), *uuid7s(3), *uuid7s(0), uuid7()]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys) == 10_006
    assert {(key.version, key.variant) for key in keys} == {(7, "specified in RFC 4122")}


@pytest.mark.django_db
def test_keys_of_one_statement_are_of_the_same_kind_and_ascend():
    stem = uuid7_stem()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {UUID7_ROW_SQL} FROM generate_series(1, 1000)", {"stem": stem})
        keys = [key for (key,) in cursor.fetchall()]
    assert keys == sorted(set(keys))
    assert len(keys) == 1000
    assert {(key.version, key.variant) for key in keys} == {(7, "specified in RFC 4122")}
    assert uuid7s(1)[0] > keys[-1]
