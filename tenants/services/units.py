"""Registering units, renaming them and giving them another address."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction

from kernel.errors import Conflict, Invalid
from kernel.models import uuid7
from tenants import selectors
from tenants.cells import faces, names
from tenants.cells.models import NameKind
from tenants.models import (
    GRACE_DAYS,
    Domain,
    Unit,
    UnitProfile,
    UnitState,
    schema_name_of,
)
from tenants.services import keys, pool

_LABEL: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class UnitAlreadyRegistered(Conflict):
    code = "unit_already_registered"
    sentence = "统一社会信用代码 {credit_code} 的单位已经登记，请在单位列表中打开它。"


class LabelTaken(Conflict):
    code = "label_taken"
    sentence = "访问地址「{label}」已被使用，请换一个。"


class RegisteredElsewhere(Conflict):
    code = "unit_registered_in_another_cell"
    sentence = "信用代码 {credit_code} 的单位已在分区「{cell}」登记，请到该分区的控制台办理。"


class LabelMalformed(Invalid):
    code = "label_malformed"
    sentence = "访问地址用 2 到 30 个小写字母、数字或连字符，以字母开头，不以连字符结尾。"


class UnitNameInvalid(Invalid):
    code = "unit_name_invalid"
    sentence = "请填写单位名称（2 到 60 个字）。"


class UnitClosed(Conflict):
    code = "unit_closed"
    sentence = "「{unit}」已注销，不能再修改。"


class LabelReserved(Invalid):
    code = "label_reserved"
    sentence = "「{label}」是平台保留的地址，请换一个。"


def register(
    *,
    name: str,
    label: str,
    credit_code: str,
    region_code: str,
    bank_branch: str = "",
    profile: str = UnitProfile.ENTERPRISE,
    now: dt.datetime,
) -> Unit:
    """Writes a unit into the directory as a draft that answers nobody.

    It is given a schema from the pool; without one its schema is made when it is opened.  Its
    names are taken in the directory of all cells before anything is written.
    Raises UnitAlreadyRegistered, LabelTaken, LabelReserved, RegisteredElsewhere, ControlSilent.
    """
    if faces.is_reserved(label):
        raise LabelReserved(label=label)
    try:
        with transaction.atomic():
            _take_names(label=label, credit_code=credit_code, now=now)
            unit = Unit(
                name=name,
                label=label,
                credit_code=credit_code,
                region_code=region_code,
                bank_branch=bank_branch,
                profile=profile,
                **_schema(),
            )
            unit.save(force_insert=True)
            keys.make(unit_ids=[unit.id])
            Domain.objects.create(
                tenant=unit, domain=f"{label}.{settings.BASE_DOMAIN}", is_primary=True
            )
    except IntegrityError as clash:
        known = Unit.objects.exclude(state=UnitState.CLOSED)
        if known.filter(credit_code=credit_code).exists():
            raise UnitAlreadyRegistered(credit_code=credit_code) from clash
        if not selectors.label_is_free(label):
            raise LabelTaken(label=label) from clash
        raise
    return unit


def _take_names(*, label: str, credit_code: str, now: dt.datetime) -> None:
    """Makes both names this cell's.  Raises LabelTaken, RegisteredElsewhere, ControlSilent."""
    try:
        names.claim(label=label, credit_code=credit_code, now=now)
    except names.NameElsewhere as held:
        if held.data["kind"] == NameKind.LABEL:
            raise LabelTaken(label=label) from held
        raise RegisteredElsewhere(credit_code=credit_code, cell=held.data["cell"]) from held


def _schema() -> dict[str, Any]:
    """The id and the schema of the new unit; a clash gives a ready one back to the pool."""
    ready = pool.claim()
    if ready is None:
        unit_id = uuid7()
        return {"id": unit_id, "schema_name": schema_name_of(unit_id)}
    return {
        "id": ready.pk,
        "schema_name": ready.schema_name,
        "schema_version": ready.schema_version,
    }


def checked_label(text: str) -> str:
    """The label in small letters; raises LabelMalformed."""
    label = text.strip().lower()
    if not 2 <= len(label) <= 30 or not _LABEL.fullmatch(label):
        raise LabelMalformed
    return label


def rename(*, unit: Unit, name: str) -> None:
    """Gives the unit another name; its address, schema and keys stay.

    What was issued under the old name keeps it: receipts and certificates are copies.
    Raises UnitNameInvalid, UnitClosed.
    """
    name = re.sub(r"\s+", "", name)
    if not 2 <= len(name) <= 60:
        raise UnitNameInvalid
    with transaction.atomic():
        held = _lock(unit)
        held.name = name
        held.save(update_fields=["name"])
    unit.name = name


def relocate(*, unit: Unit, label: str, now: dt.datetime) -> None:
    """Gives the unit another address.  The old one tells for 30 days where the unit is now and
    is nobody else's until then; an address of its own that was given up may be taken back.

    Sessions do not follow: a cookie belongs to the host it was set by.  Raises LabelMalformed,
    LabelReserved, LabelTaken, UnitClosed, ControlSilent.
    """
    label = checked_label(label)
    if faces.is_reserved(label):
        raise LabelReserved(label=label)
    host = f"{label}.{settings.BASE_DOMAIN}"
    try:
        with transaction.atomic():
            held = _lock(unit)
            _take_names(label=label, credit_code=held.credit_code, now=now)
            Domain.objects.filter(tenant=held, domain=host, retired_at__isnull=False).delete()
            Domain.objects.filter(tenant=held, retired_at=None).update(
                retired_at=now, is_primary=False
            )
            Domain.objects.create(tenant=held, domain=host, is_primary=True)
            held.label = label
            held.save(update_fields=["label"])
    except IntegrityError as clash:
        raise LabelTaken(label=label) from clash
    unit.label = label


def release_addresses(*, now: dt.datetime) -> int:
    """Lets go of addresses that were given up more than 30 days ago; returns how many."""
    before = now - dt.timedelta(days=GRACE_DAYS)
    return Domain.objects.filter(retired_at__lte=before).delete()[0]


def _lock(unit: Unit) -> Unit:
    held = Unit.objects.select_for_update().get(pk=unit.pk)
    if held.state == UnitState.CLOSED:
        raise UnitClosed(unit=held.name)
    return held
