"""Places in the tree: four characters per level, given out in order, never given twice at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.db import connection

from kernel.errors import Conflict, Invalid
from tenant_apps.organizations.models import LABEL_WIDTH, MAX_DEPTH, Organization

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class TreeTooDeep(Invalid):
    code = "organization_tree_too_deep"
    sentence = "组织层级最多 {limit} 级，「{name}」超出了这个层级。"


class TooManySiblings(Conflict):
    code = "organization_too_many_siblings"
    sentence = "同一上级下的党组织数量已达上限，请先在中间增设一级。"


def lock_tree() -> None:
    """Lets one writer at a time give out places; readers are not disturbed.

    Until the end of the transaction.  The lock is on the unit's own table, so units do not wait
    for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {Organization._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")


class Places:
    """Gives out the next free label below each parent.  Use it under ``lock_tree``.

    A label that was given is not given again while a later one exists, so that a path in an old
    record does not come to mean another organisation.
    """

    def __init__(self, taken: Iterable[str]) -> None:
        self._last: dict[str, int] = {}
        for path in taken:
            parent, label = path[:-LABEL_WIDTH], int(path[-LABEL_WIDTH:], 36)
            self._last[parent] = max(label, self._last.get(parent, 0))

    def next_below(self, parent_path: str, *, name: str) -> str:
        """Raises TreeTooDeep and TooManySiblings."""
        if len(parent_path) // LABEL_WIDTH >= MAX_DEPTH:
            raise TreeTooDeep(limit=MAX_DEPTH, name=name)
        number = self._last.get(parent_path, 0) + 1
        if number >= len(_DIGITS) ** LABEL_WIDTH:
            raise TooManySiblings
        self._last[parent_path] = number
        return parent_path + _label(number)


def places_below(parent_path: str) -> Places:
    """Places for new children of one organisation; ended ones keep theirs.

    One look at the end of the sub-tree's stretch of the index, however large it is.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LAST, {"path": parent_path, "width": len(parent_path) + LABEL_WIDTH})
        row = cursor.fetchone()
    return Places([row[0]] if row else [])


_LAST: Final = f"""
SELECT left(path, %(width)s) FROM {Organization._meta.db_table}
WHERE path LIKE %(path)s || '_%%' ORDER BY path USING ~>~ LIMIT 1
"""


def _label(number: int) -> str:
    text = ""
    for _ in range(LABEL_WIDTH):
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text
