"""Finding the unit to which somebody goes: two names and a code, of units that allow it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from kernel.errors import NotFound
from kernel.unit import current_unit_id, shared_context
from shared_apps.exchange.models import Address
from tenants.models import WORKING
from tenants.selectors import all_units

SHORTEST: Final = 2
"""Characters that have to be typed: the directory is asked, not read through."""
MOST_FOUND: Final = 20


class ReceiverUnknown(NotFound):
    code = "exchange_receiver_unknown"
    sentence = "没有找到这个单位，或对方没有开放在线接收。请核对名称，或改用纸质介绍信。"


@dataclass(frozen=True, slots=True)
class Destination:
    """A unit that can be written to."""

    unit_id: UUID
    unit_name: str
    organization_name: str
    organization_code: str


def search(text: str) -> list[Destination]:
    """Units by a part of a name, or by the whole code of their outermost organisation."""
    text = text.strip()
    if len(text) < SHORTEST:
        return []
    named = Q(unit_name__contains=text) | Q(organization_name__contains=text)
    return _found(named | Q(organization_code=text))


def destination_of(unit_id: UUID) -> Destination:
    """Raises ReceiverUnknown for a unit that does not let itself be found, and for the own."""
    found = _found(Q(unit_id=unit_id))
    if not found:
        raise ReceiverUnknown
    return found[0]


def is_published() -> bool:
    """Whether other units find the unit in force."""
    return Address.objects.filter(unit_id=current_unit_id(), is_open=True).exists()


def _found(wanted: Q) -> list[Destination]:
    own = current_unit_id()
    with shared_context():
        open_now: QuerySet[Address] = Address.objects.filter(wanted, is_open=True)
        working = all_units().filter(state__in=WORKING).values("id")
        rows = open_now.filter(unit_id__in=working).exclude(unit_id=own)
        return [
            Destination(row.unit_id, row.unit_name, row.organization_name, row.organization_code)
            for row in rows.order_by("organization_name")[:MOST_FOUND]
        ]
