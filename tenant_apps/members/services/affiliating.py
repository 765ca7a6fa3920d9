"""Making members able to sign in whose rows came in as a whole, from another platform."""

from __future__ import annotations

from kernel.unit import Purpose, current_unit, unit_context
from shared_apps.people.services import affiliations
from tenant_apps.members.models import Member
from tenant_apps.members.services import sealing
from tenants.archive.listeners import Replaced

IMPORTED = "unit.imported"


def after_import(replaced: Replaced) -> None:
    """Records which phones and identity numbers belong to the unit (``archive.listeners``).

    A restored unit brought its sign-ins along; one that was imported has none here yet.
    """
    if replaced.code != IMPORTED:
        return
    with unit_context(replaced.unit_id, for_=Purpose.READING):
        unit = current_unit()
        rows = [
            (
                member.id,
                sealing.open_phone(member.phone_sealed) if member.phone_sealed else None,
                sealing.open_identity(member.identity_sealed),
            )
            for member in Member.objects.filter(is_active=True)
        ]
    affiliations.record(unit_id=unit.id, unit_role=unit.schema_name, rows=rows)
