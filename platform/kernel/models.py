"""Abstract bases of every table."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self, TypeVar
from uuid import UUID

from django.db import models

from .unit import current_unit_id, unit_id_in_force

UUID7_SQL = (
    "encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) placing substring("
    "int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),"
    " 52, 1), 53, 1), 'hex')::uuid"
)
"""An SQL expression that makes a UUIDv7 in set-based statements on PostgreSQL 16 and later."""
UUID7_ROW_SQL = "(%(stem)s || to_hex((1::bigint << 44) + row_number() OVER ()))::uuid"
"""The same for a great many rows of one statement, a tenth of the work: its ``uuid7_stem``, then
the number of the row where others have chance (RFC 9562, section 6.2).
"""


_last_stamp = [0]


def uuid7() -> UUID:
    """A time-ordered key (RFC 9562, version 7).  No table has a sequence (architecture 3.3).

    Milliseconds, twelve bits of their fraction, always more than the one before in this
    process, and 62 random bits.
    """
    stamp = max(time.time_ns() * 4096 // 1_000_000, _last_stamp[0] + 1)
    _last_stamp[0] = stamp
    return _key(stamp, os.urandom(8))


def uuid7s(count: int) -> list[UUID]:
    """Keys for a set of rows, rising, for one draw of chance: a roster takes 240,000."""
    first = max(time.time_ns() * 4096 // 1_000_000, _last_stamp[0] + 1)
    _last_stamp[0] = first + count
    chance = os.urandom(8 * count)
    return [_key(first + n, chance[8 * n : 8 * n + 8]) for n in range(count)]


def uuid7_stem() -> str:
    """What the keys of one statement begin with, in hexadecimal; for UUID7_ROW_SQL."""
    return uuid7().hex[:20]


def _key(stamp: int, chance: bytes) -> UUID:
    random = int.from_bytes(chance, "big") >> 2
    return UUID(int=stamp >> 12 << 80 | 7 << 76 | (stamp & 4095) << 64 | 2 << 62 | random)


class Row(models.Model):
    """Any table: a UUIDv7 key."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        abstract = True


class ForeignRow(RuntimeError):
    """A row read in one unit was about to be written in another."""


_M = TypeVar("_M", bound="UnitRow", covariant=True)


class UnitQuerySet(models.QuerySet[_M]):
    """A query remembers the unit it was built in and refuses to run in another one."""

    def __init__(
        self, model: Any = None, query: Any = None, using: str | None = None, hints: Any = None
    ) -> None:
        super().__init__(model, query, using, hints)
        # A copy is made of a query that exists, and takes over its unit below.
        self._unit_id = unit_id_in_force() if query is None else None

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]  # private in the stubs
        clone._unit_id = self._unit_id or current_unit_id()
        return clone

    @property
    def db(self) -> str:
        """Asked before every statement, so counting, changing and deleting are refused too."""
        self._refuse_foreign()
        return super().db

    def _fetch_all(self) -> None:
        self._refuse_foreign()
        super()._fetch_all()

    def _iterator(self, *args: Any, **kwargs: Any) -> Iterator[_M]:
        """Rows that stream from the server: the unit may change between two of them."""
        for row in super()._iterator(*args, **kwargs):  # type: ignore[misc]  # private in the stubs
            self._refuse_foreign()
            yield row

    def _refuse_foreign(self) -> None:
        if (self._unit_id or current_unit_id()) != current_unit_id():
            raise ForeignRow(f"a query of unit {self._unit_id} ran in {current_unit_id()}")


class UnitRow(Row):
    """A table of a unit's schema; instances are stamped with the unit they were read in."""

    if not TYPE_CHECKING:  # mypy gives every model the manager of its own rows
        objects = models.Manager.from_queryset(UnitQuerySet)()

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any, **kwargs: Any) -> Self:
        row = super().from_db(db, field_names, values, **kwargs)
        row.__dict__["_unit_id"] = current_unit_id()
        return row

    def save_base(self, *args: Any, **kwargs: Any) -> None:
        self._refuse_foreign()
        super().save_base(*args, **kwargs)
        self.__dict__["_unit_id"] = current_unit_id()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        self._refuse_foreign()
        return super().delete(*args, **kwargs)

    def _refuse_foreign(self) -> None:
        stamped = self.__dict__.get("_unit_id")
        if stamped is not None and stamped != current_unit_id():
            raise ForeignRow(f"a row of unit {stamped} was to be written in {current_unit_id()}")


class UnitBoundShared(Row):
    """A shared table whose rows belong to a unit.

    ``unit_role`` is the database role of the unit; row-level security lets a unit see and
    write only rows that carry its own (``tenants.grants``).
    """

    unit_id = models.UUIDField(db_index=True)
    unit_role = models.CharField(max_length=63, editable=False)

    class Meta:
        abstract = True
