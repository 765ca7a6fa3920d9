"""Files of standards: what there is to compare a row with, and how a file stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from kernel.actor import Actor
from kernel.clock import Month
from kernel.errors import NotFound
from kernel.permissions import require
from tenant_apps.dues.models import Bill, Standard, StandardsImport
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.scope import issuing_scopes_of, patterns


class ImportNotFound(NotFound):
    code = "dues_import_not_found"
    sentence = "没有找到这次导入。"


class Known(NamedTuple):
    """A member named by the file, with the year's standard and the last month billed from the
    first month of the new standards on.
    """

    member_id: UUID
    name: str
    standard_id: UUID | None
    category: str
    base_fen: int | None
    amount_fen: int | None
    from_month: int | None
    billed_to: int | None


class Change(NamedTuple):
    """A row that says something new: what holds, what shall hold.  Kept as JSON, in this order."""

    row: int
    name: str
    member_id: str
    before_id: str
    before_fen: int | None
    category: str
    base_fen: int | None
    rate_bp: int | None
    raw_fen: int
    amount_fen: int
    is_capped: bool


def known_by_mark(
    marks: Sequence[bytes], *, month: Month, scopes: Sequence[str]
) -> dict[bytes, Known]:
    """The members of the sub-trees ``scopes`` whose identity numbers have these blind indexes;
    one statement, whatever their number.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _KNOWN,
            {
                "marks": list(marks),
                "year": month.year,
                "month": month.value,
                "like": patterns(tuple(scopes)),
            },
        )
        return {bytes(mark): Known(*rest) for mark, *rest in cursor.fetchall()}


def imports_visible_to(actor: Actor) -> QuerySet[StandardsImport]:
    """The files that the actor handed in; who keeps the whole unit sees everybody's."""
    rows = StandardsImport.objects.defer("changes", "faults")
    if "" in issuing_scopes_of(actor):
        return rows
    return rows.filter(made_by=actor.person_id) if actor.person_id else rows.none()


def import_for(actor: Actor, import_id: UUID) -> StandardsImport:
    """Loads and authorises; raises ImportNotFound."""
    require(actor, DuesPermission.ISSUE)
    found = imports_visible_to(actor).defer(None).filter(pk=import_id).first()
    if found is None:
        raise ImportNotFound
    return found


def changes_of(held: StandardsImport) -> list[Change]:
    return [Change(*one) for one in held.changes]


def stale(changes: Sequence[Change], month: Month) -> int:
    """How many of the changes no longer meet what they were compared with: another standard
    holds, or a month of theirs was billed meanwhile; one statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _STALE,
            {
                "members": [one.member_id for one in changes],
                "standards": [one.before_id or None for one in changes],
                "year": month.year,
                "month": month.value,
            },
        )
        (count,) = cursor.fetchone()
    return int(count)


def template_rows(actor: Actor, month: Month) -> list[tuple[Any, ...]]:
    """Name, organisation, category and base of the sub-trees' members, to be filled in."""
    with connection.cursor() as cursor:
        cursor.execute(
            _TEMPLATE,
            {"year": month.year, "like": patterns(issuing_scopes_of(actor))},
        )
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


_STANDARD: Final = Standard._meta.db_table
_BILL: Final = Bill._meta.db_table
_KNOWN: Final = f"""
SELECT member.identity_index, member.id, member.name, held.id, coalesce(held.category, ''),
       held.base_fen, held.amount_fen, held.effective_month, billed.month
FROM unnest(%(marks)s::bytea[]) AS named (mark)
JOIN members_member AS member ON member.identity_index = named.mark
LEFT JOIN {_STANDARD} AS held
       ON held.member_id = member.id AND held.year = %(year)s AND held.is_current
LEFT JOIN LATERAL (SELECT max(month) AS month FROM {_BILL} AS bill
                   WHERE bill.member_id = member.id AND bill.month >= %(month)s) AS billed ON true
WHERE member.is_active AND member.org_path LIKE ANY (%(like)s)
"""
_STALE: Final = f"""
SELECT count(*)
FROM unnest(%(members)s::uuid[], %(standards)s::uuid[]) AS wanted (member_id, standard_id)
LEFT JOIN members_member AS member ON member.id = wanted.member_id AND member.is_active
LEFT JOIN {_STANDARD} AS held
       ON held.member_id = wanted.member_id AND held.year = %(year)s AND held.is_current
WHERE member.id IS NULL OR held.id IS DISTINCT FROM wanted.standard_id
   OR EXISTS (SELECT FROM {_BILL} AS bill
              WHERE bill.member_id = wanted.member_id AND bill.month >= %(month)s)
"""
_TEMPLATE: Final = f"""
SELECT member.name, org.name, held.category, held.base_fen,
       CASE WHEN held.rate_bp IS NULL THEN held.amount_fen END
FROM members_member AS member
JOIN organizations_organization AS org ON org.id = member.org_id
LEFT JOIN {_STANDARD} AS held
       ON held.member_id = member.id AND held.year = %(year)s AND held.is_current
WHERE member.is_active AND member.org_path LIKE ANY (%(like)s)
ORDER BY member.org_path, member.name_pinyin
"""
