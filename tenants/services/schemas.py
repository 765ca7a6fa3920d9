"""Opening a unit's schema by replaying the template; bringing one up to date."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connections, transaction

from kernel.errors import Unavailable
from tenants.models import TemplateStep, Unit
from tenants.services import grants


class NoTemplate(Unavailable):
    code = "template_missing"
    sentence = "平台尚未完成初始化，暂时不能开通单位。请联系平台运维人员执行 setup。"


def provision(*, unit: Unit) -> None:
    """Makes the unit's role and schema and grants the one on the other, all or nothing.

    Doing it again does nothing.  Raises NoTemplate before ``setup`` has run.
    """
    steps = list(TemplateStep.objects.using("owner"))
    if not steps:
        raise NoTemplate
    name = unit.schema_name
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        held = Unit.objects.using("owner").select_for_update().get(pk=unit.pk)
        if held.schema_version:
            unit.schema_version = held.schema_version
            return
        cursor.execute(f"CREATE ROLE {name} NOLOGIN")
        cursor.execute(f"GRANT {grants.UNIT_GROUP} TO {name}")
        app = settings.DATABASES["default"]["USER"]
        cursor.execute(f"GRANT {name} TO {app} WITH INHERIT FALSE, SET TRUE")
        cursor.execute(f"CREATE SCHEMA {name}")
        cursor.execute(f"GRANT USAGE ON SCHEMA {name} TO {name}")
        _replay(cursor, name, steps)
        _grant(cursor, name)
        _mark(unit, steps[-1].migration)


def upgrade(*, unit: Unit) -> int:
    """Replays the steps that the unit's schema has not seen; returns how many."""
    steps = list(TemplateStep.objects.using("owner"))
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        held = Unit.objects.using("owner").select_for_update().get(pk=unit.pk)
        names = [step.migration for step in steps]
        start = names.index(held.schema_version) + 1
        missing = steps[start:]
        if missing:
            cursor.execute("SET LOCAL lock_timeout = '4s'")
            _replay(cursor, unit.schema_name, missing)
            _grant(cursor, unit.schema_name)
            _mark(unit, missing[-1].migration)
    return len(missing)


def discard(*, unit: Unit) -> None:
    """Drops the schema and the role of a unit that never went into service.

    The role owns nothing and holds rights in its own schema only, so both go without a trace.
    """
    name = unit.schema_name
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
        if cursor.fetchone():
            cursor.execute(f"DROP ROLE {name}")
        _mark(unit, "")


def _replay(cursor: Any, schema: str, steps: list[TemplateStep]) -> None:
    cursor.execute(f"SET LOCAL search_path = {schema}")
    for step in steps:
        for statement in step.statements:
            cursor.execute(statement)
    cursor.execute("SET LOCAL search_path = public")


def _grant(cursor: Any, schema: str) -> None:
    for model in grants.unit_models():
        table = f'{schema}."{model._meta.db_table}"'
        cursor.execute(f"GRANT {grants.access_of(model)} ON {table} TO {schema}")


def _mark(unit: Unit, version: str) -> None:
    Unit.objects.using("owner").filter(pk=unit.pk).update(schema_version=version)
    unit.schema_version = version
