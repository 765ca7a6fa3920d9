"""Seals: every night's lines of the ledger are hashed and chained (payments.md 7.5, I14).

Nobody may change a line; should somebody with the database in hand do so, the seal of its night
says so, and so does every later one.  A seal takes the transfers whose keys lie between the last
seal and the mark to which daily figures are folded, behind which nothing comes in.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import connection, transaction

from kernel.models import UUID7_SQL
from kernel.unit import current_unit_id
from shared_apps.proof.selectors.checks import SEALS
from tenant_apps.treasury.selectors.checks import CONTENT_SQL
from tenant_apps.treasury.services.folding import hold_books

_SEAL: Final = f"""
    WITH last AS (
        SELECT number, upto, digest FROM {SEALS} WHERE unit_id = %(unit)s
        ORDER BY number DESC LIMIT 1
    ), begun AS (
        SELECT coalesce((SELECT number FROM last), 0) AS number,
               coalesce((SELECT upto FROM last), %(nothing)s) AS since,
               coalesce((SELECT digest FROM last), ''::bytea) AS digest
    ), made AS (
        SELECT lines, content FROM begun, LATERAL (
            {CONTENT_SQL.format(since="begun.since", upto="%(upto)s")}) AS sealed
    )
    INSERT INTO {SEALS}
        (id, unit_id, unit_role, number, upto, lines, content, digest, sealed_at)
    SELECT {UUID7_SQL}, %(unit)s, current_user, begun.number + 1, %(upto)s, made.lines,
           made.content, sha256(begun.digest || made.content), %(now)s
    FROM begun, made WHERE made.lines > 0
"""


@transaction.atomic
def seal(*, now: dt.datetime) -> int:
    """Seals what was folded since the last seal; returns 1, or 0 where there is nothing new."""
    books = hold_books()
    with connection.cursor() as cursor:
        cursor.execute(
            _SEAL,
            {
                "unit": current_unit_id(),
                "nothing": "00000000-0000-0000-0000-000000000000",
                "upto": books.folded_to,
                "now": now,
            },
        )
        return int(cursor.rowcount)
