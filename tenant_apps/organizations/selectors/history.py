"""What happened to an organisation, told from the record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared_apps.rules.selectors import codes
from tenant_apps.audit import selectors as audit
from tenant_apps.organizations.models import Kind, Organization

_WHAT: Final[Mapping[str, str]] = {
    "organization.created": "新建了这个组织",
    "organization.revised": "修改了组织信息",
    "organization.moved": "移动了这个组织",
    "organization.merged": "办理了合并",
    "organization.dissolved": "办理了撤销",
    "organization.split": "办理了分设",
    "organization.retyped": "改设了这个组织",
    "organization.undone": "撤回了刚才的调整",
    "organization.leader_named": "指定了党小组组长",
    "organization.paper_read": "下载了批复文件",
    "organization.phone_revealed": "查看了联系电话",
    "organization.workplace_added": "添加了所在单位",
    "organization.honoured": "登记了所受表彰",
    "organization.honour_struck": "划去了一条表彰",
    "organization.workplace_removed": "移除了所在单位",
}
_FIELDS: Final[Mapping[str, str]] = {
    "name": "名称", "short_name": "简称", "kind": "类型", "code": "组织编码",
    "founded_on": "成立日期", "term_ends_on": "任期届满", "national_code": "全国系统编码",
    "contact": "联系人", "contact_phone": "联系电话", "unit_situation": "所在单位情况",
    "region": "所在地", "temporary_until": "设立期限", "appointed_secretary": "指派的书记",
}  # fmt: skip
_VALUES: Final[Mapping[str, str]] = {
    **dict(Kind.choices),
    **dict(codes.table("unit_situation").choices),
    "": "（空）",
}


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line, with the names that the timeline component reads."""

    at: dt.datetime
    title: str
    text: str
    tone: str = ""


def history_of(organization: Organization, *, limit: int = 30) -> list[HistoryEntry]:
    """The newest entries of an organisation's history."""
    return [
        HistoryEntry(
            at=event.at,
            title=f"{event.actor_name or '系统'}{_WHAT.get(event.code, '做了其他操作')}",
            text="；".join(_details(event.data)),
            tone="now" if event.code == "organization.moved" else "",
        )
        for event in audit.events_about(organization.pk)[:limit]
    ]


def _details(data: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{_FIELDS.get(field, field)}：{_shown(old)} → {_shown(new)}"
        for field, (old, new) in data.get("changes", {}).items()
    ]
    if "new_parent_name" in data:
        lines.append(f"移到「{data['new_parent_name']}」之下")
    if data.get("source_name") and data.get("target_name"):
        lines.append(f"「{data['source_name']}」→「{data['target_name']}」")
    if data.get("workplace") or "credit_code" in data:
        lines.append(str(data.get("name", "")))
    told = (("reason", "原因"), ("document", "文号"))
    return lines + [f"{label}：{data[key]}" for key, label in told if data.get(key)]


def _shown(value: object) -> str:
    text = "" if value is None else str(value)
    return _VALUES.get(text, text)
