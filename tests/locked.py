"""Which tables an act holds rows of from reading to writing, as its statements say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

_HELD = re.compile(r'FROM "(?:\w+"\.")?(\w+)" .*\bFOR (?:NO KEY )?UPDATE\b', re.DOTALL)
_WHOLE = re.compile(r'LOCK TABLE "?(\w+)"? IN SHARE ROW EXCLUSIVE MODE')


@contextmanager
def holding(*tables: str) -> Iterator[None]:
    """Inside, rows of each of ``tables`` are locked: two people at once come one after another.

    Real races over real commits are few and slow (``test_at_once``); this is for the others.
    """
    with CaptureQueriesContext(connection) as asked:
        yield
    statements = [query["sql"] for query in asked.captured_queries]
    held = {
        found.group(1)
        for sql in statements
        for found in (_HELD.search(sql), _WHOLE.search(sql))
        if found
    }
    assert set(tables) <= held, f"not held: {set(tables) - held}"
