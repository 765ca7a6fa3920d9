"""The connection that owns tables: migrations of shared apps, the template, opening units.

Foreign keys are checked at once and not at COMMIT, which is what schema-based sharding needs
and what makes an error appear where it was made (citus.md section 6).
"""

from __future__ import annotations

from django.db.backends.postgresql import base, schema


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    sql_create_fk = schema.DatabaseSchemaEditor.sql_create_fk.replace(
        "%(deferrable)s", " DEFERRABLE INITIALLY IMMEDIATE"
    )
    sql_create_column_inline_fk = schema.DatabaseSchemaEditor.sql_create_column_inline_fk.replace(
        "%(deferrable)s", " DEFERRABLE INITIALLY IMMEDIATE"
    ).replace("SET CONSTRAINTS %(namespace)s%(name)s IMMEDIATE", "SELECT 1")


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = DatabaseSchemaEditor
