"""What happened to an organisation, told from the record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tenant_apps.audit import selectors as audit
from tenant_apps.organizations.models import Kind, Organization

_WHAT: Final[Mapping[str, str]] = {
    "organization.created": "新建了这个组织",
    "organization.revised": "修改了组织信息",
    "organization.moved": "移动了这个组织",
}
_FIELDS: Final[Mapping[str, str]] = {
    "name": "名称", "short_name": "简称", "kind": "类型", "code": "组织编码",
    "founded_on": "成立日期", "term_ends_on": "任期届满",
}  # fmt: skip
_VALUES: Final[Mapping[str, str]] = {**dict(Kind.choices), "": "（空）"}


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
    return lines


def _shown(value: object) -> str:
    text = "" if value is None else str(value)
    return _VALUES.get(text, text)
