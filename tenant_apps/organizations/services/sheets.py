"""What an organisation's sheet holds (rulebook 8.3), and how it becomes columns."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import Any, Final

from kernel import pinyin
from kernel.crypto import unit_cipher
from kernel.errors import Invalid
from kernel.masks import masked
from shared_apps.rules.selectors import codes
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.selectors import rules
from tenant_apps.organizations.selectors.contacts import PHONE

_PHONE_LENGTH: Final = 20


class TemporaryNeeds(Invalid):
    code = "organization_temporary_needs"
    sentence = "临时党组织由上级指派书记，并有设立期限：请填写{what}。"


class SituationUnknown(Invalid):
    code = "organization_situation_unknown"
    sentence = "没有编号为「{given}」的所在单位情况。"


class PhoneNotPossible(Invalid):
    code = "organization_phone_not_possible"
    sentence = "联系电话只能由数字、空格、加号和连字符组成，最多 20 个字符。"


@dataclass(frozen=True, slots=True)
class Sheet:
    """``contact_phone`` None leaves the number as it is; pages show it masked and cannot send it
    back.  ``temporary_until`` and ``appointed_secretary`` are for temporary bodies only.
    """

    name: str
    short_name: str
    kind: str
    code: str = ""
    founded_on: dt.date | None = None
    term_ends_on: dt.date | None = None
    national_code: str | None = None
    contact: str = ""
    contact_phone: str | None = None
    unit_situation: str = ""
    region: str = ""
    temporary_until: dt.date | None = None
    appointed_secretary: str = ""

    def checked(self) -> Sheet:
        """Raises TemporaryNeeds, SituationUnknown, PhoneNotPossible."""
        if self.kind in rules.TEMPORARY:
            needed = {"设立期限": self.temporary_until, "指派的书记": self.appointed_secretary}
            missing = [what for what, value in needed.items() if not value]
            if missing:
                raise TemporaryNeeds(what="和".join(missing))
        known = codes.table("unit_situation")
        if self.unit_situation and not known.label_of(self.unit_situation):
            raise SituationUnknown(given=self.unit_situation)
        phone = self.contact_phone or ""
        if len(phone) > _PHONE_LENGTH or set(phone) - set("0123456789+- "):
            raise PhoneNotPossible
        return self

    def columns(self) -> dict[str, Any]:
        """Values of the columns; of the phone, only when it is to be changed."""
        values = asdict(self)
        phone = values.pop("contact_phone")
        values["national_code"] = self.national_code or None
        values["name_initials"] = pinyin.initials(self.short_name or self.name)[:120]
        if self.kind not in rules.TEMPORARY:
            values |= {"temporary_until": None, "appointed_secretary": ""}
        if phone is not None:
            values |= sealed_phone(phone)
        return values


def sealed_phone(phone: str) -> dict[str, Any]:
    """The two columns of a contact's number."""
    bare = "".join(phone.split())
    blob = unit_cipher().seal(bare, column=PHONE) if bare else None
    return {"contact_phone_sealed": blob, "contact_phone_masked": masked(bare)}


def sheet_of(organization: Organization) -> Sheet:
    """The sheet as it is, the phone left alone."""
    names = [name for name in Sheet.__dataclass_fields__ if name != "contact_phone"]
    return Sheet(**{name: getattr(organization, name) for name in names})
