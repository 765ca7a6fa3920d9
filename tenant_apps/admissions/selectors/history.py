"""What happened to a case, told from the record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared_apps.rules.selectors.admission_packs import admission_pack_named
from tenant_apps.admissions.models import Case, NoteKind, State
from tenant_apps.audit import selectors as audit

_WHAT: Final[Mapping[str, str]] = {
    "admission.opened": "接收了入党申请",
    "admission.corrected": "更正了个人信息",
    "admission.step_done": "办理了",
    "admission.step_failed": "办理未通过：",
    "admission.step_submitted": "提交审批：",
    "admission.notice_begun": "开始公示：",
    "admission.notice_ended": "办结公示：",
    "admission.step_taken_back": "撤回了",
    "admission.decided": "审批：",
    "admission.note_added": "记录了",
    "admission.note_struck": "移除了",
    "admission.paper_added": "上传了材料",
    "admission.paper_struck": "移除了材料",
    "admission.closed": "结束了发展党员工作：",
    "admission.moved": "移交了材料",
    "admission.revealed": "查看了完整的",
    "admission.activated": "首次登录手机端",
    "admission.left": "因离开本单位结束了发展党员工作",
    "admission.reopened": "恢复了发展党员工作：撤销了离开本单位的变动",
    "admission.entered": "将其登记为党员，发展党员工作随之结束",
    "admission.entry_undone": "恢复了发展党员工作：撤销了党员登记",
    "admission.set_back": "撤销了党员变动，退回到",
    "admission.texted": "发送了短信：",
}
_MESSAGES: Final = {
    "received": "收到申请书的回执", "invited": "邀请本人登录手机端", "notice": "提醒查看通知",
}  # fmt: skip
_MASKED: Final = {"identity": "身份证号", "phone": "手机号码"}
_TONES: Final = {
    "admission.step_done": "ok", "admission.decided": "ok", "admission.step_failed": "late",
    "admission.step_taken_back": "now", "admission.set_back": "now",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line, with the names that the timeline component reads."""

    at: dt.datetime
    title: str
    text: str
    tone: str = ""


def history_of(case: Case, *, limit: int = 40) -> list[HistoryEntry]:
    """The newest entries of a case's history."""
    return [
        HistoryEntry(
            at=event.at,
            title=f"{_who(case, event)}{_WHAT.get(event.code, '做了其他操作')}"
            + _object(event.data),
            text=_details(event.data),
            tone=_TONES.get(event.code, ""),
        )
        for event in audit.events_about(case.pk)[:limit]
    ]


def _who(case: Case, event: Any) -> str:
    """Who did it; at the first sign-in nobody is known yet but the person of the case."""
    if event.code == "admission.activated":
        return case.name
    return str(event.actor_name or "系统")


def _object(data: Mapping[str, Any]) -> str:
    if "act" in data:
        act = admission_pack_named(data["version"]).acts.get(data["act"])
        return f"「{act.name}」" if act else ""
    if "kind" in data:
        return NoteKind(data["kind"]).label
    if "message" in data:
        return _MESSAGES.get(data["message"], "提醒查看审批结果")
    if "what" in data:
        return _MASKED.get(data["what"], "")
    return State(data["state"]).label if "state" in data else ""


def _details(data: Mapping[str, Any]) -> str:
    told = []
    if "verdict" in data:
        told.append({"AGREE": "同意", "RETURN": "退回补充", "REFUSE": "不同意"}[data["verdict"]])
    if "on" in data:
        told.append(f"日期 {data['on']}")
    if data.get("reason"):
        told.append(f"原因：{data['reason']}")
    if "new_org_name" in data:
        told.append(f"{data['old_org_name']} → {data['new_org_name']}")
    return "；".join(told)
