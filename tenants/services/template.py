"""The template artifact: the SQL that a unit's schema is made of, one step per migration.

A step is captured once: its migration runs on a scratch schema that holds the steps before it, what
it sent is kept, and the kept text is replayed on the template schema, which must come out the
same.  Nothing else ever runs those migrations (architecture 3.3 and 3.6).  New steps are appended;
a step that a schema has seen is never changed again, whatever becomes of the file.
"""

from __future__ import annotations

import datetime as dt
import inspect
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import new as hash_with
from itertools import takewhile
from pathlib import Path
from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.operations import RunPython
from django.db.migrations.state import ProjectState

from kernel.errors import Conflict
from tenants import distribution
from tenants.models import ReadySchema, TemplateStep, Unit
from tenants.rollout import UNFINISHED, Wave
from tenants.routers import building_template
from tenants.services import replay, shape

TEMPLATE_SCHEMA = "unit_template"
_SCRATCH = "unit_scratch"
_DDL = re.compile(r"\s*(CREATE|ALTER|DROP|COMMENT|INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


class NotReplayable(Conflict):
    """A migration of a unit app does something that SQL alone cannot repeat."""

    code = "step_not_replayable"
    sentence = "迁移 {migration} 不能回放：{reason}"


class StepChanged(Conflict):
    code = "step_changed"
    sentence = (
        "迁移 {migration} 与已经在单位中执行过的 SQL 不一致（{reason}）。"
        "已执行的步骤不可更改：请恢复这个文件，把改动写成新的迁移。"
    )


class WaveUnfinished(Conflict):
    code = "wave_unfinished"
    sentence = (
        "波次 {number} 还没有结束（{state}），模板暂时不能增加新的步骤。"
        "请先用 gongjian fleet resume 完成它，或在「升级波次」页面终止它。"
    )


class _Planned(NamedTuple):
    name: str
    migration: Migration
    source: str


def capture(*, now: dt.datetime) -> int:
    """Appends the steps of new migrations and returns how many; nothing new costs one query.

    Raises NotReplayable, StepChanged for a step that a schema has seen, WaveUnfinished.
    """
    known = list(TemplateStep.objects.using("owner"))
    planned = _planned([step.migration for step in known])
    if [(step.migration, step.source) for step in known] == [(p.name, p.source) for p in planned]:
        return 0
    wave = Wave.objects.using("owner").filter(state__in=UNFINISHED).first()
    if wave is not None:
        raise WaveUnfinished(number=wave.number, state=wave.get_state_display())
    with transaction.atomic(using="owner"), _scratch() as cursor:
        captured = _captured(cursor, planned, known)
        cursor.execute("SET LOCAL search_path = public")
        kept = _kept(known, captured)
        steps = [_step(at, *item, now=now) for at, item in enumerate(captured, start=1)]
        _rehearse(cursor, steps, kept if kept == len(known) else 0)
        rows = TemplateStep.objects.using("owner")
        rows.filter(position__gt=kept).delete()
        for step in steps[:kept]:
            rows.filter(pk=step.pk).update(source=step.source)
        rows.bulk_create(steps[kept:])
    return len(steps) - kept


def digest_up_to(position: int, *, using: str = DEFAULT_DB_ALIAS) -> str:
    """SM3 over the checksums of all steps up to ``position``."""
    rows = TemplateStep.objects.using(using).filter(position__lte=position)
    return _sm3("".join(rows.order_by("position").values_list("checksum", flat=True)).encode())


def _planned(known: Sequence[str]) -> list[_Planned]:
    """Migrations of the unit apps: those already captured in their order, then the new ones."""
    executor = MigrationExecutor(connections["owner"])
    graph = executor.loader.graph
    labels = {a.label for a in apps.get_app_configs() if a.name in settings.TENANT_APPS}
    ordered: dict[str, Migration] = {}
    for leaf in sorted(key for key in graph.leaf_nodes() if key[0] in labels):
        for key in graph.forwards_plan(leaf):
            if key[0] in labels:
                ordered.setdefault(f"{key[0]}.{key[1]}", graph.nodes[key])
    names = [name for name in known if name in ordered]
    names += [name for name in ordered if name not in known]
    return [_Planned(name, ordered[name], _source_of(ordered[name])) for name in names]


def _source_of(migration: Migration) -> str:
    return _sm3(Path(inspect.getfile(type(migration))).read_bytes())


def _kept(known: Sequence[TemplateStep], captured: Sequence[tuple[_Planned, list[str]]]) -> int:
    """How many known steps stand; raises StepChanged where one that was replayed does not."""
    replayed = _last_replayed(known)
    for at, step in enumerate(known):
        reason = ""
        if at >= len(captured) or captured[at][0].name != step.migration:
            reason = "文件不见了，或者它现在依赖后来的迁移"
        elif _checksum(captured[at][1]) != step.checksum:
            reason = "文件现在产生另外的 SQL"
        if reason and step.position <= replayed:
            raise StepChanged(migration=step.migration, reason=reason)
        if reason:
            return at
    return len(known)


def _last_replayed(known: Sequence[TemplateStep]) -> int:
    """Position of the newest step that any schema has seen."""
    seen: set[str] = set()
    for holders in (Unit.objects.using("owner"), ReadySchema.objects.using("owner")):
        seen.update(holders.order_by().values_list("schema_version", flat=True).distinct())
    return max((step.position for step in known if step.migration in seen), default=0)


class _Recorder:
    """Keeps every statement that changes something, with its parameters written in."""

    def __init__(self, connection: Any, migration: str) -> None:
        self._connection = connection
        self._migration = migration
        self.statements: list[str] = []

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if _DDL.match(sql):
            if many:
                raise NotReplayable(migration=self._migration, reason=f"executemany：{sql[:80]}")
            with self._connection.connection.cursor() as raw:
                self.statements.append(raw.mogrify(sql, params) if params else sql)
        return execute(sql, params, many, context)


@contextmanager
def _scratch() -> Any:
    """An empty schema in which migrations may run; gone afterwards."""
    token = building_template.set(True)
    try:
        with connections["owner"].cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {_SCRATCH} CASCADE")
            cursor.execute(f"CREATE SCHEMA {_SCRATCH}")
            cursor.execute(f"SET LOCAL search_path = {_SCRATCH}")
            yield cursor
            cursor.execute(f"DROP SCHEMA {_SCRATCH} CASCADE")
    finally:
        building_template.reset(token)


def _captured(
    cursor: Any, planned: Sequence[_Planned], known: Sequence[TemplateStep]
) -> list[tuple[_Planned, list[str]]]:
    """What each migration sends: as kept while the files stand unchanged, then by running them."""
    owner: Any = connections["owner"]
    state = ProjectState(real_apps=MigrationExecutor(owner).loader.unmigrated_apps)
    standing = list(_unchanged(planned, known))
    captured = [(item, step.statements) for item, step in standing]
    if standing:
        for item, _ in standing:
            state = item.migration.mutate_state(state, preserve=False)
        replay.send(cursor, [text for _, step in standing for text in replay.statements_of(step)])
    for item in planned[len(captured) :]:
        if any(isinstance(operation, RunPython) for operation in item.migration.operations):
            raise NotReplayable(migration=item.name, reason="含有 RunPython，请改写为 SQL")
        recorder = _Recorder(owner, item.name)
        with owner.execute_wrapper(recorder), owner.schema_editor(atomic=False) as editor:
            state = item.migration.apply(state, editor)
        for statement in recorder.statements:
            for reason in distribution.refusals(statement):
                raise NotReplayable(migration=item.name, reason=f"{reason}：{statement[:80]}")
        captured.append((item, recorder.statements))
    return captured


def _unchanged(
    planned: Sequence[_Planned], known: Sequence[TemplateStep]
) -> Iterator[tuple[_Planned, TemplateStep]]:
    """From the first on, the migrations whose file is as it was when their step was kept."""
    pairs = zip(planned, known, strict=False)
    return takewhile(
        lambda pair: (pair[0].name, pair[0].source) == (pair[1].migration, pair[1].source), pairs
    )


def _rehearse(cursor: Any, steps: Sequence[TemplateStep], kept: int) -> None:
    """Replays the new steps on the template, as on any unit; it must equal the scratch schema."""
    cursor.execute("SELECT to_regnamespace(%s)", [TEMPLATE_SCHEMA])
    if kept == 0 or cursor.fetchone() == (None,):
        kept = 0
        cursor.execute(f"DROP SCHEMA IF EXISTS {TEMPLATE_SCHEMA} CASCADE")
        cursor.execute(f"CREATE SCHEMA {TEMPLATE_SCHEMA}")
    for step in steps[kept:]:
        path = f"SET LOCAL search_path = {TEMPLATE_SCHEMA}"
        replay.send(cursor, [path, *replay.statements_of(step)])
    cursor.execute("SET LOCAL search_path = public")
    wrong = shape.differences(
        expected=shape.facts_of(_SCRATCH), found=shape.facts_of(TEMPLATE_SCHEMA)
    )
    if wrong:
        first = wrong[0]
        reason = f"回放的结果与直接执行不同，{first['kind']} {first['item']}"
        raise NotReplayable(migration=steps[-1].migration, reason=reason)


def _step(
    position: int, planned: _Planned, statements: list[str], *, now: dt.datetime
) -> TemplateStep:
    return TemplateStep(
        position=position,
        migration=planned.name,
        statements=statements,
        checksum=_checksum(statements),
        source=planned.source,
        captured_at=now,
    )


def _checksum(statements: Sequence[str]) -> str:
    return _sm3(json.dumps(list(statements), ensure_ascii=False).encode())


def _sm3(content: bytes) -> str:
    return hash_with("sm3", content).hexdigest()
