"""A member's file as it goes to another unit: opened here, sealed there (rulebook 12.2)."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from kernel.masks import masked
from tenant_apps.members.services import carrying, sealing
from tenant_apps.members.services.newcomers import NewMember

_NUMBERS: Final = ("identity", "phone")
_SHOWN: Final = (
    "gender", "ethnicity", "birth_on", "education", "joined_on", "full_on", "probation_until",
    "workplace", "party_age_adjust_months",
)  # fmt: skip
_DATES: Final = ("_on", "_until", "_since")


def packed(member: Any) -> dict[str, Any]:
    """Everything that the next unit needs to go on with the file, as JSON holds it: the person,
    the extended sets and the photo (``carried``).
    """
    person = {
        field.name: _plain(getattr(member, field.name))
        for field in fields(NewMember)
        if field.name not in _NUMBERS
    }
    person["identity"] = sealing.open_identity(member.identity_sealed)
    person["phone"] = sealing.open_phone(member.phone_sealed) if member.phone_sealed else ""
    person["carried"] = carrying.packed(member)
    return person


def unpacked(person: Mapping[str, Any]) -> NewMember:
    """The file as this unit takes it in; what it does not know of is left out."""
    known = {field.name for field in fields(NewMember)}
    return NewMember(**{key: _read(key, value) for key, value in person.items() if key in known})


def preview(person: Mapping[str, Any]) -> dict[str, Any]:
    """What may be seen before the person is accepted: numbers masked."""
    shown = {key: person[key] for key in _SHOWN if person.get(key)}
    return shown | {
        "carried": carrying.told(person.get("carried", {})),
        "identity": masked(str(person.get("identity", ""))),
        "phone": masked(str(person.get("phone", ""))),
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _read(key: str, value: Any) -> Any:
    return dt.date.fromisoformat(value) if value and key.endswith(_DATES) else value


def packed_person(person: NewMember) -> dict[str, Any]:
    """The same for somebody whom a paper letter names."""
    return {field.name: _plain(getattr(person, field.name)) for field in fields(NewMember)}


def as_text(person: Mapping[str, Any]) -> str:
    return json.dumps(person, ensure_ascii=False)


def from_text(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found
