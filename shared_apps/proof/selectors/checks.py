"""Asking the rules of the unit in force.

A room says in SQL what would violate a rule about its rows.  All that can be seen from within the
unit is asked in one statement under its own role; what its role may not read is asked in a second
one on the shared tables.  Several parts may speak for one rule.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection

from kernel import clock
from kernel.unit import current_unit_id, shared_context
from shared_apps.proof.models import Seal
from shared_apps.proof.selectors.catalogue import RULES

SEALS: Final = Seal._meta.db_table
"""The table, for the room that keeps the ledger."""
_SHOWN: Final = 5
_within: dict[str, list[str]] = {}
_beside: dict[str, list[str]] = {}


@dataclass(frozen=True, slots=True)
class Check:
    """One rule: how many rows violate it, and up to five of them."""

    code: str
    title: str
    rule: str
    violations: int
    examples: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return self.violations == 0


def register(code: str, sql: str, *, is_beside: bool = False) -> None:
    """``sql`` selects one column: the key of each row that violates the rule ``code``.

    It may ask for ``%(unit)s`` and ``%(now)s``; shared tables are narrowed by ``unit_id``, for
    row-level security alone finds no index.  ``is_beside``: asked on the shared tables, outside
    the unit.
    """
    if code not in RULES:
        raise ValueError(f"{code} is no rule of the catalogue")
    parts = (_beside if is_beside else _within).setdefault(code, [])
    if sql not in parts:
        parts.append(sql)


def invariants(*, now: dt.datetime | None = None) -> list[Check]:
    """Every rule, asked of the unit in force now; two statements."""
    unit_id = current_unit_id()
    asked = {"unit": unit_id, "now": now or clock.now()}
    found = _ask(_within, asked)
    with shared_context():
        beside = _ask(_beside, asked)
    return [_check(code, found.get(code, []) + beside.get(code, [])) for code in _codes()]


def violations(*codes: str, unit_id: UUID | None = None) -> list[Check]:
    """Some rules only, of those that are asked within the unit in force."""
    asked = {"unit": unit_id or current_unit_id(), "now": clock.now()}
    found = _ask({code: _within[code] for code in codes}, asked)
    return [_check(code, found.get(code, [])) for code in codes]


def _codes() -> list[str]:
    return [code for code in RULES if code in _within or code in _beside]


def _check(code: str, keys: list[str]) -> Check:
    rule = RULES[code]
    return Check(code, rule.title, rule.says, len(keys), tuple(sorted(keys)[:_SHOWN]))


def _ask(parts: dict[str, list[str]], asked: dict[str, Any]) -> dict[str, list[str]]:
    """The keys of what violates each rule; a rule that holds is not there."""
    every = " UNION ALL ".join(
        f"SELECT '{code}' AS code, row_key::text FROM ({sql}) AS part (row_key)"
        for code, statements in parts.items()
        for sql in statements
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT code, array_agg(row_key) FROM ({every}) AS broken GROUP BY code", asked
        )
        return dict(cursor.fetchall())
