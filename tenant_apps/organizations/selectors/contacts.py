"""The number of whom to call at an organisation: sealed, and opened only where that is allowed."""

from __future__ import annotations

from typing import Final

from kernel.crypto import unit_cipher
from tenant_apps.organizations.models import Organization

PHONE: Final = "organizations.contact_phone"


def open_phone(organization: Organization) -> str:
    """The contact's number in the clear; "" without one."""
    blob = organization.contact_phone_sealed
    return unit_cipher().open(bytes(blob), column=PHONE) if blob else ""
