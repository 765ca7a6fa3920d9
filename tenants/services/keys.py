"""A unit's secret: made with the unit, read once per process, destroyed when the unit is closed.

All keys of a unit (sealing, blind indexes, signatures) are derived from 32 random bytes that
lie here wrapped under the master key.  The wrapping is bound to the unit, so that a row put in
another one's place opens nothing.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from kernel import crypto
from kernel.unit import shared_context
from tenants.models import UnitKey

_BYTES: Final = 32


def make(*, unit_ids: Sequence[UUID]) -> None:
    """Gives each of these new units its secret, in the transaction that writes the units."""
    cipher = crypto.platform_cipher()
    UnitKey.objects.bulk_create(
        UnitKey(
            unit_id=unit_id,
            wrapped=cipher.seal_bytes(secrets.token_bytes(_BYTES), column=_column(unit_id)),
        )
        for unit_id in unit_ids
    )


@shared_context()
def secret_of(unit_id: UUID) -> bytes:
    """The secret itself, for ``kernel.crypto``; raises KeyDestroyed where there is none."""
    wrapped = UnitKey.objects.filter(pk=unit_id).values_list("wrapped", flat=True).first()
    if not wrapped:
        raise crypto.KeyDestroyed
    return crypto.platform_cipher().open_bytes(wrapped, column=_column(unit_id))


def destroy(*, unit_id: UUID, now: dt.datetime) -> dt.datetime:
    """Overwrites the secret; whatever it sealed is lost.  Doing it again changes nothing.

    Returns when it was destroyed.  Other processes forget it within ``crypto.KEPT_SECONDS``.
    """
    UnitKey.objects.filter(pk=unit_id, destroyed_at=None).update(wrapped=b"", destroyed_at=now)
    crypto.forget(unit_id)
    destroyed_at = UnitKey.objects.values_list("destroyed_at", flat=True).get(pk=unit_id)
    return destroyed_at or now


def _column(unit_id: UUID) -> str:
    return f"tenants.unitkey.wrapped:{unit_id}"
