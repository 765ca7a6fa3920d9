"""The system check that refuses a migration of a unit app which waves could not replay.

Each refusal names the file, the operation, the reason and the way out.  Two kinds of rule:
what SQL alone cannot repeat in 11,800 schemas (or a distributed database refuses), and what the
code of the release before would not survive, since it serves while the wave runs.  The second
kind is allowed in a migration that says ``is_contract = True``: it is for a later release, when
no running code needs what it takes away.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import models
from django.db.migrations import operations as ops
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

CONTRACT: Final = "写进以后版本的收缩迁移，并在迁移类中声明 is_contract = True。"
_TAKES_AWAY: Final = (
    ops.RemoveField,
    ops.DeleteModel,
    ops.RenameField,
    ops.RenameModel,
    ops.AlterModelTable,
    ops.RemoveConstraint,
)
_TIES_DOWN: Final = (ops.AddConstraint, ops.AlterUniqueTogether)
_NUMBERED: Final = (models.AutoField, models.BigAutoField, models.SmallAutoField)


class Refusal(NamedTuple):
    """Why an operation may not be, and what to do instead."""

    reason: str
    way_out: str


_STATEMENTS: Final = (
    (
        r"\bRENAME\s+CONSTRAINT\b",
        Refusal("RENAME CONSTRAINT 在分片数据库中不可用", "新建约束，在以后的版本删除旧约束。"),
    ),
    (
        r"\bCREATE\s+(?:UNLOGGED\s+)?TABLE\s+[^(;]*?\bAS\b|\bSELECT\b[^;]*\bINTO\s+(?!STRICT)\w",
        Refusal("CREATE TABLE AS 在分片数据库中不可用", "先 CREATE TABLE，再 INSERT … SELECT。"),
    ),
    (
        r"\bGENERATED\b[^;]*\bAS\s+IDENTITY\b|\b(?:BIG|SMALL)?SERIAL\b|\bCREATE\s+SEQUENCE\b",
        Refusal("单位结构中不允许序列和自增列", "主键用 UUIDv7（kernel.models.UnitRow）。"),
    ),
    (
        r"\bUPDATE\b[^;]*\b(?:random|clock_timestamp|gen_random_uuid|uuidv7|nextval|timeofday)\s*\(",
        Refusal(
            "UPDATE 使用易变函数，各节点结果不同", "由程序算出固定的值，或改为升级后的可续作业。"
        ),
    ),
    (
        r"\bCONCURRENTLY\b",
        Refusal("CONCURRENTLY 不能放进事务，失败会留下无效索引", "单位的表很小，用普通索引。"),
    ),
    (
        r"\bDO\s+\$|\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE|TRIGGER|VIEW|MATERIALIZED)\b",
        Refusal("单位结构中只有表和索引", "把规则写进约束或服务代码。"),
    ),
    (
        r'(?:\bpublic\b|\bt_[a-z2-7]{26}\b|"public")\s*\.',
        Refusal(
            "引用了别的模式，一个单位的 SQL 只碰自己的表", "表名不写模式；需要的值存进本单位。"
        ),
    ),
    (
        r"\bSET\s+(?:SESSION\s+|LOCAL\s+)?(?:search_path|ROLE)\b",
        Refusal("迁移不得切换模式或角色", "删去这一句：执行时已在本单位中。"),
    ),
)


def replayability(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The registered check: every migration of every unit app."""
    labels = {a.label for a in apps.get_app_configs() if a.name in settings.TENANT_APPS}
    return list(check_migrations(labels))


def check_migrations(labels: Iterable[str]) -> Iterator[CheckMessage]:
    """An error for each operation that is refused, in the order of the migrations."""
    loader = MigrationLoader(None)
    state = ProjectState(real_apps=loader.unmigrated_apps)
    done: set[Any] = set()
    wanted = set(labels)
    for leaf in sorted(key for key in loader.graph.leaf_nodes() if key[0] in wanted):
        for key in loader.graph.forwards_plan(leaf):
            if key in done:
                continue
            done.add(key)
            migration = loader.graph.nodes[key]
            if key[0] in wanted:
                yield from _of_migration(migration, state, wanted)
            for operation in migration.operations:
                operation.state_forwards(key[0], state)


def _of_migration(
    migration: Migration, before: ProjectState, labels: set[str]
) -> Iterator[CheckMessage]:
    if not migration.atomic:
        yield _error(
            migration, "atomic = False", Refusal("每个单位是一个事务", "删去 atomic = False。")
        )
    state = before.clone()
    made: set[str] = set()
    for operation in migration.operations:
        for refusal in _of_operation(operation, migration, state, made, labels):
            yield _error(migration, operation.describe(), refusal)
        operation.state_forwards(migration.app_label, state)
        if isinstance(operation, ops.CreateModel):
            made.add(operation.name_lower)


def _of_operation(
    operation: Operation,
    migration: Migration,
    state: ProjectState,
    made: set[str],
    labels: set[str],
) -> Iterator[Refusal]:
    yield from _beyond_sql(operation)
    for field in _fields_of(operation):
        yield from _of_field(field, labels)
    if not getattr(migration, "is_contract", False):
        yield from _not_expanding(operation, migration.app_label, state, made)
    for inner in getattr(operation, "database_operations", []):
        yield from _of_operation(inner, migration, state, made, labels)


def _is_separated(operation: Operation) -> bool:
    return isinstance(operation, ops.SeparateDatabaseAndState)


def _beyond_sql(operation: Any) -> Iterator[Refusal]:
    """What cannot be captured as text that holds in every schema."""
    if isinstance(operation, ops.RunPython):
        yield Refusal(
            "RunPython 不能录成 SQL，也不能在每个单位重放",
            "改写为 RunSQL；要逐行计算的，写成升级后运行的可续作业。",
        )
    if (
        _is_separated(operation)
        and operation.state_operations
        and not operation.database_operations
    ):
        yield Refusal(
            "只改状态、不改表，单位的表会与模型不一致", "在 database_operations 中写出 SQL。"
        )
    if type(operation).__name__ in {"AddIndexConcurrently", "RemoveIndexConcurrently"}:
        yield _STATEMENTS[4][1]
    if isinstance(operation, ops.RunSQL):
        for statement in _statements_of(operation.sql):
            yield from _of_statement(statement)


def _statements_of(sql: Any) -> list[str]:
    if isinstance(sql, str):
        return [] if sql == ops.RunSQL.noop else [sql]
    return [one if isinstance(one, str) else one[0] for one in sql]


def _of_statement(statement: str) -> Iterator[Refusal]:
    bare = re.sub(r"--[^\n]*|/\*.*?\*/", " ", statement, flags=re.DOTALL)
    for pattern, refusal in _STATEMENTS:
        if re.search(pattern, bare, re.IGNORECASE | re.DOTALL):
            yield refusal


def _fields_of(operation: Any) -> list[models.Field[Any, Any]]:
    if isinstance(operation, ops.CreateModel):
        return [field for _, field in operation.fields]
    if isinstance(operation, (ops.AddField, ops.AlterField)):
        return [operation.field]
    return []


def _of_field(field: Any, labels: set[str]) -> Iterator[Refusal]:
    if isinstance(field, _NUMBERED):
        yield Refusal("单位结构中不允许序列和自增列", "主键用 UUIDv7（kernel.models.UnitRow）。")
    if isinstance(field, models.ManyToManyField):
        yield Refusal("多对多字段会生成自增主键的中间表", "写出中间表的模型，主键用 UUIDv7。")
    target = getattr(field, "remote_field", None) and field.remote_field.model
    app = target.partition(".")[0].lower() if isinstance(target, str) and "." in target else ""
    if app and app not in labels and field.db_constraint:
        yield Refusal("外键指向单位以外的表", "改为 UUIDField，或 db_constraint=False。")


def _not_expanding(
    operation: Any, app: str, state: ProjectState, made: set[str]
) -> Iterator[Refusal]:
    """What the code of the release before would not survive."""
    table = getattr(operation, "model_name_lower", "") or getattr(operation, "name_lower", "")
    if table in made:
        return
    if isinstance(operation, _TAKES_AWAY):
        yield Refusal("上一版程序还在使用被删除或改名的东西", CONTRACT)
    if isinstance(operation, _TIES_DOWN):
        yield Refusal("上一版程序写入的行可能不满足新的约束", CONTRACT)
    if isinstance(operation, ops.AddField) and _needs_value(operation.field):
        yield Refusal(
            "上一版程序插入时不知道这一列，会违反 NOT NULL", "加 null=True，或给出 db_default。"
        )
    if isinstance(operation, ops.AlterField):
        old = state.models[app, operation.model_name_lower].fields[operation.name]
        reason = _narrowed(old, operation.field)
        if reason:
            yield Refusal(f"收窄了原来的列：{reason}", CONTRACT)


def _needs_value(field: Any) -> bool:
    has_own = isinstance(field, models.ManyToManyField | models.GeneratedField)
    return not (has_own or field.null or field.has_db_default())


def _narrowed(old: Any, new: Any) -> str:
    """In what way ``new`` takes less than ``old``; empty when it takes as much or more."""
    if old.null and not new.null:
        return "不再允许为空"
    if new.unique and not old.unique:
        return "变为唯一"
    if type(old) is not type(new):
        return f"类型由 {type(old).__name__} 变为 {type(new).__name__}"
    if (old.db_column or old.name) != (new.db_column or new.name):
        return "改了列名"
    longest, longer = old.max_length, new.max_length
    if longer is not None and (longest is None or longer < longest):
        return f"长度由 {longest or '不限'} 变为 {longer}"
    return ""


def _error(migration: Migration, operation: str, refusal: Refusal) -> CheckMessage:
    file = Path(inspect.getfile(type(migration)))
    place = file.relative_to(settings.ROOT) if file.is_relative_to(settings.ROOT) else file
    return Error(
        f"{place}：{operation}：{refusal.reason}",
        hint=refusal.way_out,
        obj=f"{migration.app_label}.{migration.name}",
        id="tenants.E001",
    )
