"""Making a unit's schema by replaying the template; bringing one up to date; dropping one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import connections, transaction

from kernel.errors import Unavailable
from tenants.models import TemplateStep, Unit
from tenants.services import grants, replay, sharding


class NoTemplate(Unavailable):
    code = "template_missing"
    sentence = "平台尚未完成初始化，暂时不能开通单位。请联系平台运维人员执行 setup。"


def template_steps() -> list[TemplateStep]:
    """The template in the order of replay; raises NoTemplate before ``setup`` has run."""
    steps = list(TemplateStep.objects.using("owner"))
    if not steps:
        raise NoTemplate
    return steps


def provision(*, unit: Unit) -> None:
    """Makes the schema of a unit that got none from the pool, all or nothing.

    Doing it again does nothing.  Raises NoTemplate.
    """
    steps = template_steps()
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        held = Unit.objects.using("owner").select_for_update().get(pk=unit.pk)
        if held.schema_version:
            unit.schema_version = held.schema_version
            return
        make(cursor, held.schema_name, steps)
        _mark(unit, steps[-1].migration)


def make(
    cursor: Any, schema: str, steps: Sequence[TemplateStep], *, then: Sequence[str] = ()
) -> None:
    """Role, schema, tables and rights, and ``then`` what writes them down, in the owner's
    transaction in progress.
    """
    app = settings.DATABASES["default"]["USER"]
    replay.send(
        cursor,
        [
            f"CREATE ROLE {schema} {sharding.login()} IN ROLE {grants.UNIT_GROUP}",
            f"GRANT {schema} TO {app} WITH INHERIT FALSE, SET TRUE",
            *sharding.before_schema(),
            f"CREATE SCHEMA {schema}",
            f"GRANT USAGE ON SCHEMA {schema} TO {schema}",
            *replay.script(schema, steps),
            "SET LOCAL search_path = public",
            *then,
        ],
    )


def upgrade(*, unit: Unit) -> int:
    """Replays the steps that the unit's schema has not seen; returns how many."""
    steps = template_steps()
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        held = Unit.objects.using("owner").select_for_update().get(pk=unit.pk)
        names = [step.migration for step in steps]
        missing = steps[names.index(held.schema_version) + 1 :]
        if missing:
            cursor.execute("SET LOCAL lock_timeout = '4s'")
            replay.send(cursor, replay.script(unit.schema_name, missing))
            cursor.execute("SET LOCAL search_path = public")
            _mark(unit, missing[-1].migration)
    return len(missing)


def discard(*, unit: Unit) -> None:
    """Drops the schema and the role of a unit that is not in service."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        Unit.objects.using("owner").select_for_update().get(pk=unit.pk)
        drop(cursor, unit.schema_name)
        _mark(unit, "")


def drop_closed(*, unit: Unit, beside: Sequence[str]) -> None:
    """``discard`` within the owner's transaction in progress, with the schemas that a restore
    left ``beside``.
    """
    with connections["owner"].cursor() as cursor:
        for name in beside:
            cursor.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
        drop(cursor, unit.schema_name)
    _mark(unit, "")


def drop(cursor: Any, schema: str) -> None:
    """Both go without a trace: the role owns nothing and has rights in its own schema only."""
    cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    cursor.execute(f"DROP ROLE IF EXISTS {schema}")


def _mark(unit: Unit, version: str) -> None:
    Unit.objects.using("owner").filter(pk=unit.pk).update(schema_version=version)
    unit.schema_version = version
