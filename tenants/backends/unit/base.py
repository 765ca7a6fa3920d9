"""The connection that serves requests and jobs: role and search path change together.

django-tenants only moves the search path, which falls through to ``public`` when a schema is
missing.  Here every switch sets the unit's own database role as well, so a missing unit, a
wrong path or raw SQL into another schema is an error (architecture 3.4).  The same statement
says whether the session may write: not in a unit that is read-only, whoever asks.  Nothing is
sent when the scope has not changed since the last statement of the session.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django_tenants.postgresql_backend import base
from django_tenants.utils import get_public_schema_name, quote_schema_name
from psycopg import errors

from kernel.unit import Access


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]  # django-tenants is untyped
    """See the module."""

    _setting_search_path: bool
    search_path_set_schemas: list[str] | None

    def _handle_search_path(self, cursor: Any = None) -> None:
        if self._setting_search_path or self.search_path_set_schemas:
            return
        paths = self._get_cursor_search_paths()
        is_shared = self.schema_name == get_public_schema_name()
        role = settings.SHARED_DATABASE_ROLE if is_shared else self.schema_name
        is_reading = getattr(self.tenant, "access", Access.WRITE) is not Access.WRITE
        statement = (
            f"SET ROLE {quote_schema_name(role)}; SET search_path = "
            + ", ".join(quote_schema_name(path) for path in paths)
            + f"; SET default_transaction_read_only = {'on' if is_reading else 'off'}"
        )
        if is_reading and self.in_atomic_block:
            # The default is for transactions that begin later; this one has begun.
            statement += "; SET LOCAL transaction_read_only = on"
        self._setting_search_path = True
        try:
            if cursor is None:
                with self.connection.cursor() as own:
                    own.execute(statement)
            else:
                cursor.execute(statement)
        except errors.InFailedSqlTransaction:
            # The transaction is already lost; whatever comes next fails too, but ROLLBACK.
            self.search_path_set_schemas = None
        else:
            self.search_path_set_schemas = paths
        finally:
            self._setting_search_path = False
