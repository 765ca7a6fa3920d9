"""Sending the SQL of template steps to a schema, as the owner of its tables.

A step's statements name tables without a schema, so the same text serves every unit.  What a
schema gets besides is the rights of its role on the tables that the steps make.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from django.conf import settings

from tenants.models import TemplateStep
from tenants.services import grants

_MADE = re.compile(r'\s*CREATE TABLE\s+"(\w+)"', re.IGNORECASE)
_TARGET = re.compile(r'\s*(?:ALTER TABLE|CREATE (?:UNIQUE )?INDEX \S+ ON)\s+"(\w+)"', re.IGNORECASE)
_LIGHT = (
    re.compile(r"\s*(CREATE TABLE|DROP |COMMENT |GRANT |REVOKE )", re.IGNORECASE),
    re.compile(r"\s*ALTER TABLE \S+ DROP (COLUMN|CONSTRAINT) ", re.IGNORECASE),
    # A default that is computed for every row writes every row.
    re.compile(r"\s*ALTER TABLE \S+ ADD COLUMN (?!.*DEFAULT .*\()", re.IGNORECASE | re.DOTALL),
    re.compile(r"\s*ALTER TABLE \S+ ALTER COLUMN \S+ (SET|DROP) DEFAULT", re.IGNORECASE),
)
UNITS_AT_ONCE = 25


def units_per_transaction(steps: Iterable[TemplateStep]) -> int:
    """25 where every statement only writes the catalogue; 1 where one reads or writes rows.

    Locks are held until the transaction commits, so what takes time must not wait for others.
    An index on a table that the same steps make has no rows to read.
    """
    statements = [text for step in steps for text in step.statements]
    new = {found[1] for text in statements if (found := _MADE.match(text))}
    is_light = all(_is_light(text, new) for text in statements)
    return UNITS_AT_ONCE if is_light else 1


def _is_light(statement: str, new: set[str]) -> bool:
    if any(pattern.match(statement) for pattern in _LIGHT):
        return True
    target = _TARGET.match(statement)
    return target is not None and target[1] in new


def script(schema: str, steps: Sequence[TemplateStep]) -> list[str]:
    """Every statement that brings ``schema`` over ``steps``, in order, with the rights."""
    statements = [text for step in steps for text in step.statements]
    made = [found[1] for text in statements if (found := _MADE.match(text))]
    rights = _access()
    return [
        f"SET LOCAL search_path = {schema}",
        *statements,
        *(f'GRANT {rights[table]} ON "{table}" TO {schema}' for table in made if table in rights),
    ]


def send(cursor: Any, statements: Sequence[str]) -> None:
    """Runs a script: in one message to the server, or one by one where tables are distributed.

    A distributed database refuses several commands in one message (citus.md section 6).
    """
    if settings.DISTRIBUTED_SCHEMAS:
        for statement in statements:
            cursor.execute(statement)
    else:
        cursor.execute(";\n".join(statements))


@cache
def _access() -> dict[str, str]:
    return {model._meta.db_table: grants.access_of(model) for model in grants.unit_models()}
