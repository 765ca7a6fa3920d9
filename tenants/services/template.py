"""The template artifact: the SQL that a unit's schema is made of, one step per migration.

It is made by running the migrations of the unit apps once on a scratch schema and keeping what
they sent.  Nothing else ever runs those migrations (architecture 3.3 and 3.6).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.operations import RunPython
from django.db.migrations.state import ProjectState

from tenants.models import TemplateStep
from tenants.routers import building_template

TEMPLATE_SCHEMA = "unit_template"
_DDL = re.compile(r"\s*(CREATE|ALTER|DROP|COMMENT|INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


class NotReplayable(RuntimeError):
    """A migration of a unit app does something that SQL alone cannot repeat."""


class _Recorder:
    """Keeps every statement that changes something, with its parameters written in."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.statements: list[str] = []

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if _DDL.match(sql):
            if many:
                raise NotReplayable(f"executemany in a unit migration: {sql[:80]}")
            with self._connection.connection.cursor() as raw:
                self.statements.append(raw.mogrify(sql, params) if params else sql)
        return execute(sql, params, many, context)


def build() -> int:
    """Makes the artifact anew from all migrations of the unit apps; returns its steps.

    Raises NotReplayable for RunPython.  The scratch schema stays, as the reference for the
    object budget and for drift checks.
    """
    owner: Any = connections["owner"]
    token = building_template.set(True)
    try:
        with transaction.atomic(using="owner"), owner.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {TEMPLATE_SCHEMA} CASCADE")
            cursor.execute(f"CREATE SCHEMA {TEMPLATE_SCHEMA}")
            cursor.execute(f"SET LOCAL search_path = {TEMPLATE_SCHEMA}")
            steps = list(_run_all(owner))
            cursor.execute("SET LOCAL search_path = public")
            TemplateStep.objects.using("owner").all().delete()
            TemplateStep.objects.using("owner").bulk_create(steps)
    finally:
        building_template.reset(token)
    return len(steps)


def _run_all(owner: Any) -> list[TemplateStep]:
    executor = MigrationExecutor(owner)
    labels = {a.label for a in apps.get_app_configs() if a.name in settings.TENANT_APPS}
    leaves = [key for key in executor.loader.graph.leaf_nodes() if key[0] in labels]
    plan = [
        executor.loader.graph.nodes[key] for key in _ordered(executor, leaves) if key[0] in labels
    ]
    state: ProjectState = ProjectState(real_apps=executor.loader.unmigrated_apps)
    steps = []
    for position, migration in enumerate(plan, start=1):
        _refuse_python(migration)
        recorder = _Recorder(owner)
        with owner.execute_wrapper(recorder), owner.schema_editor(atomic=False) as editor:
            state = migration.apply(state, editor)
        steps.append(
            TemplateStep(
                position=position,
                migration=f"{migration.app_label}.{migration.name}",
                statements=recorder.statements,
            )
        )
    return steps


def _ordered(executor: MigrationExecutor, leaves: list[Any]) -> list[Any]:
    seen: dict[Any, None] = {}
    for leaf in sorted(leaves):
        for key in executor.loader.graph.forwards_plan(leaf):
            seen.setdefault(key)
    return list(seen)


def _refuse_python(migration: Migration) -> None:
    if any(isinstance(operation, RunPython) for operation in migration.operations):
        raise NotReplayable(
            f"{migration.app_label}.{migration.name} uses RunPython: write it as SQL, or as a"
            " resumable job that runs after the schema change"
        )
