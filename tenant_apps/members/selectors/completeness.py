"""How complete a file is (信息完整度, rulebook 8.4): what is missing, and who fills it in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from tenant_apps.members.models import Category, EntryKind, Member
from tenant_apps.members.selectors import fields
from tenant_apps.members.selectors.fields import FIELDS

_ONLY_FULL: Final = ("full_on", "conversion")
_SETS: Final = (
    (EntryKind.EDUCATION, "学历学位经历", "本人"),
    (EntryKind.WORK, "工作经历", "本人"),
    (EntryKind.FAMILY, "家庭成员", "本人"),
)
"""Sets of which a complete file has at least one row."""


@dataclass(frozen=True, slots=True)
class Lack:
    """Something missing: its words, who fills it in, and whether the member may ask."""

    label: str
    who: str
    key: str
    may_ask: bool


@dataclass(frozen=True, slots=True)
class Completeness:
    """Of ``needed`` items so many are there."""

    needed: int
    lacking: tuple[Lack, ...]

    @property
    def score(self) -> int:
        """Whole percent, downwards: what lacks something is never at 100."""
        return 100 * (self.needed - len(self.lacking)) // self.needed

    @property
    def by_who(self) -> dict[str, list[Lack]]:
        """What is missing by who fills it in."""
        found: dict[str, list[Lack]] = {}
        for lack in self.lacking:
            found.setdefault(lack.who, []).append(lack)
        return found


def completeness_of(member: Member, *, kinds: Collection[str]) -> Completeness:
    """``kinds`` are the sets of which the file has rows.  A probationary member needs no day and
    no way of becoming full.
    """
    is_full = member.category == Category.FULL
    needed = [
        field for field in FIELDS if field.is_needed and (is_full or field.key not in _ONLY_FULL)
    ]
    lacking = [
        Lack(field.label, field.who, field.key, field.may_ask)
        for field in needed
        if not fields.value_of(member, field)
    ]
    lacking += [
        Lack(label, who, kind.value, True) for kind, label, who in _SETS if kind not in kinds
    ]
    photo = () if member.photo_key else (Lack("照片", "本人", "photo", True),)
    return Completeness(len(needed) + len(_SETS) + 1, (*lacking, *photo))
