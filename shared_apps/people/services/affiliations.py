"""Which phones and identity numbers are known in which unit; set-based, in shared tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from django.db import connection

from kernel.crypto import platform_cipher
from kernel.models import uuid7
from kernel.unit import shared_context
from shared_apps.people.models import Affiliation

Row = tuple[UUID, str | None, str]
"""A member's id, phone (or None) and identity number, in the clear only in memory."""
_CHUNK: Final = 5_000
_STORE: Final = """
INSERT INTO people_affiliation AS kept
    (id, unit_id, unit_role, member_id, phone_index, identity_index)
SELECT made.id, %s, %s, made.member_id, made.phone, made.identity
  FROM unnest(%s::uuid[], %s::uuid[], %s::bytea[], %s::bytea[])
    AS made (id, member_id, phone, identity)
ON CONFLICT (member_id) DO UPDATE SET
    phone_index = excluded.phone_index,
    identity_index = excluded.identity_index,
    person_id = CASE WHEN kept.phone_index IS DISTINCT FROM excluded.phone_index
                     THEN NULL ELSE kept.person_id END
 WHERE kept.unit_id = excluded.unit_id
"""


@shared_context()
def record(*, unit_id: UUID, unit_role: str, rows: Iterable[Row]) -> None:
    """Makes members able to sign in by their phones.  Doing it again changes nothing.

    A changed phone takes the sign-in away from whoever held the old one.  A member of another
    unit is never touched.
    """
    cipher = platform_cipher()
    waiting: list[tuple[UUID, UUID, bytes | None, bytes]] = []
    for member_id, phone, identity_number in rows:
        index = cipher.index(phone, purpose="phone") if phone else None
        waiting.append(
            (uuid7(), member_id, index, cipher.index(identity_number, purpose="identity"))
        )
        if len(waiting) == _CHUNK:
            _store(unit_id, unit_role, waiting)
            waiting = []
    if waiting:
        _store(unit_id, unit_role, waiting)


@shared_context()
def known_elsewhere(*, identity_numbers: Sequence[str], unit_id: UUID | None) -> set[str]:
    """Those of the identity numbers that another unit knows: that they are, never whose."""
    cipher = platform_cipher()
    number_of = {cipher.index(number, purpose="identity"): number for number in identity_numbers}
    indexes, found = list(number_of), set()
    for start in range(0, len(indexes), _CHUNK):
        known = Affiliation.objects.filter(identity_index__in=indexes[start : start + _CHUNK])
        if unit_id is not None:
            known = known.exclude(unit_id=unit_id)
        found |= {
            number_of[bytes(index)] for index in known.values_list("identity_index", flat=True)
        }
    return found


@shared_context()
def forget(*, member_ids: Sequence[UUID]) -> None:
    """Takes sign-in away from members whose import was undone; their sessions are worth nothing
    from then on.
    """
    for start in range(0, len(member_ids), _CHUNK):
        Affiliation.objects.filter(member_id__in=member_ids[start : start + _CHUNK]).delete()


def _store(
    unit_id: UUID, unit_role: str, rows: Sequence[tuple[UUID, UUID, bytes | None, bytes]]
) -> None:
    ids, members, phones, identities = (list(column) for column in zip(*rows, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [unit_id, unit_role, ids, members, phones, identities])
