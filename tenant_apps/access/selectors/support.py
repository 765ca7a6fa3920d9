"""What the unit's own record says of a support access."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tenant_apps.audit.selectors import Recorded, events_of_support

_MOST: Final = 500
_STEPS: Final = {
    "support.asked": ("提出申请", "now"),
    "support.withdrawn": ("撤回申请", ""),
    "support.expired": ("逾期未答复，申请失效", ""),
    "support.accepted": ("同意访问", "ok"),
    "support.refused": ("拒绝访问", "late"),
    "support.entered": ("进入单位", "now"),
    "support.looked": ("查看", ""),
    "support.changed": ("提交", "late"),
    "support.denied": ("被阻止", "late"),
    "support.ended": ("访问结束", "ok"),
}
_PLACES: Final = (
    ("/support/visit/", "访问说明"),
    ("/api/", "接口"),
    ("/organizations/", "组织架构"),
    ("/members/", "党员名册"),
    ("/dues/receipts/", "党费收据"),
    ("/dues/checks/", "账目核对"),
    ("/dues/", "收缴台账"),
    ("/rules/", "党费规则"),
)


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the record: when, what, where."""

    at: dt.datetime
    title: str
    text: str
    tone: str


def acts_under(access_id: UUID) -> list[Act]:
    """Everything about one access, newest first; what services wrote as well."""
    return [_act(event) for event in events_of_support(access_id)[:_MOST]]


def _act(event: Recorded) -> Act:
    title, tone = _STEPS.get(event.code, ("修改", "late"))
    path = event.data.get("path", "")
    if path:
        place = next((label for prefix, label in _PLACES if path.startswith(prefix)), "")
        return Act(event.at, f"{title}{place and f'「{place}」'}", path, tone)
    if event.code not in _STEPS:
        return Act(event.at, title, event.code, tone)
    return Act(event.at, title, event.actor_name, tone)
