"""Being found by other units, or not: each unit says it for itself."""

from __future__ import annotations

import datetime as dt

from kernel.unit import current_unit
from shared_apps.exchange.models import Address


def publish(
    *, is_open: bool, organization_name: str, organization_code: str, now: dt.datetime
) -> Address:
    """Says whether others find the unit in force, and under which names."""
    unit = current_unit()
    address, _ = Address.objects.update_or_create(
        unit_id=unit.id,
        defaults={
            "unit_role": unit.schema_name,
            "unit_name": unit.name,
            "organization_name": organization_name,
            "organization_code": organization_code,
            "is_open": is_open,
            "updated_at": now,
        },
    )
    return address
