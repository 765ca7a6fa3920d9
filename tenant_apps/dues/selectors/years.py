"""The year's standards before they are fixed, and what another rule would make of them.

Nothing here writes.  The people come in one statement, however many; their amounts are arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection

from kernel.actor import Actor
from kernel.clock import Month
from kernel.errors import DomainError, NotFound
from kernel.money import half_up, share
from shared_apps.rules import selectors as rules
from shared_apps.rules.selectors import Assessment, DuesPack
from tenant_apps.dues.models import Origin, Standard
from tenant_apps.dues.selectors.scope import issuing_scopes_of, patterns, scopes_of
from tenant_apps.dues.selectors.settings import setting_in_force

LISTED: Final = 200
"""How many people a page names; the workbook names all."""
WHOLE_BP: Final = 10_000


class PackUnknown(NotFound):
    code = "dues_pack_unknown"
    sentence = "没有「{version}」这一版党费规则。"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One person's amount as it was and as it would be, in fen.

    ``found`` is None where there is nothing to compute from; ``problem`` says why.
    """

    member_id: UUID
    name: str
    org_name: str
    standard_id: UUID | None
    before_fen: int | None
    category: str
    base_fen: int | None
    found: Assessment | None
    problem: str

    @property
    def after_fen(self) -> int | None:
        return self.found.amount_fen if self.found else None

    @property
    def changes(self) -> bool:
        return self.found is not None and self.after_fen != self.before_fen


@dataclass(frozen=True, slots=True)
class Outlook:
    """Proposals of a sub-tree with their sums; ``missing`` are people without a base."""

    year: int
    pack: DuesPack
    rounding: str
    rows: tuple[Proposal, ...]

    @property
    def computed(self) -> list[Proposal]:
        return [row for row in self.rows if row.found]

    @property
    def changed(self) -> list[Proposal]:
        return [row for row in self.rows if row.changes]

    @property
    def missing(self) -> list[Proposal]:
        return [row for row in self.rows if row.found is None]

    @property
    def capped(self) -> int:
        return sum(1 for row in self.rows if row.found and row.found.is_capped)

    @property
    def before_fen(self) -> int:
        """What those pay a month who can be compared."""
        return sum(row.before_fen or 0 for row in self.computed)

    @property
    def after_fen(self) -> int:
        return sum(row.found.amount_fen for row in self.rows if row.found)

    @property
    def difference_fen(self) -> int:
        return self.after_fen - self.before_fen


@dataclass(frozen=True, slots=True)
class Batch:
    """Standards of a year that were fixed together and may be taken back together."""

    import_id: UUID
    count: int
    total_fen: int
    created_at: Any
    bills: int


def proposal_of_year(actor: Actor, year: int, *, below: str = "") -> Outlook:
    """The standards that ``year`` still lacks, from each person's last base (rulebook 4.2)."""
    pack = rules.dues_pack(Month(year * 100 + 1).first_day)
    rounding = setting_in_force().rounding
    like = patterns(issuing_scopes_of(actor), below=below)
    rows = _people(_LACKING, {"year": year, "like": like})
    return Outlook(year, pack, rounding, tuple(_assessed(rows, pack, rounding, WHOLE_BP)))


def what_if(
    actor: Actor,
    year: int,
    *,
    version: str = "",
    rounding: str = "",
    base_bp: int = WHOLE_BP,
    below: str = "",
) -> Outlook:
    """What the current standards of ``year`` would be under another version of the rules, another
    rounding, or bases times ``base_bp`` (basis points).  Raises PackUnknown.
    """
    packs = {pack.version: pack for pack in rules.dues_packs()}
    pack = packs.get(version) if version else rules.dues_pack(Month(year * 100 + 1).first_day)
    if pack is None:
        raise PackUnknown(version=version)
    rounding = rounding or setting_in_force().rounding
    rows = _people(_CURRENT, {"year": year, "like": patterns(scopes_of(actor), below=below)})
    return Outlook(year, pack, rounding, tuple(_assessed(rows, pack, rounding, base_bp)))


def batches_of(year: int) -> list[Batch]:
    """What was fixed together for the year, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(_BATCHES, {"year": year})
        return [Batch(*row) for row in cursor.fetchall()]


def _people(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _assessed(
    rows: Iterable[tuple[Any, ...]], pack: DuesPack, rounding: str, base_bp: int
) -> Iterator[Proposal]:
    for member_id, name, org_name, standard_id, before, category, known_fen, is_rated in rows:
        found, problem = None, "以前没有核定过标准，需要逐人核定"
        base = None if known_fen is None else half_up(share(known_fen, base_bp))
        if standard_id is not None:
            try:
                fixed = None if is_rated else before
                found = pack.assess(category, base, rounding=rounding, fixed_fen=fixed)
                problem = ""
            except DomainError as refused:
                problem = refused.message
        yield Proposal(
            member_id, name, org_name, standard_id, before, category or "", base, found, problem
        )


_LACKING: Final = f"""
SELECT member.id, member.name, coalesce(nullif(org.short_name, ''), org.name), last.id,
       last.amount_fen, last.category, last.base_fen, last.rate_bp IS NOT NULL
FROM members_member AS member
JOIN organizations_organization AS org ON org.id = member.org_id
LEFT JOIN (
    SELECT DISTINCT ON (member_id) * FROM {Standard._meta.db_table}
    WHERE year < %(year)s ORDER BY member_id, year DESC, effective_month DESC, id DESC
) AS last ON last.member_id = member.id
WHERE member.is_active AND member.org_path LIKE ANY (%(like)s)
  AND NOT EXISTS (SELECT FROM {Standard._meta.db_table} AS has
                  WHERE has.member_id = member.id AND has.year = %(year)s AND has.is_current)
ORDER BY member.org_path, member.name_pinyin, member.id
"""
_CURRENT: Final = f"""
SELECT member.id, member.name, coalesce(nullif(org.short_name, ''), org.name), own.id,
       own.amount_fen, own.category, own.base_fen, own.rate_bp IS NOT NULL
FROM {Standard._meta.db_table} AS own
JOIN members_member AS member ON member.id = own.member_id
JOIN organizations_organization AS org ON org.id = member.org_id
WHERE own.year = %(year)s AND own.is_current AND member.is_active
  AND member.org_path LIKE ANY (%(like)s)
ORDER BY member.org_path, member.name_pinyin, member.id
"""
_BATCHES: Final = f"""
SELECT import_id, count(*), sum(amount_fen)::bigint, min(created_at),
       (SELECT count(*) FROM dues_bill WHERE standard_id = ANY(array_agg(own.id)))
FROM {Standard._meta.db_table} AS own
WHERE year = %(year)s AND origin = '{Origin.YEARLY}' AND import_id IS NOT NULL
GROUP BY import_id ORDER BY min(created_at) DESC
"""
