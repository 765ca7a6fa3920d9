"""Listening to what is sent to the database, and what of it a cluster would not bear.

The rules are those of schema-based sharding that an ordinary server keeps silent about: a lock
that is not taken, a statement that no node can run alone (deploy/citus.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tenants.distribution import Kind, kind_of
from tenants.services import grants

_VOLATILE = r"\b(?:random|clock_timestamp|gen_random_uuid|uuidv7|nextval|timeofday)\s*\("
_CHANGED = re.compile(
    r'\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO)\s+(?:ONLY\s+)?"?(\w+)'
)


class Recorder:
    """An execute wrapper that keeps the text of every statement."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        self.texts.append(sql)
        return execute(sql, params, many, context)


def conflicts(statement: str) -> list[str]:
    """What a cluster would refuse or do otherwise, of one statement sent while serving a unit."""
    own, managed, reference = _tables(statement)
    found = []
    is_locking = re.search(r"\bFOR\s+(?:NO\s+KEY\s+)?(?:UPDATE|SHARE)\b", statement)
    if is_locking and own and managed:
        found.append(f"locks rows of a unit together with {sorted(managed)}: takes no lock")
    if is_locking and len(own) > 1 and not re.search(r"\b(?:UPDATE|SHARE)\s+OF\b", statement):
        found.append(f"locks rows of several tables: {sorted(own)}")
    changed = set(_CHANGED.findall(statement))
    if changed & reference and own:
        found.append(f"changes {sorted(changed & reference)} with a unit's tables at hand")
    if changed & own and re.search(r"\bUPDATE\b", statement) and _updates_volatile(statement):
        found.append("updates a unit's rows with a volatile function")
    if re.search(r"\bWITH\s+RECURSIVE\b", statement) and own and managed:
        found.append(f"recurses over {sorted(managed)}")
    if re.search(r"\bpg_(?:try_)?advisory_\w*lock", statement) and own:
        found.append("takes an advisory lock where a node might take it")
    if re.search(r"\bMERGE\s+INTO\b", statement) and own:
        found.append("merges")
    return found


def _updates_volatile(statement: str) -> bool:
    """An INSERT in the same statement may use them; what is set may not."""
    sets = re.findall(r"\bUPDATE\b(.*?)(?=\bINSERT\b|\Z)", statement, re.DOTALL)
    return any(re.search(_VOLATILE, text) for text in sets)


def _tables(statement: str) -> tuple[set[str], set[str], set[str]]:
    """The unit's own tables that the statement names, the managed and the reference ones."""
    words = set(re.findall(r"\b[a-z]+_[a-z_0-9]+\b", statement))
    own = {model._meta.db_table for model in grants.unit_models()}
    shared = {model._meta.db_table: kind_of(model) for model in grants.shared_models()}
    managed = {name for name, kind in shared.items() if kind is Kind.MANAGED}
    reference = {name for name, kind in shared.items() if kind is Kind.REFERENCE}
    return words & own, words & managed, words & reference
