"""Reading backups, restores and drills for operators; the units' own exports are not theirs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Case, Q, QuerySet, Value, When

from kernel.errors import NotFound
from tenants import selectors as directory
from tenants.archive.models import (
    UNFINISHED,
    Backup,
    BackupState,
    Restore,
    RestoreKind,
    RestoreState,
)
from tenants.models import BACKED_UP

VIEWS: Final = {"": "全部", "failed": "失败", "running": "进行中", "kept": "可用"}
_STATES: Final = {
    "failed": (BackupState.FAILED,),
    "running": UNFINISHED,
    "kept": (BackupState.DONE,),
}
_A_DAY: Final = dt.timedelta(hours=26)


class UnknownBackup(NotFound):
    code = "backup_unknown"
    sentence = "没有找到这份备份或这次恢复。"


@dataclass(frozen=True, slots=True)
class Standing:
    """How well the fleet is backed up: units with a good backup younger than 26 hours, units
    that should have one, failures of a day, restores that wait for a second person.
    """

    covered: int
    units: int
    failed: int
    asked: int
    last_drill: Restore | None


def listed(*, view: str = "", text: str = "") -> QuerySet[Backup]:
    """Failed ones first, then what is under way, then the newest."""
    rows = directory.backups()
    if view in _STATES:
        rows = rows.filter(state__in=_STATES[view])
    if text:
        rows = rows.filter(
            Q(unit__name__icontains=text) | Q(unit__label=text) | Q(unit__credit_code=text.upper())
        )
    trouble = Case(
        When(state=BackupState.FAILED, then=Value(0)),
        When(state__in=UNFINISHED, then=Value(1)),
        default=Value(2),
    )
    return rows.order_by(trouble, "-requested_at", "-id")


def backup(backup_id: UUID) -> Backup:
    """Raises UnknownBackup."""
    found = directory.backups().filter(pk=backup_id).first()
    if found is None:
        raise UnknownBackup
    return found


def restores(*, kind: str = "") -> QuerySet[Restore]:
    rows = directory.restores()
    return rows.filter(kind=kind) if kind else rows


def restore(restore_id: UUID) -> Restore:
    """Raises UnknownBackup."""
    found = directory.restores().filter(pk=restore_id).first()
    if found is None:
        raise UnknownBackup
    return found


def standing(now: dt.datetime) -> Standing:
    """The figures above the list."""
    since = now - _A_DAY
    rows = directory.backups()
    return Standing(
        covered=rows.filter(state=BackupState.DONE, finished_at__gte=since)
        .order_by()
        .values("unit_id")
        .distinct()
        .count(),
        units=directory.all_units().filter(state__in=BACKED_UP).count(),
        failed=rows.filter(state=BackupState.FAILED, finished_at__gte=since).count(),
        asked=restores(kind=RestoreKind.RESTORE).filter(state=RestoreState.ASKED).count(),
        last_drill=restores(kind=RestoreKind.DRILL).first(),
    )
