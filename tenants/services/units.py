"""Registering units and moving them through their states."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.db import IntegrityError, transaction

from kernel.errors import Conflict, Invalid
from kernel.models import uuid7
from tenants.models import Domain, Unit, UnitProfile, UnitState, schema_name_of

_NEXT: dict[str, tuple[str, ...]] = {
    UnitState.DRAFT: (UnitState.OPENING, UnitState.CLOSED),
    UnitState.OPENING: (UnitState.TRIAL, UnitState.DRAFT),
    UnitState.TRIAL: (UnitState.LIVE, UnitState.READ_ONLY, UnitState.SUSPENDED, UnitState.CLOSING),
    UnitState.LIVE: (UnitState.READ_ONLY, UnitState.SUSPENDED, UnitState.CLOSING),
    UnitState.READ_ONLY: (UnitState.LIVE, UnitState.SUSPENDED, UnitState.CLOSING),
    UnitState.SUSPENDED: (UnitState.LIVE, UnitState.READ_ONLY, UnitState.CLOSING),
    UnitState.CLOSING: (UnitState.LIVE, UnitState.CLOSED),
}


class UnitAlreadyRegistered(Conflict):
    code = "unit_already_registered"
    sentence = "统一社会信用代码 {credit_code} 的单位已经登记，请在单位列表中打开它。"


class LabelTaken(Conflict):
    code = "label_taken"
    sentence = "访问地址「{label}」已被使用，请换一个。"


class LabelReserved(Invalid):
    code = "label_reserved"
    sentence = "「{label}」是平台保留的地址，请换一个。"


class IllegalTransition(Conflict):
    code = "unit_state_transition"
    sentence = "单位当前是「{current}」，不能改为「{target}」。"


def register(
    *,
    name: str,
    label: str,
    credit_code: str,
    region_code: str,
    bank_branch: str = "",
    profile: str = UnitProfile.ENTERPRISE,
) -> Unit:
    """Writes a unit into the directory as a draft; it has no schema and answers nobody.

    Raises UnitAlreadyRegistered, LabelTaken, LabelReserved.
    """
    if label in settings.RESERVED_LABELS:
        raise LabelReserved(label=label)
    unit_id = uuid7()
    unit = Unit(
        id=unit_id,
        schema_name=schema_name_of(unit_id),
        name=name,
        label=label,
        credit_code=credit_code,
        region_code=region_code,
        bank_branch=bank_branch,
        profile=profile,
    )
    try:
        with transaction.atomic():
            unit.save(force_insert=True)
            Domain.objects.create(
                tenant=unit, domain=f"{label}.{settings.BASE_DOMAIN}", is_primary=True
            )
    except IntegrityError as clash:
        if Unit.objects.filter(credit_code=credit_code).exists():
            raise UnitAlreadyRegistered(credit_code=credit_code) from clash
        if Unit.objects.filter(label=label).exists():
            raise LabelTaken(label=label) from clash
        raise
    return unit


def move(*, unit: Unit, to: UnitState, now: dt.datetime) -> None:
    """Changes the state under a lock; raises IllegalTransition."""
    with transaction.atomic():
        held = Unit.objects.select_for_update().get(pk=unit.pk)
        if to not in _NEXT.get(held.state, ()):
            raise IllegalTransition(current=UnitState(held.state).label, target=UnitState(to).label)
        held.state = to
        if to == UnitState.TRIAL and held.opened_at is None:
            held.opened_at = now
        held.save(update_fields=["state", "opened_at"])
    unit.state, unit.opened_at = held.state, held.opened_at
