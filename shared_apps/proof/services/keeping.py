"""Keeping what was found: one row per unit and rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from django.db import connection

from kernel.models import uuid7s
from kernel.unit import current_unit_id
from shared_apps.proof.models import Finding
from shared_apps.proof.selectors.checks import Check


def keep(*, found: Sequence[Check], now: dt.datetime) -> None:
    """Stores how each rule stands in the unit in force; a failure keeps the moment it began."""
    with connection.cursor() as cursor:
        cursor.execute(
            _KEEP,
            [
                current_unit_id(),
                now,
                uuid7s(len(found)),
                [check.code for check in found],
                [check.violations for check in found],
            ],
        )


_KEEP: Final = f"""
INSERT INTO {Finding._meta.db_table} AS held
    (id, unit_id, unit_role, code, violations, failing_since, checked_at)
SELECT made.id, told.unit_id, current_user, made.code, made.violations,
       CASE WHEN made.violations > 0 THEN told.now END, told.now
FROM (SELECT %s::uuid AS unit_id, %s::timestamptz AS now) AS told,
     unnest(%s::uuid[], %s::text[], %s::int[]) AS made (id, code, violations)
ON CONFLICT (unit_id, code) DO UPDATE SET
    violations = excluded.violations, checked_at = excluded.checked_at,
    failing_since = CASE WHEN excluded.violations > 0
                         THEN coalesce(held.failing_since, excluded.checked_at) END
"""
