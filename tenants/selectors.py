"""Reading the directory of units."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from kernel.errors import NotFound
from tenants.models import Domain, Unit


class UnknownUnit(NotFound):
    code = "unit_unknown"
    sentence = "没有找到这个单位，请核对访问地址。"


def unit_by_host(host: str) -> Unit | None:
    """The unit that a host leads to, whatever its state; exact match only."""
    domain = Domain.objects.select_related("tenant").filter(domain=host).first()
    return domain.tenant if domain else None


def unit_by_id(unit_id: UUID) -> Unit:
    """Raises UnknownUnit."""
    unit = Unit.objects.filter(pk=unit_id).first()
    if unit is None:
        raise UnknownUnit
    return unit


def unit_by_credit_code(credit_code: str) -> Unit | None:
    return Unit.objects.filter(credit_code=credit_code).first()


def all_units() -> QuerySet[Unit]:
    return Unit.objects.all()


def label_is_free(label: str) -> bool:
    return not Unit.objects.filter(label=label).exists()
