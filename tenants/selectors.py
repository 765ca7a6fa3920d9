"""Reading the directory of units."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from kernel.errors import NotFound
from tenants.models import Domain, Transition, Unit, UnitState


class UnknownUnit(NotFound):
    code = "unit_unknown"
    sentence = "没有找到这个单位，请核对访问地址。"


def unit_by_host(host: str) -> Unit | None:
    """The unit that a host leads to, whatever its state; exact match only.

    ``moved_from`` is set where the host was given up: the unit is told about, not served.
    """
    domain = Domain.objects.select_related("tenant").filter(domain=host).first()
    if domain is None:
        return None
    unit: Unit = domain.tenant
    unit.moved_from = host if domain.retired_at else ""
    return unit


def unit_by_id(unit_id: UUID) -> Unit:
    """Raises UnknownUnit."""
    unit = Unit.objects.filter(pk=unit_id).first()
    if unit is None:
        raise UnknownUnit
    return unit


def unit_by_credit_code(credit_code: str) -> Unit | None:
    """The unit that has this code now; a closed one gave it up."""
    held = Unit.objects.exclude(state=UnitState.CLOSED)
    return held.filter(credit_code=credit_code).first()


def all_units() -> QuerySet[Unit]:
    return Unit.objects.all()


def label_is_free(label: str) -> bool:
    """Whether no unit has this address, nor gave it up less than 30 days ago."""
    taken = Unit.objects.exclude(state=UnitState.CLOSED).filter(label=label).exists()
    host = f"{label}.{settings.BASE_DOMAIN}"
    return not taken and not Domain.objects.filter(domain=host).exists()


def transitions_of(unit_id: UUID) -> QuerySet[Transition]:
    """A unit's changes of state, latest first."""
    return Transition.objects.filter(unit_id=unit_id).order_by("-number")


def retired_hosts_of(unit_id: UUID) -> list[Domain]:
    """Addresses that the unit gave up and that still lead on, latest first."""
    given_up = Domain.objects.filter(tenant_id=unit_id, retired_at__isnull=False)
    return list(given_up.order_by("-retired_at"))
