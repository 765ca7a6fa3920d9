"""Daily figures: what each day added to each account, so that a balance is the sum of few rows.

The ledger stays the truth.  A fold takes the transfers whose keys lie between the last fold and
an hour ago: keys are made in the order of time, and no transaction of the product lives for an
hour, so nothing comes in behind the mark.  ``selectors.checks`` compares all of it, and
``rebuild`` puts it right.
"""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from kernel.models import UUID7_SQL
from tenant_apps.dues.selectors.books import TURNOVER_SQL
from tenant_apps.treasury.models import Books, Day
from tenant_apps.treasury.selectors.checks import differing_figures

LAG: Final = dt.timedelta(hours=1)
"""Longer than any transaction that books lives."""
THE_BOOKS: Final = UUID("00000000-0000-7000-8000-000000000001")
"""The key of the one row: the primary key is what keeps it the only one."""
_NOTHING: Final = UUID(int=0)
_FOLD: Final = f"""
    INSERT INTO {Day._meta.db_table} AS held (id, account, "on", debit_fen, credit_fen)
    SELECT {UUID7_SQL}, account, day, debit_fen, credit_fen
    FROM ({TURNOVER_SQL.format(where="id >= %s AND id < %s")}) AS added
    ON CONFLICT (account, "on") DO UPDATE SET
        debit_fen = held.debit_fen + excluded.debit_fen,
        credit_fen = held.credit_fen + excluded.credit_fen
"""


def hold_books() -> Books:
    """The unit's row, locked until the transaction ends: whoever takes money out comes one after
    the other, and so does folding.
    """
    Books.objects.bulk_create([Books(id=THE_BOOKS, folded_to=_NOTHING)], ignore_conflicts=True)
    held: Books = Books.objects.select_for_update().get(pk=THE_BOOKS)
    return held


@transaction.atomic
def fold(*, now: dt.datetime) -> int:
    """Adds what is new to the daily figures; returns how many of them it touched."""
    books = hold_books()
    to = _first_key(now - LAG)
    if to <= books.folded_to:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_FOLD, [books.folded_to, to])
        touched = int(cursor.rowcount)
    books.folded_to = to
    books.save(update_fields=["folded_to"])
    return touched


@transaction.atomic
def rebuild(*, now: dt.datetime) -> int:
    """Makes the daily figures from nothing; returns how many there are."""
    books = hold_books()
    Day.objects.all().delete()
    books.folded_to = _NOTHING
    books.save(update_fields=["folded_to"])
    return fold(now=now)


def fold_unit(*, unit_id: UUID, now: dt.datetime) -> int:
    """The nightly work of a unit: folds, and rebuilds where the figures are not the ledger's."""
    touched = fold(now=now)
    return rebuild(now=now) if differing_figures() else touched


def _first_key(moment: dt.datetime) -> UUID:
    """The smallest UUIDv7 of a moment; keys made before it are smaller."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
