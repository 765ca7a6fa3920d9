"""Statements that the server parses and plans once per connection and not for every question.

Where a statement reads a few rows by a key, working out how takes longer than reading them.  What
is prepared holds no unit: when role and search path have changed since, PostgreSQL resolves the
names anew and asks for the rights of the role in force, as it does for a statement sent as text.
"""

from __future__ import annotations

from typing import Any, Self

from django.db import connection
from psycopg import Cursor

_db: Any = connection


class PreparedCursor(Cursor[Any]):
    """Sends values beside the statement and takes rows as the server holds them."""

    def execute(
        self,
        query: Any,
        params: Any = None,
        *,
        prepare: bool | None = True,
        binary: bool | None = True,
    ) -> Self:
        return super().execute(query, params, prepare=prepare, binary=binary)


def prepared_cursor() -> Any:
    """A cursor for few and fixed statements whose values are parameters, never part of the text:
    each text is kept by the server as long as the connection lasts.
    """
    return _db.prepared_cursor()
