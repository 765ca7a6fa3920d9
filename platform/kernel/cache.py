"""A cache in which a unit cannot meet another unit's value.

The key carries the scope, and so does the value: an entry that says another scope than the one
in force is treated as absent.
"""

from __future__ import annotations

from typing import Any, Final

from django.core.cache import cache

from .unit import scope_name

SHARED: Final = "shared"


def get(key: str) -> Any:
    """The value stored in the unit (or shared scope) in force, or None."""
    stored = cache.get(_key(key))
    if not isinstance(stored, tuple) or stored[0] != scope_name():
        return None
    return stored[1]


def get_shared(key: str) -> Any:
    """What the platform stored for everybody, read from wherever we are; or None."""
    stored = cache.get(f"{SHARED}:{key}")
    return stored[1] if isinstance(stored, tuple) and stored[0] == SHARED else None


def put(key: str, value: Any, *, seconds: int) -> None:
    cache.set(_key(key), (scope_name(), value), timeout=seconds)


def claim(key: str, value: Any, *, seconds: int) -> bool:
    """Stores the value where nothing is stored yet; of several at once only one is told True."""
    return cache.add(_key(key), (scope_name(), value), timeout=seconds)


def drop(key: str) -> None:
    cache.delete(_key(key))


def count(key: str, *, seconds: int) -> int:
    """Adds one to a counter that starts anew every ``seconds``; returns the new value."""
    cache.add(_key(key), 0, timeout=seconds)
    try:
        return cache.incr(_key(key))
    except ValueError:  # it expired between the two calls
        cache.set(_key(key), 1, timeout=seconds)
        return 1


def _key(key: str) -> str:
    return f"{scope_name()}:{key}"
