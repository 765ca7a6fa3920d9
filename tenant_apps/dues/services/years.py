"""Fixing a year's standards together, and taking that back while nothing is issued under them."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from kernel import arrays
from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict, Invalid, NotFound
from kernel.models import uuid7, uuid7s
from kernel.permissions import require
from tenant_apps.audit.services import record
from tenant_apps.dues.models import Bill, Origin, Standard
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.scope import issuing_scopes_of, within
from tenant_apps.dues.selectors.years import Proposal, proposal_of_year
from tenant_apps.dues.services.standards import report_confirmed


class YearNotOpen(Invalid):
    code = "dues_year_not_open"
    sentence = "{year} 年不能核定：只能核定本年度，或从每年 {month} 月起核定下一年度。"


class NothingToFix(Conflict):
    code = "dues_year_nothing_to_fix"
    sentence = "{year} 年没有可以按上年基数核定的党员。"


class BatchUnknown(NotFound):
    code = "dues_batch_unknown"
    sentence = "没有找到这一批核定，可能已经撤销。"


class BatchInUse(Conflict):
    code = "dues_batch_in_use"
    sentence = "这一批标准下已生成 {count} 笔账单，请先撤销账单。"


class BatchChanged(Conflict):
    code = "dues_batch_changed"
    sentence = "这一批中已有 {count} 人重新核定过，不能整批撤销。"


FROM_MONTH: Final = 10
"""From when on the year to come may be fixed: the amount is settled at its beginning."""


@transaction.atomic
def fix_year(
    *, year: int, actor: Actor, now: dt.datetime, below: str = "", batch_id: UUID | None = None
) -> int:
    """Fixes what the year lacks in the actor's sub-trees from each person's last base, in one
    statement; returns how many.

    Whoever got a standard meanwhile keeps it.  Raises YearNotOpen, NothingToFix.
    """
    require(actor, DuesPermission.ISSUE)
    refuse_year(year, now)
    outlook = proposal_of_year(actor, year, below=below)
    rows = outlook.computed
    if not rows:
        raise NothingToFix(year=year)
    batch_id = batch_id or uuid7()
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                year, "dues", outlook.pack.version, year * 100 + 1, batch_id, now,
                outlook.rounding, Origin.YEARLY, *_columns(rows),
            ],
        )  # fmt: skip
        count: int = cursor.rowcount
    record(
        "dues_year.fixed",
        actor=actor,
        now=now,
        subject_type="import",
        subject_id=batch_id,
        year=year,
        count=count,
        total_fen=outlook.after_fen,
        missing=len(outlook.missing),
        pack=outlook.pack.version,
        rounding=outlook.rounding,
    )
    report_confirmed(now)
    return count


@transaction.atomic
def take_back(*, batch_id: UUID, actor: Actor, now: dt.datetime) -> int:
    """Takes back what was fixed together, while no bill stands under it; returns how many.

    Raises BatchUnknown (also where a part lies outside the actor's sub-trees), BatchInUse,
    BatchChanged.
    """
    require(actor, DuesPermission.ISSUE)
    mine = Standard.objects.filter(import_id=batch_id, origin=Origin.YEARLY)
    held = list(mine.select_for_update().order_by("id").values_list("id", "is_current"))
    inside = mine.filter(within(issuing_scopes_of(actor), field="member__org_path")).count()
    if not held or inside != len(held):
        raise BatchUnknown
    ids = [key for key, _ in held]
    if bills := Bill.objects.filter(standard_id__in=ids).count():
        raise BatchInUse(count=bills)
    if changed := sum(not is_current for _, is_current in held):
        raise BatchChanged(count=changed)
    Standard.objects.filter(pk__in=ids).delete()
    record(
        "dues_year.taken_back",
        actor=actor,
        now=now,
        subject_type="import",
        subject_id=batch_id,
        count=len(ids),
    )
    report_confirmed(now)
    return len(ids)


def refuse_year(year: int, now: dt.datetime) -> None:
    """Raises YearNotOpen but for this year and, late in it, the next."""
    today = day_of(now)
    if year != today.year and not (year == today.year + 1 and today.month >= FROM_MONTH):
        raise YearNotOpen(year=year, month=FROM_MONTH)


_COLUMNS: Final = {
    "id": "uuid", "member_id": "uuid", "before_id": "uuid", "category": "text",
    "base_fen": "bigint", "rate_bp": "int", "raw_fen": "bigint", "amount_fen": "bigint",
    "is_capped": "bool",
}  # fmt: skip
_INSERT: Final = f"""
INSERT INTO {Standard._meta.db_table}
    (year, pack, pack_version, effective_month, import_id, created_at, rounding, origin, reason,
     is_current, id, member_id, category, base_fen, rate_bp, raw_fen, amount_fen, is_capped,
     items_sealed)
SELECT %s, %s, %s, %s, %s::uuid, %s::timestamptz, %s, %s, '', true, made.id, made.member_id,
       made.category, made.base_fen, made.rate_bp, made.raw_fen, made.amount_fen, made.is_capped,
       before.items_sealed
  FROM {arrays.unnested(_COLUMNS)}
  JOIN {Standard._meta.db_table} AS before ON before.id = made.before_id
ON CONFLICT (member_id, year) WHERE is_current DO NOTHING
"""


def _columns(rows: list[Proposal]) -> list[str]:
    return arrays.joined(
        (
            key.hex,
            row.member_id.hex,
            row.standard_id.hex,
            row.found.category,
            arrays.NULL if row.found.rate_bp is None else str(row.found.base_fen),
            arrays.NULL if row.found.rate_bp is None else str(row.found.rate_bp),
            str(row.found.raw_fen),
            str(row.found.amount_fen),
            "t" if row.found.is_capped else "f",
        )
        for key, row in zip(uuid7s(len(rows)), rows, strict=True)
        if row.found is not None and row.standard_id is not None
    )
