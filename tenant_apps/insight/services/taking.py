"""Freezing the unit's figures at the cut of a year (rulebook 7.1).

Everything is read and written by one statement, so that all sources are seen at the same moment
whatever else goes on; afterwards nothing touches the lines.  Taking again adds a snapshot.
"""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from kernel import clock
from kernel.actor import Actor
from kernel.errors import Conflict, Invalid
from kernel.jobs import job
from kernel.models import UUID7_ROW_SQL, uuid7_stem
from kernel.permissions import require
from kernel.unit import Purpose, current_unit, current_unit_id
from shared_apps.rules.selectors import codes
from tenant_apps.audit.services import record
from tenant_apps.insight.models import Cut, Line, Place, Snapshot, Source, State
from tenant_apps.insight.permissions import InsightPermission
from tenant_apps.insight.selectors.snapshots import cut_day
from tenant_apps.members.selectors import statistics as members
from tenant_apps.organizations import selectors as tree
from tenant_apps.organizations.selectors import statistics as organizations
from tenants.services import turns

FIRST_YEAR: Final = 2000
AT_ONCE: Final = 20_000
"""Members up to which the figures are frozen while the person waits."""
_A_WHILE: Final = dt.timedelta(minutes=15)


class YearOutOfReach(Invalid):
    code = "statistics_year_out_of_reach"
    sentence = "统计年度应在 {first} 年至 {last} 年之间。"


class AlreadyTaking(Conflict):
    code = "statistics_already_taking"
    sentence = "{label}正在采集，请稍候；采集完成后如需更新，可以再采集一次。"


def take(*, year: int, cut: str, actor: Actor, now: dt.datetime) -> Snapshot:
    """Freezes a period; before it is over only to try (``snapshots.is_trial``).

    Up to AT_ONCE members it is done on return, beyond that a job does it.
    Raises YearOutOfReach, AlreadyTaking.
    """
    this_year = clock.day_of(now).year
    if not FIRST_YEAR <= year <= this_year:
        raise YearOutOfReach(first=FIRST_YEAR, last=this_year)
    with transaction.atomic():
        snapshot = _request(year, cut, actor, now)
        if is_large := _members_now() > AT_ONCE:
            turns.ask(write, current_unit_id(), snapshot_id=snapshot.pk)
    if not is_large:
        write(snapshot_id=snapshot.pk)
        snapshot.refresh_from_db()
    return snapshot


@job(queue="export", for_=Purpose.WORK)
def write(*, snapshot_id: UUID) -> None:
    """Freezes what was asked for, wholly or not at all; run twice it does it once."""
    try:
        with transaction.atomic():
            snapshot = Snapshot.objects.select_for_update().get(pk=snapshot_id)
            if not snapshot.is_ready:
                _freeze(snapshot, clock.now())
    except Exception:
        Snapshot.objects.filter(pk=snapshot_id, state=State.TAKING).update(state=State.FAILED)
        raise


def _request(year: int, cut: str, actor: Actor, now: dt.datetime) -> Snapshot:
    snapshot = Snapshot(
        year=year,
        cut=Cut(cut),
        as_of=cut_day(year, cut),
        rules=codes.dictionary_version(),
        profile=current_unit().profile,
        requested_at=now,
        requested_by=actor.person_id,
        requested_by_name=actor.name,
    )
    if actor.kind != "job":
        require(actor, InsightPermission.TAKE, snapshot)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(current_schema() || %s))", [_LOCK])
    under_way = Snapshot.objects.filter(year=year, cut=cut, state=State.TAKING)
    if under_way.filter(requested_at__gt=now - _A_WHILE).exists():
        raise AlreadyTaking(label=snapshot.label)
    snapshot.save()
    record(
        "statistics.requested",
        actor=actor, now=now, subject_type="statistics", subject_id=snapshot.pk,
        year=year, cut=str(cut),
    )  # fmt: skip
    return snapshot


def _members_now() -> int:
    root = tree.roots_visible_to(Actor.system("statistics")).first()
    return tree.headcounts([root.path])[root.path].within if root else 0


def _freeze(snapshot: Snapshot, now: dt.datetime) -> None:
    values = {
        **members.parameters(year=snapshot.year, as_of=snapshot.as_of),
        **organizations.parameters(
            year=snapshot.year, as_of=snapshot.as_of, profile=snapshot.profile
        ),
        "snapshot": snapshot.pk,
        "stem": uuid7_stem(),
    }
    with connection.cursor() as cursor:
        cursor.execute(_FREEZE, values)
    snapshot.people = Line.objects.filter(snapshot=snapshot, source=Source.PEOPLE).count()
    snapshot.state, snapshot.taken_at = State.TAKEN, now
    snapshot.save(update_fields=["people", "state", "taken_at"])
    record(
        "statistics.taken",
        actor=Actor.system("statistics", unit_id=current_unit_id()), now=now,
        subject_type="statistics", subject_id=snapshot.pk, people=snapshot.people,
    )  # fmt: skip


_LOCK: Final = "statistics"
_KEPT: Final = ", ".join(members.COLUMNS)
_READ: Final = ", ".join(
    "coalesce(places.path, lines.org_path)" if name == "org_path" else f"lines.{name}"
    for name in members.COLUMNS
)
_NOBODY: Final = (
    "1, NULL::numeric, false, 0, 0, false, 0, NULL::int, NULL::date, NULL::int, '', '', ''"
)
"""What is not known of a person where an organisation was commended."""
# The lines take the places that the tree has in the same moment, so that both always agree.
_FREEZE: Final = f"""
WITH places ({", ".join(organizations.COLUMNS)}) AS MATERIALIZED ({organizations.statement()}),
placed AS (
    INSERT INTO {Place._meta.db_table} (id, snapshot_id, org_id, path, name, kind)
    SELECT {UUID7_ROW_SQL}, %(snapshot)s, org_id, path, name, kind FROM places
)
INSERT INTO {Line._meta.db_table} (id, snapshot_id, {_KEPT}, unit_nature)
SELECT {UUID7_ROW_SQL}, %(snapshot)s, {_READ}, coalesce(places.unit_nature, '')
FROM (
    {members.statement()}
    UNION ALL
    SELECT '{Source.HONOUR}', org_id, org_id, org_path, '', level, {_NOBODY}
    FROM ({organizations.honours_statement()}) AS h ({", ".join(organizations.HONOUR_COLUMNS)})
) AS lines ({_KEPT})
LEFT JOIN places ON places.org_id = lines.org_id
"""
