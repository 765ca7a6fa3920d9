"""What the yearly statistics read of members: statements that give one line per person.

Each statement answers with the columns of ``COLUMNS``, so that the app that freezes them can
write all sources in one statement, and with it at one moment.  What a code table does not know
becomes empty or 0, never a guess (rulebook 7.1 and 7.3).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from kernel.actor import Actor
from shared_apps.rules.selectors import codes
from tenant_apps.members.models import (
    DECREASES,
    INCREASES,
    LEAVES_THE_PARTY,
    Change,
    ChangeKind,
    Entry,
    EntryKind,
    Member,
)
from tenant_apps.members.selectors import grounds
from tenant_apps.organizations.selectors import scopes_of
from tenant_apps.organizations.selectors.gates import within

COLUMNS: Final = (
    "source", "member_id", "org_id", "org_path", "code", "detail", "times", "amount",
    "is_probationary", "gender", "ethnicity", "is_taiwanese", "education", "age", "joined_on",
    "party_years", "occupation", "front_line", "stratum",
)  # fmt: skip
_MEMBER: Final = Member._meta.db_table
_CHANGE: Final = Change._meta.db_table
_ENTRY: Final = Entry._meta.db_table
_WAS_FULL: Final = """(m.category = 'FULL' AND (m.full_on IS NULL OR m.full_on <= %(as_of)s))"""
# What is known of a member, the same in every statement; joins give the codes of two labels.
_PERSON: Final = """
    CASE m.gender WHEN 'M' THEN 1 WHEN 'F' THEN 2 ELSE 0 END, coalesce(people.code, 0),
    m.is_taiwanese, coalesce(schooling.code, 0),
    %(year)s - date_part('year', m.birth_on)::int, m.joined_on,
    CASE WHEN {was_full} AND m.full_on IS NOT NULL THEN
        greatest(0, (%(months)s - date_part('year', m.full_on)::int * 12
            - date_part('month', m.full_on)::int + m.party_age_adjust_months) / 12) END,
    CASE WHEN m.occupation = ANY(%(occupations)s) THEN m.occupation ELSE '' END,
    CASE WHEN m.front_line = ANY(%(front_lines)s) THEN m.front_line ELSE '' END,
    CASE WHEN m.stratum = ANY(%(strata)s) THEN m.stratum ELSE '' END
"""
_CODED: Final = """
LEFT JOIN unnest(%(ethnic_labels)s::text[], %(ethnic_codes)s::int[]) AS people(label, code)
    ON people.label = m.ethnicity
LEFT JOIN unnest(%(school_labels)s::text[], %(school_codes)s::int[]) AS schooling(label, code)
    ON schooling.label = m.education
"""
# Whoever was a member at the cut: what happened later is taken back.  The first change of the
# count after the cut says what held at the cut; without one, what holds today did.
_PEOPLE: Final = f"""
SELECT 'PEOPLE', m.id, coalesce(later.org_id, m.org_id), coalesce(later.org_path, m.org_path),
    '', '', 1, NULL::numeric, NOT {_WAS_FULL} OR turned.member_id IS NOT NULL,
    {_PERSON.format(was_full=f"{_WAS_FULL} AND turned.member_id IS NULL")}
FROM {_MEMBER} m
LEFT JOIN (
    SELECT DISTINCT ON (member_id) member_id, org_id, org_path,
        kind = ANY(%(decreases)s) AND coalesce((data->>'was_counted')::bool, true) AS was_member
    FROM {_CHANGE}
    WHERE undone_at IS NULL AND happened_on > %(as_of)s AND kind = ANY(%(counted)s)
    ORDER BY member_id, happened_on, id
) later ON later.member_id = m.id
LEFT JOIN (
    SELECT DISTINCT member_id FROM {_CHANGE}
    WHERE undone_at IS NULL AND happened_on > %(as_of)s AND kind = '{ChangeKind.CONVERTED}'
) turned ON turned.member_id = m.id
{_CODED}
WHERE coalesce(later.was_member, m.is_active)
  AND (m.joined_on IS NULL OR m.joined_on <= %(as_of)s)
"""
_CHANGES: Final = f"""
SELECT 'CHANGE', c.member_id, c.org_id, c.org_path, c.kind,
    CASE WHEN c.kind = '{ChangeKind.CONVERTED}' THEN m.conversion
        WHEN told.code IS NOT NULL THEN told.code
        WHEN c.kind = '{ChangeKind.REMOVED}' AND (c.data->>'was_counted')::bool IS FALSE
            THEN '{grounds.STILL_LOST}'
        ELSE coalesce(sole.code, '') END,
    CASE WHEN coalesce((c.data->>'was_counted')::bool, true) THEN 1 ELSE 0 END, NULL::numeric,
    c.category = 'PROBATIONARY', {_PERSON.format(was_full=_WAS_FULL)}
FROM {_CHANGE} c JOIN {_MEMBER} m ON m.id = c.member_id {_CODED}
LEFT JOIN unnest(%(ground_kinds)s::text[], %(ground_codes)s::text[]) AS told(kind, code)
    ON told.kind = c.kind AND told.code = c.data->>'ground'
LEFT JOIN unnest(%(sole_kinds)s::text[], %(sole_codes)s::text[]) AS sole(kind, code)
    ON sole.kind = c.kind
WHERE c.undone_at IS NULL AND c.happened_on BETWEEN %(first)s AND %(as_of)s
"""
# An entry counts for the year that it names, else for that of its day.
_OF_THE_YEAR: Final = """e.struck_at IS NULL AND (
        (e.year = %(year)s AND (e.began_on IS NULL OR e.began_on <= %(as_of)s))
        OR (e.year IS NULL AND e.began_on BETWEEN %(first)s AND %(as_of)s))"""
_APPRAISALS: Final = f"""
SELECT 'APPRAISAL', m.id, m.org_id, m.org_path,
    left(coalesce(last.grade, ''), 24), '', 1, NULL::numeric, NOT {_WAS_FULL},
    {_PERSON.format(was_full=_WAS_FULL)}
FROM (
    SELECT DISTINCT ON (e.member_id) e.member_id, e.data->>'grade' AS grade
    FROM {_ENTRY} e WHERE e.kind = '{EntryKind.APPRAISAL}' AND {_OF_THE_YEAR}
    ORDER BY e.member_id, e.began_on DESC NULLS LAST, e.recorded_at DESC
) last JOIN {_MEMBER} m ON m.id = last.member_id {_CODED}
"""
_TRAININGS: Final = f"""
SELECT 'TRAINING', m.id, m.org_id, m.org_path, '', '', taken.times, taken.hours,
    NOT {_WAS_FULL}, {_PERSON.format(was_full=_WAS_FULL)}
FROM (
    SELECT e.member_id, least(count(*), 32767) AS times,
        sum(CASE WHEN jsonb_typeof(e.data->'hours') = 'number'
            THEN (e.data->>'hours')::numeric ELSE 0 END) AS hours
    FROM {_ENTRY} e WHERE e.kind = '{EntryKind.TRAINING}' AND {_OF_THE_YEAR} GROUP BY 1
) taken JOIN {_MEMBER} m ON m.id = taken.member_id {_CODED}
"""
_REWARDS: Final = f"""
SELECT 'REWARD', m.id, m.org_id, m.org_path,
    CASE WHEN e.data->>'name' LIKE '%%优秀共产党员%%' THEN 'MEMBER'
         WHEN e.data->>'name' LIKE '%%优秀党务工作者%%' THEN 'WORKER' ELSE 'OTHER' END,
    CASE WHEN e.data->>'level' = ANY(%(levels)s) THEN e.data->>'level' ELSE '' END,
    1, NULL::numeric, NOT {_WAS_FULL},
    {_PERSON.format(was_full=_WAS_FULL)}
FROM {_ENTRY} e JOIN {_MEMBER} m ON m.id = e.member_id {_CODED}
WHERE e.kind = '{EntryKind.REWARD}' AND {_OF_THE_YEAR}
"""


def statement() -> str:
    """Every source in one statement; takes ``parameters``."""
    parts = (_PEOPLE, _CHANGES, _APPRAISALS, _TRAININGS, _REWARDS)
    return "\nUNION ALL\n".join(parts)


def parameters(*, year: int, as_of: dt.date) -> dict[str, Any]:
    """What ``statement`` asks for: the period and the code tables of the day."""
    return {
        "year": year,
        "first": dt.date(year, 1, 1),
        "as_of": as_of,
        "months": as_of.year * 12 + as_of.month,
        "decreases": [str(kind) for kind in DECREASES],
        "counted": [str(kind) for kind in (*INCREASES, *DECREASES)],
        **_CODES,
    }


def _codes() -> Mapping[str, list[Any]]:
    peoples, schools = _words("ethnicity"), _words("education")
    told = [(kind, one.code) for kind in LEAVES_THE_PARTY for one in grounds.grounds_of(kind)]
    sole = grounds.sole_grounds()
    return {
        "ground_kinds": [str(kind) for kind, _ in told],
        "ground_codes": [code for _, code in told],
        "sole_kinds": list(sole),
        "sole_codes": list(sole.values()),
        "levels": list(codes.table("award_level").labels),
        "ethnic_labels": list(peoples),
        "ethnic_codes": list(peoples.values()),
        "school_labels": list(schools),
        "school_codes": list(schools.values()),
        "occupations": [entry.code for entry in codes.table("occupation").entries],
        "front_lines": [entry.code for entry in codes.table("front_line").entries],
        "strata": [entry.code for entry in codes.table("stratum").entries],
    }


def _words(table: str) -> dict[str, int]:
    """Every word for a code of the table, each once: a word met twice would count twice."""
    found: dict[str, int] = {}
    for entry in codes.table(table).entries:
        for word in (entry.label, entry.standard, *entry.aliases):
            found.setdefault(word, int(entry.code))
    return found


def shown_to(actor: Actor, member_ids: Sequence[UUID]) -> dict[UUID, tuple[str, str, bool]]:
    """Name, masked number and whether a member today, of those in the actor's sub-trees.

    Who left stays in the sub-tree of the last branch; whoever was moved out of the actor's
    sub-trees since is not among them.
    """
    rows = Member.objects.filter(within(scopes_of(actor), field="org_path"), pk__in=member_ids)
    found = rows.values_list("id", "name", "identity_masked", "is_active")
    return {pk: (name, identity, is_active) for pk, name, identity, is_active in found}


_CODES: Final = _codes()
"""The code tables, which never change while the product runs."""
