"""What happened to a unit, from every book that the platform keeps about it, as one line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import groupby, islice
from typing import Final

from django.db import models

from shared_apps.fleet.models import Appointment, Renaming, WorkRetry
from shared_apps.support import selectors as support
from shared_apps.usage import selectors as usage
from tenants import selectors as directory
from tenants.archive.models import Backup, BackupState, Restore, RestoreState
from tenants.models import Unit, UnitState
from tenants.rollout import DriftFinding, StepState, WaveStep

PAGE: Final = 20
MOST_PAGES: Final = 500
_BEGINNING: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


class Kind(models.TextChoices):
    """Of what an entry tells."""

    STATE = "state", "状态"
    NAME = "name", "更名"
    UPGRADE = "upgrade", "升级"
    SCHEMA = "schema", "结构核对"
    BACKUP = "backup", "备份"
    RESTORE = "restore", "恢复"
    SUPPORT = "support", "支持访问"
    FIGURES = "figures", "数据更正"
    WORK = "work", "定时任务"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened; ``tone`` is ok, now, late or nothing."""

    at: dt.datetime
    kind: Kind
    title: str
    text: str = ""
    tone: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Pages:
    """A page of the line, newest first."""

    entries: list[Entry]
    number: int
    has_more: bool


def page_number(asked: str) -> int:
    """The page that an address asks for; the first where it asks for none."""
    return min(max(int(asked), 1), MOST_PAGES) if asked.isdigit() else 1


def of_unit(unit: Unit, *, kind: str = "", page: int = 1) -> Pages:
    """The entries of one kind, or of all; each book is asked for no more than is shown."""
    first = (page - 1) * PAGE
    books = [_BOOKS[Kind(kind)]] if kind in Kind.values else list(_BOOKS.values())
    lines = [book(unit, first + PAGE + 1) for book in books]
    merged = merge(*lines, key=lambda entry: entry.at, reverse=True)
    shown = list(islice(merged, first, first + PAGE + 1))
    return Pages(shown[:PAGE], page, len(shown) > PAGE)


def _states(unit: Unit, most: int) -> Iterator[Entry]:
    words = dict(UnitState.choices)
    for row in directory.transitions_of(unit.pk)[:most]:
        is_bad = row.to in {UnitState.SUSPENDED, UnitState.CLOSING, UnitState.CLOSED}
        yield Entry(
            row.at,
            Kind.STATE,
            f"{words[row.was]} → {words[row.to]}",
            _joined(row.actor_name, row.reason),
            "late" if is_bad else "ok",
        )


def _names(unit: Unit, most: int) -> Iterator[Entry]:
    for row in Renaming.objects.filter(unit=unit)[:most]:
        title = f"{row.get_what_display()}改为「{row.to}」"
        yield Entry(row.at, Kind.NAME, title, _joined(row.actor_name, f"原为「{row.was}」"))


def _upgrades(unit: Unit, most: int) -> Iterator[Entry]:
    """What waves did to its schema, and whether they were to reach it first."""
    books = _steps(unit, most), _appointments(unit, most)
    yield from merge(*books, key=lambda entry: entry.at, reverse=True)


def _appointments(unit: Unit, most: int) -> Iterator[Entry]:
    for row in Appointment.objects.filter(unit=unit)[:most]:
        yield Entry(row.at, Kind.UPGRADE, str(row), row.actor_name)


def _steps(unit: Unit, most: int) -> Iterator[Entry]:
    told = {
        StepState.DONE: ("已升级", "ok"),
        StepState.FAILED: ("升级失败", "late"),
        StepState.SKIPPED: ("跳过升级", "late"),
    }
    steps = WaveStep.objects.filter(unit_id=unit.pk, state__in=told, finished_at__isnull=False)
    for step in steps.select_related("wave").order_by("-finished_at")[:most]:
        title, tone = told[StepState(step.state)]
        took = f"用时 {step.seconds:.2f} 秒" if step.seconds is not None else ""
        yield Entry(
            step.finished_at or _BEGINNING,
            Kind.UPGRADE,
            f"第 {step.wave.number} 波次：{title}",
            _joined(f"升级到 {step.wave.to_version}", took),
            tone,
        )


def _schema(unit: Unit, most: int) -> Iterator[Entry]:
    entries = []
    for finding in DriftFinding.objects.filter(unit_id=unit.pk)[:most]:
        found = f"{len(finding.differences)} 处差异" if finding.differences else ""
        cause = finding.get_cause_display()
        entries.append(Entry(finding.found_at, Kind.SCHEMA, "隔离", _joined(cause, found), "late"))
        if finding.resolved_at:
            by = _joined(finding.resolved_by, finding.resolution)
            entries.append(Entry(finding.resolved_at, Kind.SCHEMA, "解除隔离", by, "ok"))
    yield from sorted(entries, key=lambda entry: entry.at, reverse=True)


def _backups(unit: Unit, most: int) -> Iterator[Entry]:
    told = {
        BackupState.DONE: ("已完成", "ok"),
        BackupState.EXPIRED: ("已完成，文件到期清理", ""),
        BackupState.FAILED: ("失败", "late"),
    }
    rows = Backup.objects.filter(unit=unit, state__in=told, finished_at__isnull=False)
    for row in rows.order_by("-finished_at")[:most]:
        title, tone = told[BackupState(row.state)]
        size = f"{row.bytes / 1024 / 1024:.1f} MB" if row.bytes else ""
        by = row.requested_by_name if row.requested_by else ""
        yield Entry(
            row.finished_at or _BEGINNING,
            Kind.BACKUP,
            f"{row.get_kind_display()}{title}",
            _joined(by, row.reason, size),
            tone,
        )


def _restores(unit: Unit, most: int) -> Iterator[Entry]:
    told = {
        RestoreState.DONE: ("已完成", "ok"),
        RestoreState.FAILED: ("失败", "late"),
        RestoreState.UNDONE: ("完成后已撤回", "late"),
    }
    rows = Restore.objects.filter(unit=unit, state__in=told, finished_at__isnull=False)
    for row in rows.order_by("-finished_at")[:most]:
        title, tone = told[RestoreState(row.state)]
        yield Entry(
            row.finished_at or _BEGINNING,
            Kind.RESTORE,
            f"{row.get_kind_display()}{title}",
            _joined(row.asked_by_name, row.reason, f"{row.rows:,} 行"),
            tone,
        )


def _support(unit: Unit, most: int) -> Iterator[Entry]:
    """Asking, the answer, the first entry and the end of each access."""
    entries = []
    for row in support.of_unit(unit.pk)[:most]:
        url = f"/support/{row.pk}/"
        by, why = row.operator_name, row.reason
        entries.append(Entry(row.asked_at, Kind.SUPPORT, "申请支持访问", _joined(by, why), "", url))
        if row.decided_at:
            title = "单位拒绝支持访问" if row.answer else "单位同意支持访问"
            entries.append(Entry(row.decided_at, Kind.SUPPORT, title, row.answer, "now", url))
        if row.entered_at:
            entries.append(Entry(row.entered_at, Kind.SUPPORT, "支持人员进入", by, "now", url))
        if row.ended_at:
            title = row.get_ending_display() or row.get_state_display()
            told = _joined(row.ended_by_name, f"查看 {row.pages} 页" if row.entered_at else "")
            entries.append(Entry(row.ended_at, Kind.SUPPORT, title, told, "ok", url))
    yield from sorted(entries, key=lambda entry: entry.at, reverse=True)


def _figures(unit: Unit, most: int) -> Iterator[Entry]:
    """A night's corrections as one entry."""
    rows = usage.drifts(since=_BEGINNING, unit_id=unit.pk)
    for at, group in islice(groupby(rows.iterator(), key=lambda drift: drift.at), most):
        corrected = sorted({METRICS.get(drift.metric, drift.metric) for drift in group})
        yield Entry(at, Kind.FIGURES, "复核更正统计数", "、".join(corrected), "late")


def _works(unit: Unit, most: int) -> Iterator[Entry]:
    for row in WorkRetry.objects.filter(unit=unit)[:most]:
        yield Entry(row.at, Kind.WORK, f"重试「{row.label}」", row.actor_name)


METRICS: Final[Mapping[str, str]] = {
    "organizations": "组织数",
    "members": "党员数",
    "activated": "激活数",
    "bills": "账单数",
    "due_fen": "应交党费",
    "payments": "交纳笔数",
    "paid_fen": "已交党费",
}
"""What a recount counts, in words."""
_BOOKS: Final[Mapping[Kind, Callable[[Unit, int], Iterator[Entry]]]] = {
    Kind.STATE: _states,
    Kind.NAME: _names,
    Kind.UPGRADE: _upgrades,
    Kind.SCHEMA: _schema,
    Kind.BACKUP: _backups,
    Kind.RESTORE: _restores,
    Kind.SUPPORT: _support,
    Kind.FIGURES: _figures,
    Kind.WORK: _works,
}


def _joined(*parts: str) -> str:
    return "，".join(part for part in parts if part)
