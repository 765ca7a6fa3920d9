"""What happened to a file and who looked at it, told from the record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import EntryKind, Member
from tenant_apps.members.selectors.entries import shown_value
from tenant_apps.members.selectors.entry_sets import SETS, EntrySet
from tenant_apps.members.selectors.fields import BY_KEY

_NOTHING: Final = "（空）"

LOOKS: Final[Mapping[str, str]] = {
    "member.file_opened": "查看了档案",
    "member.file_printed": "打印了党员信息表",
    "member.identity_revealed": "查看了身份证号",
    "member.phone_revealed": "查看了手机号码",
    "member.address_revealed": "查看了现居住地",
    "member.relative_revealed": "查看了亲属的号码",
    "members.exported_in_full": "导出了含完整身份证号的名册",
}
_LABELS: Final[Mapping[str, str]] = {
    **LOOKS,
    "member.corrected": "更正了档案",
    "member.posts_changed": "更新了党内职务",
    "member.moved": "转接了组织关系",
    "member.grouped": "调整了党小组",
    "member.entered": "登记了增加",
    "member.left": "登记了减少",
    "member.converted": "登记了转正",
    "member.extended": "登记了延长预备期",
    "member.restored": "登记了恢复党籍",
    "member.change_undone": "撤销了一次变动",
    "member.entry_added": "新增了扩展信息",
    "member.entries_carried": "随组织关系转入了扩展信息",
    "member.entry_changed": "修改了扩展信息",
    "member.entry_struck": "划去了扩展信息",
    "member.entry_restored": "恢复了扩展信息",
    "member.scan_added": "上传了扩展信息的附件",
    "member.scan_struck": "移除了扩展信息的附件",
    "member.photo_put": "更换了照片",
    "member.photo_removed": "移除了照片",
    "member.card_printed": "打印了党员证",
    "member.correction_asked": "申请了更正",
    "member.correction_accepted": "采纳了更正申请",
    "member.correction_refused": "未采纳更正申请",
    "member.correction_withdrawn": "撤回了更正申请",
    "dues_standard.fixed": "核定了党费标准",
    "dues_standard.changed": "变更了党费标准",
}
_TONES: Final[Mapping[str, str]] = {"member.corrected": "ok", "member.moved": "now"}


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
    named = _set_of(data)
    lines = [f"{named.label}"] if named else []
    for field, (old, new) in data.get("changes", {}).items():
        label, shown = _words(named, field)
        lines.append(f"{label}：{shown(old) or _NOTHING} → {shown(new) or _NOTHING}")
    if "new_org_name" in data:
        lines.append(f"{data.get('old_org_name', '')} → {data['new_org_name']}")
    if data.get("field") in BY_KEY:
        lines.append(BY_KEY[data["field"]].label)
    if data.get("reason"):
        lines.append(f"事由：{data['reason']}")
    if data.get("ended"):
        lines.append(f"同时结束：{'、'.join(data['ended'])}")
    if data.get("left"):
        lines.append(f"须另行处理：{'；'.join(data['left'])}")
    if data.get("answer"):
        lines.append(f"答复：{data['answer']}")
    return lines


def _set_of(data: Mapping[str, Any]) -> EntrySet | None:
    """The extended set that a line is about."""
    kind = data.get("kind") if "entry" in data else data.get("field")
    return SETS[EntryKind(kind)] if kind in EntryKind.values else None


def _words(named: EntrySet | None, key: str) -> tuple[str, Callable[[Any], str]]:
    """What a field is called, and how its values are written."""
    if named is not None:
        label, field = named.label_of(key)
        return label, lambda value: shown_value(field, value) if field else str(value or "")
    if key in BY_KEY:
        return BY_KEY[key].label, BY_KEY[key].shown
    return key, lambda value: "" if value is None else str(value)
