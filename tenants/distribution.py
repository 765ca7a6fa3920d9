"""Schema-based sharding (Citus): what each shared table is to it, and what no unit's SQL may do.

A cell runs on stock PostgreSQL; with ``DISTRIBUTED_SCHEMAS`` the same code runs on a cluster, a
unit's schema on one node.  Nothing here needs the cluster: the rules hold always, so that the
day it is wanted nothing has to be rewritten (deploy/citus.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import models

from kernel.models import UnitBoundShared


class Kind(StrEnum):
    """What a shared table is in a cluster."""

    REFERENCE = "reference"
    """Copied to every node: what units read and never write."""
    MANAGED = "managed"
    """On the coordinator and known to the cluster, so that what is written there together with a
    unit's rows is committed or lost together."""
    LOCAL = "local"
    """The framework's own, written by nobody who serves a unit."""


_FRAMEWORK: Final = ("django.contrib.", "django_tenants")
_NUMBERED: Final = (models.AutoField, models.BigAutoField, models.SmallAutoField)
_FORBIDDEN: Final = {
    r"\bCREATE\s+(?:UNLOGGED\s+)?TABLE\s+[^(;]*?\bAS\b": "CREATE TABLE AS",
    r"\bAS\s+IDENTITY\b|\s(?:big|small)?serial\b|\bCREATE\s+SEQUENCE\b": "序列或自增列",
    r"\bINHERITS\b|\bPARTITION\s+(?:BY|OF)\b": "继承或分区",
    r"\bDO\s+\$|\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\b": "函数或 DO",
    r"\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?(?:TRIGGER|RULE)\b": "触发器或规则",
    r"\bRENAME\s+CONSTRAINT\b": "RENAME CONSTRAINT",
    r"\bSET\s+SCHEMA\b": "SET SCHEMA",
    r"\bREFERENCES\b(?!.*\bINITIALLY\s+IMMEDIATE\b)": "外键不是 INITIALLY IMMEDIATE",
    r'\b(?:REFERENCES|ON|TABLE|INTO|UPDATE|FROM|JOIN)\s+"?\w+"?\.': "表名带有模式",
    r"\bUPDATE\b.*\b(?:random|clock_timestamp|gen_random_uuid|uuidv7|nextval|timeofday)\s*\(": (
        "UPDATE 使用易变函数"
    ),
    r";\s*\S": "一条消息中有多条语句",
}


def kind_of(model: type[models.Model]) -> Kind:
    """What the model's shared table is; it follows from what units may do with it."""
    if model.__module__.startswith(_FRAMEWORK):
        return Kind.LOCAL
    is_read_only = getattr(model, "unit_access", "") == "SELECT"
    if is_read_only and not issubclass(model, UnitBoundShared):
        return Kind.REFERENCE
    return Kind.MANAGED


def refusals(statement: str) -> Iterator[str]:
    """Why a statement of the template could not be run in a cluster."""
    bare = re.sub(r"'(?:[^']|'')*'", "''", statement)
    for pattern, reason in _FORBIDDEN.items():
        if re.search(pattern, bare, re.IGNORECASE | re.DOTALL):
            yield reason


def check_models(
    unit_models: Iterable[type[models.Model]], shared_models: Iterable[type[models.Model]]
) -> Iterator[CheckMessage]:
    """An error for each model that the cluster would refuse or tear apart."""
    own = list(unit_models)
    for model in own:
        if isinstance(model._meta.pk, _NUMBERED):
            yield _error(model, "主键是自增列", "主键用 UUIDv7（kernel.models.UnitRow）。")
        for field in _constrained(model):
            if field.related_model not in own:
                yield _error(model, f"外键 {field.name} 指向单位以外的表", "改为 UUIDField。")
    for model in shared_models:
        kind = kind_of(model)
        if kind is not Kind.LOCAL and isinstance(model._meta.pk, _NUMBERED):
            yield _error(model, "主键是自增列", "主键用 UUIDv7（kernel.models.Row）。")
        for field in _constrained(model):
            if field.related_model in own:
                yield _error(model, f"外键 {field.name} 指向单位的表", "改为 UUIDField。")
            elif kind is Kind.REFERENCE and kind_of(field.related_model) is not Kind.REFERENCE:
                yield _error(
                    model,
                    f"每个节点都有的表用外键 {field.name} 指向只在协调节点的表",
                    "改为 UUIDField，或让单位也能读那张表。",
                )


def sharding(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The registered check, over all models of the installation."""
    every = apps.get_models(include_auto_created=True)
    own = [model for model in every if model._meta.app_config.name in settings.TENANT_APPS]
    return list(check_models(own, [model for model in every if model not in own]))


def _constrained(model: type[models.Model]) -> list[Any]:
    return [
        field
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey) and getattr(field, "db_constraint", True)
    ]


def _error(model: type[models.Model], reason: str, way_out: str) -> CheckMessage:
    return Error(
        f"{model._meta.db_table}：{reason}，分片数据库不支持",
        hint=way_out,
        obj=model,
        id="tenants.E002",
    )
