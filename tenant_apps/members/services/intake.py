"""Taking members in from a roster, and taking them out again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from kernel import arrays, pinyin
from kernel.actor import Actor
from kernel.errors import Conflict
from kernel.models import uuid7s
from kernel.unit import current_unit
from shared_apps.usage.services import outbox
from tenant_apps.audit.services import record
from tenant_apps.members.models import Member
from tenant_apps.members.services.sealing import Sealer


class MembersInUse(Conflict):
    code = "members_in_use"
    sentence = "这批党员已有党费账单或收据，不能撤销导入。请先撤销相应的党费记录。"


class NewMember(NamedTuple):
    """A member as a roster gives it, already checked.  ``row_key`` is the roster's own key of
    the row; ``category`` is FULL or PROBATIONARY, ``gender`` M, F or empty.
    """

    row_key: str
    org_id: UUID
    org_path: str
    name: str
    category: str
    identity_number: str
    phone: str | None = None
    gender: str = ""
    ethnicity: str = ""
    birth_on: dt.date | None = None
    education: str = ""
    joined_on: dt.date | None = None
    full_on: dt.date | None = None
    posts: str = ""


@dataclass(frozen=True, slots=True)
class MadeMember:
    row_key: str
    member_id: UUID


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of the rows: made now, or known by their identity number before."""

    made: list[MadeMember]
    already_known: list[str]


class Prepared(NamedTuple):
    """A chunk of members sealed and ready to store: their ids and row keys, and the columns."""

    keys: list[tuple[UUID, str]]
    columns: list[str]


def prepare(rows: Sequence[NewMember], *, sealer: Sealer) -> Prepared:
    """The larger part of storing a chunk, which needs no database."""
    return Prepared(*_columns(rows, sealer)) if rows else Prepared([], [])


def store(*, rows: Sequence[NewMember], import_id: UUID, actor: Actor, now: dt.datetime) -> Stored:
    """Stores a chunk of members in one statement and says which of them were new.

    An identity number makes a person once in a unit, whichever import brings it: storing the
    same rows again makes nobody.  About 5,000 rows a call is a good size.
    """
    prepared = prepare(rows, sealer=Sealer())
    return store_prepared(prepared=prepared, import_id=import_id, actor=actor, now=now)


@transaction.atomic
def store_prepared(
    *, prepared: Prepared, import_id: UUID, actor: Actor, now: dt.datetime
) -> Stored:
    """``store`` of rows that were prepared with the sealer of the unit in force."""
    keys, columns = prepared
    if not keys:
        return Stored([], [])
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [import_id, now, *columns])
        made_ids = {pk for (pk,) in cursor.fetchall()}
    made = [MadeMember(key, pk) for pk, key in keys if pk in made_ids]
    if made:
        record(
            "members.stored",
            actor=actor, now=now, subject_type="import", subject_id=import_id, count=len(made),
        )  # fmt: skip
        outbox.emit(unit=current_unit(), kind="members", now=now, delta=len(made))
    return Stored(made, [key for pk, key in keys if pk not in made_ids])


@transaction.atomic
def withdraw(*, import_id: UUID, actor: Actor, now: dt.datetime) -> list[UUID]:
    """Removes the members that an import made: the only physical deletion there is.

    Returns their ids.  Raises MembersInUse when bills or receipts still point to one of them.
    """
    table = Member._meta.db_table
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE import_id = %s RETURNING id", [import_id])
            gone = [pk for (pk,) in cursor.fetchall()]
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError as held:
        raise MembersInUse from held
    record(
        "members.withdrawn",
        actor=actor, now=now, subject_type="import", subject_id=import_id, count=len(gone),
    )  # fmt: skip
    if gone:
        outbox.emit(unit=current_unit(), kind="members", now=now, delta=-len(gone))
    return gone


_COLUMNS: Final = {
    "id": "uuid", "org_id": "uuid", "org_path": "text", "name": "text", "name_pinyin": "text",
    "name_initials": "text", "gender": "text", "ethnicity": "text", "birth_on": "date",
    "education": "text", "category": "text", "joined_on": "date", "full_on": "date",
    "posts": "text", "identity_sealed": "bytea", "identity_index": "bytea",
    "identity_masked": "text", "phone_sealed": "bytea", "phone_index": "bytea",
    "phone_masked": "text",
}  # fmt: skip
_INSERT: Final = f"""
INSERT INTO {Member._meta.db_table} ({", ".join(_COLUMNS)}, is_active, import_id, created_at)
SELECT made.*, true, %s::uuid, %s::timestamptz FROM {arrays.unnested(_COLUMNS)}
ON CONFLICT (identity_index) DO NOTHING
RETURNING id
"""


def _columns(rows: Sequence[NewMember], sealer: Sealer) -> tuple[list[tuple[UUID, str]], list[str]]:
    """The rows as one text per column of the insert, and the keys that go with them."""
    identities = sealer.identities([row.identity_number for row in rows])
    phones = sealer.phones([row.phone for row in rows])
    keys: list[tuple[UUID, str]] = []
    records: list[tuple[str, ...]] = []
    day, octets = arrays.day, arrays.octets
    for pk, row, identity, phone in zip(uuid7s(len(rows)), rows, identities, phones, strict=True):
        full_pinyin, initials = pinyin.of_name(row.name)
        keys.append((pk, row.row_key))
        records.append(
            (
                pk.hex, row.org_id.hex, row.org_path, row.name, full_pinyin[:120], initials[:30],
                row.gender, row.ethnicity, day(row.birth_on), row.education, row.category,
                day(row.joined_on), day(row.full_on), row.posts, octets(identity.blob),
                octets(identity.mark), identity.masked, octets(phone.blob), octets(phone.mark),
                phone.masked,
            )
        )  # fmt: skip
    return keys, arrays.joined(records)
