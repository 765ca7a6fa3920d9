"""The one statement that takes reports out of the outbox and adds them up.

Everything happens in it or nothing does: the rows leave the outbox, stay as reports for the unit
to see, and are added to the unit's totals, months and days.  Rows are written in the order of
their unit, so that two drains at once wait for each other and never lock each other out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kernel.models import UUID7_SQL

DUES: Final = ("bills", "due_fen", "payments", "paid_fen")
ACTS: Final = (*DUES, "organizations", "members", "activated", "imports", "sign_ins")
STATED: Final = ("standards_confirmed", "administrators", "second_factors")
MOVED: Final = ("bills", "payments")
"""Sums of which the moment of the last change is kept."""
REPORTED: Final[dict[str, tuple[str, str]]] = {
    "bills": ("bills", "count"),
    "due_fen": ("bills", "due_fen"),
    "payments": ("payments", "count"),
    "paid_fen": ("payments", "paid_fen"),
    "organizations": ("organizations", "delta"),
    "members": ("members", "delta"),
    "activated": ("activations", "delta"),
    "imports": ("imports", "delta"),
    "sign_ins": ("sign_ins", "delta"),
}
"""Which number of which kind of report a column adds up."""
BEIJING_DAY: Final = "(at AT TIME ZONE 'Asia/Shanghai')::date"


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(parts)


def _sums(columns: Iterable[str]) -> str:
    return _joined(f"sum({name}) AS {name}" for name in columns)


def _added(table: str, columns: Iterable[str]) -> str:
    return _joined(f"{name} = {table}.{name} + excluded.{name}" for name in columns)


_FLAT = _joined(
    f"CASE WHEN kind = '{kind}' THEN coalesce((numbers->>'{number}')::bigint, 0) ELSE 0 END"
    f" AS {column}"
    for column, (kind, number) in REPORTED.items()
)
_MOVED_AT = _joined(f"max(at) FILTER (WHERE kind = '{name}') AS {name}_at" for name in MOVED)
_STATED = _joined(
    f"max(value) FILTER (WHERE name = '{name}') AS {name},"
    f" max(at) FILTER (WHERE name = '{name}') AS {name}_at"
    for name in STATED
)
_STATED_COLUMNS = _joined(f"{name}, {name}_at" for name in STATED)
_LATEST_STATED = _joined(
    f"{name} = CASE WHEN excluded.{name}_at >= coalesce(t.{name}_at, '-infinity')"
    f" THEN excluded.{name} ELSE t.{name} END,"
    f" {name}_at = greatest(t.{name}_at, excluded.{name}_at)"
    for name in STATED
)
_LATEST_MOVED = _joined(f"{name}_at = greatest(t.{name}_at, excluded.{name}_at)" for name in MOVED)

FOLD: Final = f"""
WITH taken AS (
    DELETE FROM usage_outbox WHERE id IN (
        SELECT id FROM usage_outbox WHERE (%(unit)s::uuid IS NULL OR unit_id = %(unit)s)
        ORDER BY id LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
    RETURNING id, unit_id, unit_role, kind, numbers, at
), known AS MATERIALIZED (
    SELECT taken.* FROM taken JOIN tenants_unit ON tenants_unit.id = taken.unit_id
), kept AS (
    INSERT INTO usage_report (id, unit_id, unit_role, kind, numbers, at, folded_at)
    SELECT id, unit_id, unit_role, kind, numbers, at, %(now)s FROM known
), flat AS MATERIALIZED (
    SELECT unit_id, unit_role, kind, at, {BEIJING_DAY} AS day,
        coalesce((numbers->>'month')::int, 0) AS month, {_FLAT} FROM known
), said AS (
    SELECT DISTINCT ON (unit_id, name) unit_id, name, value::bigint AS value, at
    FROM known, jsonb_each_text(numbers) AS number(name, value)
    WHERE kind = 'state' ORDER BY unit_id, name, at DESC, known.id DESC
), stated AS (
    SELECT unit_id, {_STATED} FROM said GROUP BY unit_id
), summed AS (
    SELECT unit_id, max(unit_role) AS unit_role, max(at) AS as_of, {_MOVED_AT}, {_sums(ACTS)}
    FROM flat GROUP BY unit_id
), totals AS (
    INSERT INTO usage_unittotal AS t (id, unit_id, unit_role, as_of, storage_bytes,
        {_joined(f"{name}_at" for name in MOVED)}, {_joined(ACTS)}, {_STATED_COLUMNS})
    SELECT {UUID7_SQL}, unit_id, unit_role, as_of, 0,
        {_joined(f"{name}_at" for name in MOVED)}, {_joined(ACTS)},
        {_joined(f"coalesce({name}, 0), {name}_at" for name in STATED)}
    FROM summed LEFT JOIN stated USING (unit_id) ORDER BY unit_id
    ON CONFLICT (unit_id) DO UPDATE SET as_of = greatest(t.as_of, excluded.as_of),
        {_added("t", ACTS)}, {_LATEST_MOVED}, {_LATEST_STATED}
), months AS (
    INSERT INTO usage_unitmonth AS t (id, unit_id, unit_role, month, as_of, {_joined(DUES)})
    SELECT {UUID7_SQL}, unit_id, max(unit_role), month, max(at), {_sums(DUES)}
    FROM flat WHERE month > 0 GROUP BY unit_id, month ORDER BY unit_id, month
    ON CONFLICT (unit_id, month) DO UPDATE SET
        as_of = greatest(t.as_of, excluded.as_of), {_added("t", DUES)}
), days AS (
    INSERT INTO usage_unitday AS t (id, unit_id, unit_role, day, {_joined(ACTS)})
    SELECT {UUID7_SQL}, unit_id, max(unit_role), day, {_sums(ACTS)}
    FROM flat GROUP BY unit_id, day ORDER BY unit_id, day
    ON CONFLICT (unit_id, day) DO UPDATE SET {_added("t", ACTS)}
)
SELECT (SELECT count(*) FROM taken), (SELECT array_agg(DISTINCT day) FROM flat)
"""

_MONEY = ("due_fen", "paid_fen")
_COUNTED = tuple(name for name in ACTS if name not in _MONEY)

FORGET_PLACES: Final = "DELETE FROM usage_placeday WHERE day = ANY(%(days)s)"
PLACES: Final = f"""
WITH acts AS (
    SELECT d.day, left(u.region_code, 4) || '00' AS city, u.bank_branch AS branch,
        coalesce(t.members BETWEEN 1 AND %(few)s, false) AS is_few,
        {_joined(f"d.{name}" for name in ACTS)}
    FROM usage_unitday d JOIN tenants_unit u ON u.id = d.unit_id
    LEFT JOIN usage_unittotal t ON t.unit_id = d.unit_id
    WHERE d.day = ANY(%(days)s)
), placed AS (
    SELECT day,
        CASE WHEN grouping(city) = 0 THEN 'city' WHEN grouping(branch) = 0 THEN 'branch'
            ELSE 'all' END AS kind,
        coalesce(CASE WHEN grouping(city) = 0 THEN city WHEN grouping(branch) = 0 THEN branch END,
            '') AS place,
        {_sums(_COUNTED)},
        {_joined(f"coalesce(sum({m}) FILTER (WHERE NOT is_few), 0) AS {m}" for m in _MONEY)},
        {_joined(f"coalesce(sum({m}) FILTER (WHERE is_few), 0) AS few_{m}" for m in _MONEY)}
    FROM acts GROUP BY GROUPING SETS ((day), (day, city), (day, branch))
)
INSERT INTO usage_placeday (id, day, kind, place, few_due_fen, few_paid_fen,
    {_joined(_COUNTED)}, due_fen, paid_fen)
SELECT {UUID7_SQL}, day, kind, place,
    CASE WHEN kind = 'all' THEN few_due_fen ELSE 0 END,
    CASE WHEN kind = 'all' THEN few_paid_fen ELSE 0 END, {_joined(_COUNTED)}, due_fen, paid_fen
FROM placed
"""
"""Days of all units, of each prefecture and branch, made anew from the units' days."""
