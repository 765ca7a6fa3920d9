"""What channels paid out to the pool for a unit."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from kernel.unit import shared_context
from shared_apps.settlement.models import Payout
from tenants.models import schema_name_of


def enter(
    *,
    unit_id: UUID,
    channel: str,
    mchid: str,
    number: str,
    business_on: dt.date,
    amount_fen: int,
    now: dt.datetime,
) -> Payout:
    """Writes down that the pool has this money of the unit, once per channel's number
    (IntegrityError).  Belongs in the transaction that books it in the unit.
    """
    with shared_context():
        return Payout.objects.create(
            unit_id=unit_id,
            unit_role=schema_name_of(unit_id),
            channel=channel,
            mchid=mchid,
            number=number,
            business_on=business_on,
            amount_fen=amount_fen,
            booked_at=now,
        )
