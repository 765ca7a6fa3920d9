"""Keys are UUIDv7: ordered by time, also within a millisecond."""

from kernel.clock import now
from kernel.models import uuid7


def test_keys_are_version_7_of_the_present_moment():
    key = uuid7()
    assert (key.version, key.variant) == (7, "specified in RFC 4122")
    assert abs((key.int >> 80) / 1000 - now().timestamp()) < 5


def test_keys_made_in_one_process_ascend_and_differ():
    keys = [uuid7() for _ in range(20_000)]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
