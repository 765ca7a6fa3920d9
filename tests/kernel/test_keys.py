"""Keys are UUIDv7: ordered by time, also within a millisecond."""

from kernel.clock import now
from kernel.models import uuid7, uuid7s


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
