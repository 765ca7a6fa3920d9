"""Which phones and identity numbers are known in which unit; set-based, in shared tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final
from uuid import UUID

from django.db import connection

from kernel import arrays
from kernel.crypto import platform_cipher
from kernel.models import uuid7s
from kernel.unit import shared_context
from shared_apps.people.models import Affiliation, AffiliationKind

Row = tuple[UUID, str | None, str]
"""A member's id, phone (or None) and identity number, in the clear only in memory."""
MEMBER: Final = AffiliationKind.MEMBER
APPLICANT: Final = AffiliationKind.APPLICANT
_CHUNK: Final = 5_000
_COLUMNS: Final = {"id": "uuid", "member_id": "uuid", "phone": "bytea", "identity": "bytea"}
_STORE: Final = f"""
INSERT INTO people_affiliation AS kept
    (id, unit_id, unit_role, kind, member_id, phone_index, identity_index)
SELECT made.id, %s, %s, %s, made.member_id, made.phone, made.identity
  FROM {arrays.unnested(_COLUMNS)}
ON CONFLICT (member_id) DO UPDATE SET
    phone_index = excluded.phone_index,
    identity_index = excluded.identity_index,
    person_id = CASE WHEN kept.phone_index IS DISTINCT FROM excluded.phone_index
                     THEN NULL ELSE kept.person_id END
 WHERE kept.unit_id = excluded.unit_id AND kept.kind = excluded.kind
"""
_KNOWN: Final = f"""
SELECT asked.number
  FROM {arrays.unnested({"identity": "bytea", "number": "text"}, name="asked")}
 WHERE EXISTS (SELECT FROM people_affiliation kept
                WHERE kept.identity_index = asked.identity
                  AND kept.kind = 'MEMBER'
                  AND kept.unit_id IS DISTINCT FROM %s::uuid)
"""


@shared_context()
def record(
    *, unit_id: UUID, unit_role: str, rows: Iterable[Row], kind: AffiliationKind = MEMBER
) -> None:
    """Makes members (or applicants) able to sign in by their phones.  Doing it again changes
    nothing.

    A changed phone takes the sign-in away from whoever held the old one.  A member of another
    unit is never touched.
    """
    cipher, waiting = platform_cipher(), iter(rows)
    with connection.cursor() as cursor:
        while chunk := list(islice(waiting, _CHUNK)):
            records = [
                (
                    key.hex,
                    member_id.hex,
                    arrays.octets(cipher.index(phone, purpose="phone") if phone else None),
                    arrays.octets(cipher.index(number, purpose="identity")),
                )
                for key, (member_id, phone, number) in zip(uuid7s(len(chunk)), chunk, strict=True)
            ]
            cursor.execute(_STORE, [unit_id, unit_role, kind, *arrays.joined(records)])


@shared_context()
def known_elsewhere(*, identity_numbers: Sequence[str], unit_id: UUID | None) -> set[str]:
    """Those of the identity numbers that are a member's in another unit: that they are, never
    whose.
    """
    cipher, found = platform_cipher(), set()
    with connection.cursor() as cursor:
        for start in range(0, len(identity_numbers), _CHUNK):
            records = [
                (arrays.octets(cipher.index(number, purpose="identity")), number)
                for number in identity_numbers[start : start + _CHUNK]
            ]
            cursor.execute(_KNOWN, [*arrays.joined(records), unit_id])
            found |= {number for (number,) in cursor.fetchall()}
    return found


@shared_context()
def forget(*, member_ids: Sequence[UUID]) -> None:
    """Takes sign-in away from members whose import was undone; their sessions are worth nothing
    from then on.
    """
    for start in range(0, len(member_ids), _CHUNK):
        Affiliation.objects.filter(member_id__in=member_ids[start : start + _CHUNK]).delete()
