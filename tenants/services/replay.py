"""Sending the SQL of template steps to a schema, as the owner of its tables.

A step's statements name tables without a schema, so the same text serves every unit.  What a
schema gets besides is the rights of its role on the tables that the steps make.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any, Final

from django.conf import settings

from tenants.models import TemplateStep
from tenants.services import grants
from tenants.services.folding import folded

_MADE = re.compile(r'\s*CREATE TABLE\s+"(\w+)"', re.IGNORECASE)
_TARGET = re.compile(r'\s*(?:ALTER TABLE|CREATE (?:UNIQUE )?INDEX \S+ ON)\s+"(\w+)"', re.IGNORECASE)
_LIGHT = (
    re.compile(r"\s*(CREATE TABLE|DROP |COMMENT |GRANT |REVOKE )", re.IGNORECASE),
    re.compile(r"\s*ALTER TABLE \S+ DROP (COLUMN|CONSTRAINT) ", re.IGNORECASE),
    # A default that is computed for every row writes every row.
    re.compile(r"\s*ALTER TABLE \S+ ADD COLUMN (?!.*DEFAULT .*\()", re.IGNORECASE | re.DOTALL),
    re.compile(r"\s*ALTER TABLE \S+ ALTER COLUMN \S+ (SET|DROP) DEFAULT", re.IGNORECASE),
)
_INDEX = re.compile(r"\s*CREATE (UNIQUE )?INDEX ", re.IGNORECASE)
CATALOGUE_ONLY: Final = 25
READS_ROWS: Final = 5
WRITES_ROWS: Final = 1


def units_per_transaction(steps: Iterable[TemplateStep]) -> int:
    """How many units share a transaction: 25 where every statement only writes the catalogue, 5
    where an index is built, 1 where rows are written or checked.

    Locks are held until the transaction commits, so what takes time must not wait for others.
    A table that the same steps make has no rows.
    """
    statements = [text for step in steps for text in step.statements]
    new = {found[1] for text in statements if (found := _MADE.match(text))}
    return min((_at_once(text, new) for text in statements), default=CATALOGUE_ONLY)


def _at_once(statement: str, new: set[str]) -> int:
    target = _TARGET.match(statement)
    is_new = target is not None and target[1] in new
    if is_new or any(pattern.match(statement) for pattern in _LIGHT):
        return CATALOGUE_ONLY
    return READS_ROWS if _INDEX.match(statement) else WRITES_ROWS


def script(schema: str, steps: Sequence[TemplateStep]) -> list[str]:
    """Every statement that brings ``schema`` over ``steps``, in order, with the rights."""
    statements = [text for step in steps for text in statements_of(step)]
    made = [found[1] for text in statements if (found := _MADE.match(text))]
    tables: dict[str, list[str]] = {}
    for table in made:
        if table in _access():
            tables.setdefault(_access()[table], []).append(f'"{table}"')
    return [
        f"SET LOCAL search_path = {schema}",
        *statements,
        *(f"GRANT {right} ON {', '.join(names)} TO {schema}" for right, names in tables.items()),
    ]


def statements_of(step: TemplateStep) -> list[str]:
    """What is sent for a step; the template was rehearsed with the very same text."""
    return _folded(tuple(step.statements))


@lru_cache(maxsize=256)
def _folded(statements: tuple[str, ...]) -> list[str]:
    return folded(statements)


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
