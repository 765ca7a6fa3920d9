"""Working out the next chunk while PostgreSQL stores this one: the other processor is idle then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def one_ahead(work: Callable[[_Item], _Result], items: Iterable[_Item]) -> Iterator[_Result]:
    """``map(work, items)``, one result ahead of the caller, in order.

    ``work`` runs in a thread without a database connection: it may only compute.  What it raises
    is raised where its result is due.
    """
    with ThreadPoolExecutor(max_workers=1) as thread:
        due = None
        for item in items:
            coming = thread.submit(work, item)
            if due is not None:
                yield due.result()
            due = coming
        if due is not None:
            yield due.result()
