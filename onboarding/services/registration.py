"""Registering a client unit: the directory entry, the agreement, the contact (rulebook M1)."""

from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.crypto import platform_cipher
from kernel.errors import Conflict, Invalid, NotFound
from kernel.masks import masked
from onboarding import selectors
from onboarding.models import Opening, RegistrationDraft
from onboarding.services import credit_codes, timeline
from tenants import regions
from tenants.models import UnitProfile
from tenants.services import units

_MOBILE: Final = re.compile(r"1[3-9]\d{9}")


class UnitNameMissing(Invalid):
    code = "unit_name_missing"
    sentence = "请填写单位名称（2 到 60 个字）。"


class PhoneInvalid(Invalid):
    code = "contact_phone_invalid"
    sentence = "联系人手机号应为 11 位数字，例如 13800001234。"


class AgreementPeriod(Invalid):
    code = "agreement_period"
    sentence = "协议到期日必须晚于签订日。"


class UnknownProfile(Invalid):
    code = "unit_profile_unknown"
    sentence = "没有「{profile}」这种单位类型，请从{choices}中选择。"


class AlreadyRegistered(Conflict):
    code = "unit_registered_by"
    sentence = "「{unit}」已由 {officer} 登记，请到该单位的页面继续。"


class UnknownDraft(NotFound):
    code = "draft_unknown"
    sentence = "这份草稿不存在或已经提交。"


@dataclass(frozen=True, slots=True)
class Registration:
    """What the outreach officer fills in."""

    name: str
    credit_code: str
    region_code: str
    label: str
    contact_name: str
    contact_phone: str
    agreed_on: dt.date
    agreement_ends_on: dt.date
    bank_branch: str
    profile: str = UnitProfile.ENTERPRISE


def register(*, registration: Registration, actor: Actor, now: dt.datetime) -> Opening:
    """Writes the unit as a draft that answers nobody, with its agreement and contact.

    Raises CreditCodeMalformed, CreditCodeCheckDigit, UnknownRegion, LabelMalformed, LabelTaken,
    LabelReserved, PhoneInvalid, AgreementPeriod, UnknownProfile; AlreadyRegistered says by whom
    and where.
    """
    checked = _checked(registration)
    try:
        with transaction.atomic():
            unit = units.register(
                name=checked.name,
                label=checked.label,
                credit_code=checked.credit_code,
                region_code=checked.region_code,
                bank_branch=checked.bank_branch,
                profile=checked.profile,
                now=now,
            )
            opening = _opening(unit.id, checked, actor, now)
            timeline.record(
                "unit.registered", unit_id=unit.id, actor=actor, now=now, label=unit.label
            )
    except units.UnitAlreadyRegistered as clash:
        held = registered_as(checked.credit_code)
        if held is None:
            raise
        raise AlreadyRegistered(
            unit=held.unit.name, officer=held.officer_name, unit_id=str(held.unit_id)
        ) from clash
    return opening


def save_draft(
    *, content: dict[str, Any], draft_id: UUID | None, actor: Actor, now: dt.datetime
) -> RegistrationDraft:
    """Keeps an unfinished form, sealed, for the officer who fills it in."""
    sealed = platform_cipher().seal(json.dumps(content), column="draft.content")
    if draft_id is not None:
        kept = draft_for(actor, draft_id)
        kept.content_sealed, kept.saved_at = sealed, now
        kept.save(update_fields=["content_sealed", "saved_at"])
        return kept
    return RegistrationDraft.objects.create(
        officer_id=actor.person_id, content_sealed=sealed, saved_at=now
    )


def draft_for(actor: Actor, draft_id: UUID) -> RegistrationDraft:
    """An officer's own draft; raises UnknownDraft."""
    kept = selectors.drafts_of(actor).filter(pk=draft_id).first()
    if kept is None:
        raise UnknownDraft
    return kept


def content_of(draft: RegistrationDraft) -> dict[str, Any]:
    """What stood in the form."""
    opened = platform_cipher().open(draft.content_sealed, column="draft.content")
    content: dict[str, Any] = json.loads(opened)
    return content


def discard_draft(*, draft_id: UUID, actor: Actor) -> None:
    draft_for(actor, draft_id).delete()


def contact_of(opening: Opening) -> tuple[str, str]:
    """Name and phone of the unit's contact, in the clear: for the invitation."""
    cipher = platform_cipher()
    return (
        cipher.open(opening.contact_name_sealed, column="opening.contact_name"),
        cipher.open(opening.contact_phone_sealed, column="opening.contact_phone"),
    )


def _checked(given: Registration) -> Registration:
    name = re.sub(r"\s+", "", given.name)
    if not 2 <= len(name) <= 60:
        raise UnitNameMissing
    phone = re.sub(r"[\s-]", "", given.contact_phone)
    if not _MOBILE.fullmatch(phone):
        raise PhoneInvalid
    if given.agreement_ends_on <= given.agreed_on:
        raise AgreementPeriod
    return Registration(
        name=name,
        credit_code=credit_codes.checked(given.credit_code),
        region_code=_region(given),
        label=units.checked_label(given.label),
        contact_name=given.contact_name.strip(),
        contact_phone=phone,
        agreed_on=given.agreed_on,
        agreement_ends_on=given.agreement_ends_on,
        bank_branch=given.bank_branch.strip(),
        profile=_profile(given.profile),
    )


def _profile(given: str) -> str:
    if given not in UnitProfile.values:
        raise UnknownProfile(profile=given, choices="、".join(UnitProfile.labels))
    return given


def _region(given: Registration) -> str:
    """A provisional code has no region, and nothing else may have none."""
    if given.region_code == credit_codes.PROVISIONAL_REGION == given.credit_code[2:8]:
        return given.region_code
    return regions.checked(given.region_code)


def _opening(unit_id: UUID, checked: Registration, actor: Actor, now: dt.datetime) -> Opening:
    cipher = platform_cipher()
    return Opening.objects.create(
        unit_id=unit_id,
        officer_id=actor.person_id,
        officer_name=actor.name,
        contact_name_sealed=cipher.seal(checked.contact_name, column="opening.contact_name"),
        contact_phone_sealed=cipher.seal(checked.contact_phone, column="opening.contact_phone"),
        contact_phone_masked=masked(checked.contact_phone),
        agreed_on=checked.agreed_on,
        agreement_ends_on=checked.agreement_ends_on,
        is_provisional=credit_codes.is_provisional(checked.credit_code),
        registered_at=now,
    )


def registered_as(credit_code: str) -> Opening | None:
    """The opening of the unit with that code, whoever registered it."""
    return Opening.objects.select_related("unit").filter(unit__credit_code=credit_code).first()
