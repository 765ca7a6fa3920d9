"""Working out the next chunk while PostgreSQL stores this one: the other processor is idle then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn, TypeVar

from django.db import connections

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class QueryAhead(RuntimeError):
    """What was to be computed ahead asked the database, from a thread that is in no unit."""


def one_ahead(work: Callable[[_Item], _Result], items: Iterable[_Item]) -> Iterator[_Result]:
    """``map(work, items)``, one result ahead of the caller, in order.

    ``work`` runs in a thread that is in no unit: it may only compute, and a query there raises
    QueryAhead.  What it raises is raised where its result is due.
    """
    with ThreadPoolExecutor(max_workers=1, initializer=_shut_the_database) as thread:
        due = None
        for item in items:
            coming = thread.submit(work, item)
            if due is not None:
                yield due.result()
            due = coming
        if due is not None:
            yield due.result()


def _shut_the_database() -> None:
    for connection in connections.all():
        connection.execute_wrappers.append(_refuse)


def _refuse(*_: Any) -> NoReturn:
    raise QueryAhead
