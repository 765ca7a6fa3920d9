"""Admission in figures, for the yearly tables (rulebook 7.2, tables 13 to 15); set-based SQL.

Sub-trees are given as path prefixes; a year runs from 1 January to 31 December.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection

_PLACE = "org_path LIKE %s || '%%'"

ADMITTED = f"""
SELECT occupation, gender, education,
       date_part('year', age(joined_on, birth_on))::int AS years, front_line, stratum, count(*)
FROM admissions_case
WHERE approved_on BETWEEN %s AND %s AND {_PLACE}
GROUP BY 1, 2, 3, 4, 5, 6
"""
CONVERTED = f"""
SELECT conversion, count(*) FROM admissions_case
WHERE conversion <> '' AND coalesce(converted_on, closed_on) BETWEEN %s AND %s AND {_PLACE}
GROUP BY 1
"""
ON_THE_WAY = f"""
SELECT CASE WHEN candidate_on <= %s THEN 'CANDIDATE'
            WHEN activist_on <= %s THEN 'ACTIVIST' ELSE 'APPLICANT' END AS category, count(*)
FROM admissions_case
WHERE applied_on <= %s AND (closed_on IS NULL OR closed_on > %s)
  AND (approved_on IS NULL OR approved_on > %s) AND {_PLACE}
GROUP BY 1
"""
BEGUN = f"""
SELECT 'APPLICANT', count(*) FROM admissions_case WHERE applied_on BETWEEN %s AND %s AND {_PLACE}
UNION ALL
SELECT 'ACTIVIST', count(*) FROM admissions_case WHERE activist_on BETWEEN %s AND %s AND {_PLACE}
UNION ALL
SELECT 'CANDIDATE', count(*) FROM admissions_case WHERE candidate_on BETWEEN %s AND %s AND {_PLACE}
"""


def admitted_in(year: int, *, org_path: str = "") -> list[tuple[str, str, str, int, str, str, int]]:
    """Probationary members approved in a year: occupation, gender, education, age in whole years
    on the day of joining, front line, stratum, and how many.
    """
    return _rows(ADMITTED, [*_year(year), org_path])


def converted_in(year: int, *, org_path: str = "") -> dict[str, int]:
    """How the probations that ended in a year ended: ON_TIME, EXTENDED, CANCELLED."""
    return dict(_rows(CONVERTED, [*_year(year), org_path]))


def on_the_way(on: dt.date, *, org_path: str = "") -> dict[str, int]:
    """Applicants, activists and candidates at the end of a day."""
    return dict(_rows(ON_THE_WAY, [on, on, on, on, on, org_path]))


def begun_in(year: int, *, org_path: str = "") -> dict[str, int]:
    """How many applied, became activists, became candidates in a year."""
    return dict(_rows(BEGUN, [*_year(year), org_path] * 3))


def _year(year: int) -> tuple[dt.date, dt.date]:
    return dt.date(year, 1, 1), dt.date(year, 12, 31)


def _rows(sql: str, parameters: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
