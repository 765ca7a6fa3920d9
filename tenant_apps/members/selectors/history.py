"""What happened to a file and who looked at it, told from the record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import Category, Member

FIELD_LABELS: Final[Mapping[str, str]] = {
    "name": "姓名", "gender": "性别", "ethnicity": "民族", "birth_on": "出生日期",
    "education": "学历", "category": "人员类别", "joined_on": "入党日期", "full_on": "转正日期",
    "posts": "党内职务", "phone": "手机号码",
}  # fmt: skip
LOOKS: Final[Mapping[str, str]] = {
    "member.identity_revealed": "查看了身份证号",
    "member.phone_revealed": "查看了手机号码",
    "members.exported_in_full": "导出了含完整身份证号的名册",
}
_LABELS: Final[Mapping[str, str]] = {
    **LOOKS,
    "member.corrected": "更正了档案",
    "member.moved": "转接了组织关系",
    "dues_standard.fixed": "核定了党费标准",
    "dues_standard.changed": "变更了党费标准",
}
_TONES: Final[Mapping[str, str]] = {"member.corrected": "ok", "member.moved": "now"}
_VALUES: Final[Mapping[str, str]] = {**dict(Category.choices), "M": "男", "F": "女", "": "（空）"}


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line: when, who, what, and the details worth reading."""

    at: dt.datetime
    who: str
    what: str
    details: tuple[str, ...]
    tone: str = ""


def history_of(member: Member, *, limit: int = 50) -> list[HistoryEntry]:
    """The newest entries of a file's history."""
    events = audit.events_about(member.pk)[:limit]
    return [_entry(event) for event in events]


def looks_at(member: Member, *, limit: int = 50) -> list[HistoryEntry]:
    """Who saw unmasked values of this file, newest first: what the member may ask to know."""
    events = audit.events_about(member.pk).filter(code__in=LOOKS)[:limit]
    return [_entry(event) for event in events]


def _entry(event: Any) -> HistoryEntry:
    return HistoryEntry(
        at=event.at,
        who=event.actor_name or "系统",
        what=_LABELS.get(event.code, "其他操作"),
        details=tuple(_details(event.data)),
        tone=_TONES.get(event.code, ""),
    )


def _details(data: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{FIELD_LABELS.get(field, field)}：{_shown(old)} → {_shown(new)}"
        for field, (old, new) in data.get("changes", {}).items()
    ]
    if "new_org_name" in data:
        lines.append(f"{data.get('old_org_name', '')} → {data['new_org_name']}")
    if data.get("reason"):
        lines.append(f"事由：{data['reason']}")
    return lines


def _shown(value: object) -> str:
    text = "" if value is None else str(value)
    return _VALUES.get(text, text)
