"""The connection that serves requests and jobs: role and search path change together.

django-tenants only moves the search path, which falls through to ``public`` when a schema is
missing.  Here every switch sets the unit's own database role as well, so a missing unit, a
wrong path or raw SQL into another schema is an error (architecture 3.4).  The same statement
says whether the session may write: not in a unit that is read-only, whoever asks.  Nothing is
sent when the scope has not changed since the last statement of the session.  Nor does a session
prepare anything of itself, only what ``prepared`` is asked for.
"""

from __future__ import annotations

import sys
from typing import Any
from weakref import WeakSet

from django.conf import settings
from django.db import InternalError
from django_tenants.postgresql_backend import base
from django_tenants.utils import get_public_schema_name, quote_schema_name
from psycopg import ServerCursor, errors
from psycopg.pq import TransactionStatus

from kernel.unit import Access
from tenants.backends.unit import wear
from tenants.backends.unit.prepared import PreparedCursor


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc]  # django-tenants is untyped
    """See the module.

    A connection that has been in many units is given up at the next switch outside a
    transaction, or when it comes back to the pool (``wear``).
    """

    _setting_search_path: bool
    search_path_set_schemas: list[str] | None

    def __init__(self, settings_dict: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        pool = settings_dict.get("OPTIONS", {}).get("pool")
        if pool:
            pool["reset"] = wear.forget_unit
        self._streams: WeakSet[ServerCursor] = WeakSet()
        self._in_force = ""
        super().__init__(settings_dict, *args, **kwargs)

    def get_connection_params(self) -> dict[str, Any]:
        """Statements may be prepared; however often one comes, none is prepared unasked."""
        params: dict[str, Any] = super().get_connection_params()
        return params | {"prepare_threshold": sys.maxsize}

    def prepared_cursor(self) -> Any:
        """See ``tenants.backends.unit.prepared``."""
        with self.wrap_database_errors:
            self.ensure_connection()
            self._handle_search_path()  # several statements at once, which cannot be prepared
            return self._prepare_cursor(PreparedCursor(self.connection))

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        super().set_tenant(tenant, include_public)
        is_free = self.connection is not None and not self.in_atomic_block
        if is_free and wear.is_worn(self.connection) and not self._is_streaming():
            self.close()

    def create_cursor(self, name: str | None = None) -> Any:
        cursor = super().create_cursor(name)
        if name:
            self._streams.add(cursor)
        return cursor

    def _is_streaming(self) -> bool:
        """Whether rows are still being read from the server: they would be lost with it."""
        return any(not cursor.closed for cursor in self._streams)

    def connect(self) -> None:
        self._in_force = ""
        super().connect()

    def send_scope_again(self) -> None:
        """For whoever found that the session is not where we put it last."""
        self.search_path_set_schemas, self._in_force = None, ""

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self._in_force = ""

    def savepoint_rollback(self, sid: str) -> None:
        try:
            super().savepoint_rollback(sid)
        finally:
            self._in_force = ""

    def _close(self) -> None:
        if self.connection is not None and self.pool and wear.is_worn(self.connection):
            wear.retire(self.connection)
        super()._close()

    def _commit(self) -> None:
        """PostgreSQL answers COMMIT of a failed transaction with a rollback and no error; the
        switch made in it is undone with the rest, so it has to be sent again.
        """
        is_lost = (
            self.connection is not None
            and self.connection.info.transaction_status == TransactionStatus.INERROR
        )
        try:
            super()._commit()
        finally:
            if is_lost:
                self.send_scope_again()

    def _is_idle(self) -> bool:
        return bool(self.connection.info.transaction_status == TransactionStatus.IDLE)

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
        prefix = ""
        if is_reading and self.in_atomic_block:
            # The default is for transactions that begin later; this one has begun.  It ends with
            # its savepoint, so it is sent whenever the unit is entered.
            statement += "; SET LOCAL transaction_read_only = on"
        elif statement == self._in_force:
            self.search_path_set_schemas = paths
            return
        elif self.in_atomic_block and self._is_idle():
            # This statement begins the transaction, with the default of the scope before it;
            # only as its very first word may it still be given the right to write.
            prefix = "SET LOCAL transaction_read_only = off; "
        self._setting_search_path = True
        try:
            self._send(cursor, prefix + statement)
        except errors.InFailedSqlTransaction:
            # The transaction is already lost; whatever comes next fails too, but ROLLBACK.
            self.send_scope_again()
        else:
            self.search_path_set_schemas, self._in_force = paths, statement
            if not is_shared:
                wear.note_visit(self.connection, self.schema_name)
        finally:
            self._setting_search_path = False

    def _send(self, cursor: Any, statement: str) -> None:
        """Raises what the driver raises: Django's cursor wraps it, ours does not."""
        if cursor is None:
            with self.connection.cursor() as own:
                own.execute(statement)
            return
        try:
            cursor.execute(statement)
        except InternalError as wrapped:
            if isinstance(wrapped.__cause__, errors.InFailedSqlTransaction):
                raise wrapped.__cause__ from None
            raise
