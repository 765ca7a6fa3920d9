"""Which snapshots there are, which one came before, and where an organisation was in them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.db.models.functions import Length

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import NotFound
from kernel.permissions import require
from tenant_apps.insight.models import Cut, Place, Snapshot, State
from tenant_apps.insight.selectors.counting import Ground
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.permissions import OrganizationPermission

READY: Final = (State.TAKEN, State.SUBMITTED, State.FILED)
_LEVEL: Final = 4


class SnapshotNotFound(NotFound):
    code = "statistics_snapshot_not_found"
    sentence = "没有找到这份统计快照。"


class PlaceNotThere(NotFound):
    code = "statistics_place_not_there"
    sentence = "「{name}」在这份快照采集时还没有建立，没有统计数字。"


@dataclass(frozen=True, slots=True)
class Spot:
    """An organisation within a snapshot: where it was, and what lay around it."""

    id: UUID
    name: str
    ground: Ground
    trail: Sequence[tuple[UUID, str]]
    below: Sequence[tuple[UUID, str]]


def all_snapshots() -> QuerySet[Snapshot]:
    """The newest year first, the newest taking of a year first."""
    return Snapshot.objects.order_by("-as_of", "-requested_at")


def snapshot_for(actor: Actor, snapshot_id: UUID, *, to: StrEnum) -> Snapshot:
    """Loads and authorises; the acts of who takes and files ask for the whole unit.

    Raises SnapshotNotFound and Forbidden.
    """
    found = Snapshot.objects.filter(pk=snapshot_id).first()
    if found is None:
        raise SnapshotNotFound
    require(actor, to)
    return found


def is_trial(snapshot: Snapshot) -> bool:
    """Asked for before its period was over: to look at, never to file."""
    return day_of(snapshot.requested_at) <= snapshot.as_of


def before(snapshot: Snapshot, *, cut: str = Cut.YEAR) -> Snapshot | None:
    """Last year's snapshot: the one that was filed, else the newest that is ready."""
    found = Snapshot.objects.filter(year=snapshot.year - 1, cut=cut, state__in=READY)
    rank = Case(
        When(state=State.FILED, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    return found.order_by(rank, "-requested_at").first()


def newest(*, year: int, cut: str) -> Snapshot | None:
    """The newest ready one of a period."""
    found = Snapshot.objects.filter(year=year, cut=cut, state__in=READY)
    return found.order_by("-requested_at").first()


def spot_of(actor: Actor, snapshot: Snapshot, org_id: UUID | None) -> Spot:
    """An organisation as the snapshot has it; without one, the outermost that the actor sees.

    The actor's rights are those of today, the sub-tree is that of the snapshot.  Raises
    OrganizationNotFound, PlaceNotThere.
    """
    if org_id is None:
        root = organizations.roots_visible_to(actor).first()
        if root is None:
            raise organizations.OrganizationNotFound
        org_id = root.pk
    org = organizations.organization_for(actor, org_id, to=OrganizationPermission.BROWSE)
    path = _path_in(snapshot, org_id)
    if path is None:
        raise PlaceNotThere(name=org.short_name or org.name)
    return Spot(
        id=org_id,
        name=org.short_name or org.name,
        ground=ground_of(snapshot, org_id, path, before(snapshot)),
        trail=_seen(actor, _at(snapshot, [path[:end] for end in range(_LEVEL, len(path), _LEVEL)])),
        below=_seen(actor, _below(snapshot, path)),
    )


def ground_of(snapshot: Snapshot, org_id: UUID, path: str, last: Snapshot | None) -> Ground:
    """What is counted for the organisation, with its place in the snapshot before."""
    if last is None:
        return Ground(snapshot.pk, path)
    return Ground(snapshot.pk, path, last.pk, _path_in(last, org_id))


def comparison_ground(snapshot: Snapshot, org_id: UUID) -> Ground | None:
    """The same organisation a year earlier, at the same cut; None where there is nothing."""
    last = before(snapshot, cut=snapshot.cut)
    path = _path_in(last, org_id) if last else None
    if last is None or path is None:
        return None
    return ground_of(last, org_id, path, before(last))


def place_names(snapshot_id: UUID, org_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Names of organisations as the snapshot has them."""
    found = Place.objects.filter(snapshot_id=snapshot_id, org_id__in=org_ids)
    return dict(found.values_list("org_id", "name"))


def cut_day(year: int, cut: str) -> dt.date:
    """31 December, or 30 June for the half-year."""
    return dt.date(year, 12, 31) if cut == Cut.YEAR else dt.date(year, 6, 30)


def _path_in(snapshot: Snapshot, org_id: UUID) -> str | None:
    found = Place.objects.filter(snapshot=snapshot, org_id=org_id)
    return found.values_list("path", flat=True).first()


def _at(snapshot: Snapshot, paths: Sequence[str]) -> QuerySet[Place]:
    return Place.objects.filter(snapshot=snapshot, path__in=paths).order_by("path")


def _below(snapshot: Snapshot, path: str) -> QuerySet[Place]:
    found = Place.objects.filter(snapshot=snapshot, path__startswith=path)
    return found.alias(width=Length("path")).filter(width=len(path) + _LEVEL).order_by("path")


def _seen(actor: Actor, places: QuerySet[Place]) -> list[tuple[UUID, str]]:
    """Those that the actor may open today, by the names of the snapshot."""
    rows = list(places.values_list("org_id", "name"))
    visible = organizations.organizations_visible_to(actor)
    seen = set(visible.filter(pk__in=[pk for pk, _ in rows]).values_list("pk", flat=True))
    return [(pk, name) for pk, name in rows if pk in seen]
