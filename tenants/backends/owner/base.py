"""The connection that owns tables: migrations of shared apps, the template, opening units.

Foreign keys are checked at once and not at COMMIT, which is what schema-based sharding needs
and what makes an error appear where it was made (citus.md section 6).  Listing all relations
of the database would cost a second per thousand units, so it is not done.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.backends.base.introspection import TableInfo
from django.db.backends.postgresql import base, introspection, schema

_OF_NO_MODEL = ["django_migrations"]


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    sql_create_fk = schema.DatabaseSchemaEditor.sql_create_fk.replace(
        "%(deferrable)s", " DEFERRABLE INITIALLY IMMEDIATE"
    )
    sql_create_column_inline_fk = schema.DatabaseSchemaEditor.sql_create_column_inline_fk.replace(
        "%(deferrable)s", " DEFERRABLE INITIALLY IMMEDIATE"
    ).replace("SET CONSTRAINTS %(namespace)s%(name)s IMMEDIATE", "SELECT 1")


class DatabaseIntrospection(introspection.DatabaseIntrospection):
    def get_table_list(self, cursor: Any) -> list[Any]:
        """The tables of our models that stand on the search path, looked up by name.

        Django lists every relation of the database and then asks which are visible: 3.8 s at
        3,000 units for a migration run that has nothing to do.
        """
        named = [model._meta.db_table for model in apps.get_models(include_auto_created=True)]
        cursor.execute(
            "SELECT name FROM unnest(%s::text[]) AS name"
            " WHERE to_regclass(quote_ident(name)) IS NOT NULL",
            [named + _OF_NO_MODEL],
        )
        return [TableInfo(name, "t") for (name,) in cursor.fetchall()]


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = DatabaseSchemaEditor
    introspection_class = DatabaseIntrospection
