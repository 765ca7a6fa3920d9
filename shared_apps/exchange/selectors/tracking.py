"""How far a parcel that the unit in force sent has come."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from kernel.unit import current_unit_id, shared_context
from shared_apps.exchange.models import Parcel


@dataclass(frozen=True, slots=True)
class Tracking:
    """``hindrance`` says in words why it still waits; empty when nothing stands in its way."""

    is_delivered: bool
    hindrance: str
    delivered_at: dt.datetime | None


def tracking_of(parcel_id: UUID) -> Tracking | None:
    """A parcel of the unit in force; None where there is none, which is also so when the unit
    that it was for has been closed.
    """
    sender = current_unit_id()
    with shared_context():
        parcel = Parcel.objects.filter(pk=parcel_id, from_unit_id=sender).first()
    if parcel is None:
        return None
    return Tracking(
        parcel.state == Parcel.State.DELIVERED,
        Parcel.Hindrance(parcel.hindrance).label if parcel.hindrance else "",
        parcel.delivered_at,
    )
