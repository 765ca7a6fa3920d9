"""Connections of their own for work that needs a transaction of its own.

The connection that serves a request or a job may be in a transaction already, and its isolation
level cannot be changed any more; a restore, on the other hand, must end as a whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import connections
from psycopg.pq import TransactionStatus

from tenants.models import Unit

_CAN_BE_UNDONE: Final = (TransactionStatus.INTRANS, TransactionStatus.INERROR)


@contextmanager
def as_unit(unit: Unit) -> Iterator[Any]:
    """A cursor in the unit's own role, which can read nothing of another unit."""
    connection: Any = connections["default"].copy()
    connection.set_tenant(unit)
    with _transaction(connection) as cursor:
        yield cursor


@contextmanager
def as_owner(*, keeps: bool = True) -> Iterator[Any]:
    """A cursor of the owner of all schemas; ``keeps=False`` undoes everything at the end."""
    connection: Any = connections["owner"].copy()
    with _transaction(connection, keeps=keeps) as cursor:
        yield cursor


@contextmanager
def _transaction(connection: Any, *, keeps: bool = True) -> Iterator[Any]:
    try:
        connection.set_autocommit(False)
        with connection.cursor(), connection.connection.cursor() as cursor:
            yield cursor  # of psycopg itself: errors keep their names
        if keeps:
            connection.commit()
    finally:
        raw = connection.connection
        # In the middle of a COPY there is nothing to be said to the server but good-bye, and to
        # one that has gone not even that.
        if raw is not None and raw.info.transaction_status in _CAN_BE_UNDONE:
            connection.rollback()
        connection.close()
