"""Correcting an organisation's sheet, and the units behind it."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict, Invalid
from tenant_apps.audit.services import record
from tenant_apps.organizations.models import Organization, TurnKind, Workplace
from tenant_apps.organizations.selectors import headcounts, rules
from tenant_apps.organizations.services.refusals import (
    HoldsNoMembers,
    refusal_of,
    refuse_children,
    refuse_kind,
    refuse_too_few,
)
from tenant_apps.organizations.services.rehanging import locked
from tenant_apps.organizations.services.sheets import Sheet, sheet_of
from tenant_apps.organizations.services.turns import Act, Decision, state_of

_SEALED: Final = "contact_phone_sealed"
_CREDIT_SET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


class WorkplaceTaken(Conflict):
    code = "workplace_taken"
    sentence = "「{name}」已在这个党组织的所在单位中。"


class CreditCodeWrong(Invalid):
    code = "credit_code_wrong"
    sentence = "统一社会信用代码 {given} 不正确，请对照证照逐位核对（18 位）。"


@transaction.atomic
def revise(
    *,
    organization: Organization,
    sheet: Sheet,
    on: dt.date | None = None,
    document: str = "",
    actor: Actor,
    now: dt.datetime,
) -> Organization:
    """Changes the sheet; the record keeps old and new values, history a new name or type.

    ``on`` is the day from which the new name or type holds, today if it is not given.  Nothing
    changed, nothing recorded.  Raises KindDoesNotFit, HoldsNoMembers and TooFewFullMembers for a
    type that cannot be, TemporaryNeeds, NameTaken, CodeTaken, DayNotPossible.
    """
    (organization,) = locked(organization)
    act = Act(Decision(on or day_of(now), "修改组织信息", document), actor=actor, now=now)
    if sheet.kind != organization.kind:
        _refuse_type(organization, sheet, document)
    old, before = sheet_of(organization), state_of(organization)
    columns = sheet.checked().columns()
    changes = {
        field: [_plain(getattr(old, field)), _plain(columns[field])]
        for field in Sheet.__dataclass_fields__
        if field != "contact_phone" and getattr(old, field) != columns[field]
    }
    if _SEALED in columns:
        masks = [organization.contact_phone_masked, columns["contact_phone_masked"]]
        changes |= {"contact_phone": masks} if sheet.contact_phone or masks[0] else {}
    if not changes:
        return organization
    for field, value in columns.items():
        setattr(organization, field, value)
    _save(organization)
    after = state_of(organization)
    if after != before:
        act.concerns(organization)
        act.tell(TurnKind.REVISED, organization, before=before, after=after)
        act.close()
    record(
        "organization.revised",
        actor=actor, now=now, subject_type="organization", subject_id=organization.id,
        changes=changes, document=document,
    )  # fmt: skip
    return organization


@transaction.atomic
def add_workplace(
    *,
    organization: Organization,
    name: str,
    nature: str = "",
    credit_code: str = "",
    actor: Actor,
    now: dt.datetime,
) -> Workplace:
    """Enters a unit behind an organisation; a joint branch has several (rulebook 8.3).

    Raises WorkplaceTaken, and CreditCodeWrong where the check character does not fit.
    """
    credit_code = credit_code.strip().upper()
    if credit_code and not is_credit_code(credit_code):
        raise CreditCodeWrong(given=credit_code)
    made = Workplace(
        org=organization, name=name.strip(), nature=nature.strip(), credit_code=credit_code
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as clash:
        raise WorkplaceTaken(name=made.name) from clash
    record(
        "organization.workplace_added",
        actor=actor, now=now, subject_type="organization", subject_id=organization.pk,
        workplace=str(made.pk), name=made.name,
    )  # fmt: skip
    return made


@transaction.atomic
def remove_workplace(
    *, organization: Organization, workplace_id: UUID, actor: Actor, now: dt.datetime
) -> None:
    """Takes a unit off an organisation; the record keeps its name.  Twice does it once."""
    found = Workplace.objects.filter(org=organization, pk=workplace_id).first()
    if found is None:
        return
    found.delete()
    record(
        "organization.workplace_removed",
        actor=actor, now=now, subject_type="organization", subject_id=organization.pk,
        name=found.name, nature=found.nature, credit_code=found.credit_code,
    )  # fmt: skip


def is_credit_code(text: str) -> bool:
    """Whether the last of 18 characters is the check character of the others (GB 32100-2015)."""
    if len(text) != len(_CREDIT_WEIGHTS) + 1 or set(text) - set(_CREDIT_SET):
        return False
    total = sum(
        _CREDIT_SET.index(char) * weight
        for char, weight in zip(text[:-1], _CREDIT_WEIGHTS, strict=True)
    )
    return _CREDIT_SET[-total % len(_CREDIT_SET)] == text[-1]


def _refuse_type(organization: Organization, sheet: Sheet, document: str) -> None:
    """A type entered wrongly is corrected here; people do not change places by it."""
    refuse_kind(sheet.kind, organization.parent)
    refuse_children(sheet.kind, organization)
    count = headcounts([organization.path])[organization.path]
    if count.direct and not rules.holds_members(sheet.kind):
        raise HoldsNoMembers(name=sheet.short_name, kind=_label(sheet.kind))
    refuse_too_few(sheet.name, sheet.kind, count.full, document)


def _label(kind: str) -> str:
    return str(dict(Organization._meta.get_field("kind").flatchoices)[kind])


def _save(organization: Organization) -> None:
    try:
        with transaction.atomic():
            organization.save()
    except IntegrityError as clash:
        raise refusal_of(clash, organization.name, organization.code) from clash


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.date) else value
