"""Reading the directory of units."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, cast
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Max, Q, QuerySet

from kernel.errors import NotFound
from tenants import timetable
from tenants.archive.models import PLATFORM_KINDS, Backup, BackupKind, BackupState, Restore
from tenants.cells import directory
from tenants.models import SERVING, Domain, Transition, Unit, UnitState
from tenants.work import PeriodicWork

LATE: Final = dt.timedelta(hours=1)
"""How far behind periodic work is shown to operators."""


class UnknownUnit(NotFound):
    code = "unit_unknown"
    sentence = "没有找到这个单位，请核对访问地址。"


def unit_by_host(host: str) -> Unit | None:
    """The unit that a host leads to, whatever its state; exact match only.

    ``moved_from`` is set where the host was given up: the unit is told about, not served.
    """
    domain = Domain.objects.select_related("tenant").filter(domain=host).first()
    if domain is None:
        return None
    unit: Unit = domain.tenant
    unit.moved_from = host if domain.retired_at else ""
    return unit


def unit_by_id(unit_id: UUID) -> Unit:
    """Raises UnknownUnit."""
    unit = Unit.objects.filter(pk=unit_id).first()
    if unit is None:
        raise UnknownUnit
    return unit


def units_by_id(unit_ids: Collection[UUID]) -> dict[UUID, Unit]:
    """Those units, whatever they are."""
    return Unit.objects.in_bulk([*unit_ids])


def every_id(unit_ids: Collection[UUID]) -> set[UUID]:
    """Those of the ids that are units of this cell, whatever they are."""
    return set(Unit.objects.filter(pk__in=unit_ids).values_list("pk", flat=True))


def unit_by_credit_code(credit_code: str) -> Unit | None:
    """The unit that has this code now; a closed one gave it up."""
    held = Unit.objects.exclude(state=UnitState.CLOSED)
    return held.filter(credit_code=credit_code).first()


def ids_by_credit_code(credit_codes: Collection[str]) -> dict[str, UUID]:
    """The units that have one of these codes now."""
    held = Unit.objects.exclude(state=UnitState.CLOSED).filter(credit_code__in=credit_codes)
    return dict(held.values_list("credit_code", "id"))


def unit_by_label(label: str) -> Unit | None:
    """The unit that has this address now; a closed one gave it up."""
    return Unit.objects.exclude(state=UnitState.CLOSED).filter(label=label).first()


def last_backup_at() -> dict[UUID, dt.datetime]:
    """When the newest good backup of each unit was finished; one that is not there has none."""
    rows = (
        Backup.objects.filter(state=BackupState.DONE, kind__in=PLATFORM_KINDS)
        .values_list("unit_id")
        .annotate(at=Max("finished_at"))
    )
    return dict(rows)


def backups() -> QuerySet[Backup]:
    """Every backup with its unit, newest first; takeouts are the units' own affair."""
    return Backup.objects.select_related("unit").filter(kind__in=PLATFORM_KINDS)


def restores() -> QuerySet[Restore]:
    """Restores and drills with their units, newest first."""
    return Restore.objects.select_related("unit", "backup")


def takeouts_of(unit_id: UUID) -> QuerySet[Backup]:
    """The full exports of one unit, newest first."""
    return Backup.objects.filter(unit_id=unit_id, kind=BackupKind.TAKEOUT)


def all_units() -> QuerySet[Unit]:
    """Every client's unit; those that a probe opened count nowhere."""
    return Unit.objects.filter(is_synthetic=False)


def synthetic_units() -> QuerySet[Unit]:
    """Units that a probe opened and has not discarded yet."""
    return Unit.objects.filter(is_synthetic=True)


def closed_with_address(*, before: dt.datetime) -> QuerySet[Unit]:
    """Units closed before that moment whose address nobody has taken away yet."""
    closed = Unit.objects.filter(state=UnitState.CLOSED, domains__isnull=False)
    return closed.filter(transitions__to=UnitState.CLOSED, transitions__at__lt=before).distinct()


def label_is_free(label: str) -> bool:
    """Whether no unit has this address, nor gave it up less than 30 days ago, in any cell that
    the directory tells of.
    """
    taken = Unit.objects.exclude(state=UnitState.CLOSED).filter(label=label).exists()
    host = f"{label}.{settings.BASE_DOMAIN}"
    is_held = taken or Domain.objects.filter(domain=host).exists()
    return not is_held and not directory.cell_of(host)


def names_in_use() -> tuple[list[str], list[str]]:
    """Every label that leads to a unit of this cell or is its, and every credit code in use."""
    suffix = f".{settings.BASE_DOMAIN}"
    hosts = Domain.objects.filter(domain__endswith=suffix).values_list("domain", flat=True)
    held = Unit.objects.exclude(state=UnitState.CLOSED).order_by()
    labels = {host.removesuffix(suffix) for host in hosts}
    labels.update(held.values_list("label", flat=True))
    return sorted(labels), sorted(held.values_list("credit_code", flat=True))


def transitions_of(unit_id: UUID) -> QuerySet[Transition]:
    """A unit's changes of state, latest first."""
    return Transition.objects.filter(unit_id=unit_id).order_by("-number")


def hosts_of(unit_id: UUID) -> QuerySet[Domain]:
    """Every address that leads to the unit, those in use first."""
    return Domain.objects.filter(tenant_id=unit_id).order_by(
        F("retired_at").desc(nulls_first=True), "domain"
    )


def retired_hosts_of(unit_id: UUID) -> list[Domain]:
    """Addresses that the unit gave up and that still lead on, latest first."""
    given_up = Domain.objects.filter(tenant_id=unit_id, retired_at__isnull=False)
    return list(given_up.order_by("-retired_at"))


def done_by_all(work: str) -> dt.datetime | None:
    """Since when every unit that has the work has had it done; None while one has not yet."""
    done = PeriodicWork.objects.filter(work=work, unit__state__in=SERVING)
    moments = list(done.order_by(F("last_done_at").asc(nulls_first=True))[:1])
    return moments[0].last_done_at if moments else None


@dataclass(frozen=True)
class TroubledWork:
    """Periodic work of a unit that failed last time or is late.  ``error`` is a kind of error."""

    unit_id: UUID
    work: str
    label: str
    attempts: int
    error: str
    late_seconds: int
    last_done_at: dt.datetime | None


def work_in_trouble(*, now: dt.datetime, unit_id: UUID | None = None) -> list[TroubledWork]:
    """What failed and was not done since, and what is an hour overdue; the longest overdue first.

    Only for units in a state in which the work is done at all.
    """
    works = timetable.registered()
    rows = _troubled_work(now).order_by("due_at", "id")
    if unit_id is not None:
        rows = rows.filter(unit_id=unit_id)
    return [
        TroubledWork(
            unit_id=row.unit_id,
            work=row.work,
            label=works[row.work].label,
            attempts=row.attempts,
            error=row.last_error,
            late_seconds=max(0, int((now - row.due_at).total_seconds())),
            last_done_at=row.last_done_at,
        )
        for row in rows
    ]


def troubled_work_by_unit(*, now: dt.datetime) -> QuerySet[PeriodicWork, dict[str, Any]]:
    """How much of that each unit has, to be joined in SQL: (unit_id, n)."""
    found: Any = _troubled_work(now).order_by().values("unit_id").annotate(n=Count("pk"))
    return cast("QuerySet[PeriodicWork, dict[str, Any]]", found)


def _troubled_work(now: dt.datetime) -> QuerySet[PeriodicWork]:
    names: dict[tuple[str, ...], list[str]] = {}
    for work in timetable.registered().values():
        names.setdefault(work.states, []).append(work.name)
    is_done_at_all = Q(pk__in=())
    for states, works in names.items():
        is_done_at_all |= Q(work__in=works, unit__state__in=states)
    is_free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    is_behind = (Q(attempts__gt=0) & is_free) | Q(due_at__lt=now - LATE)
    return PeriodicWork.objects.filter(is_done_at_all, is_behind)
