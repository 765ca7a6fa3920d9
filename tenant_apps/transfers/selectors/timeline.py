"""What happened to a transfer, told from the record."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from tenant_apps.audit import selectors as audit
from tenant_apps.transfers.models import Handover
from tenant_apps.transfers.selectors.machine import ONLINE

_LABELS: Final = {
    "transfer.drafted": ("发起转接", ""),
    "transfer.registered": ("登记纸质介绍信，提交审批", ""),
    "transfer.submitted": ("提交党委审批", ""),
    "transfer.approved": ("党委批准", "ok"),
    "transfer.rejected": ("党委未批准", "late"),
    "transfer.dispatched": ("介绍信已交本人", ""),
    "transfer.arrived": ("收到对方单位发来的介绍信", ""),
    "transfer.accepted": ("接收方党委同意接收", "ok"),
    "transfer.refused": ("接收方不予接收", "late"),
    "transfer.placed": ("编入支部", "ok"),
    "transfer.given_back": ("接收方退回", "late"),
    "transfer.receipt_returned": ("回执返回", "ok"),
    "transfer.closed": ("办结归档", "ok"),
    "transfer.withdrawn": ("撤回", "late"),
    "transfer.reopened": ("党员变动已撤销，继续办理", ""),
    "transfer.expired": ("介绍信逾期作废", "late"),
    "transfer.reissued": ("重新开具介绍信", ""),
    "transfer.reminded": ("短信提醒本人", ""),
    "transfer.message_late": ("对方的消息在办结后到达，未作处理", ""),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line, in the form of the time line of the design system."""

    at: dt.datetime
    title: str
    text: str
    tone: str


def timeline(handover: Handover) -> list[Line]:
    """Newest first; of the other unit nobody's name but what its message says."""
    is_online = handover.kind in ONLINE
    return [_line(event, is_online) for event in audit.events_about(handover.pk)[:100]]


def _line(event: Any, is_online: bool) -> Line:
    label, tone = _LABELS.get(event.code, ("其他操作", ""))
    if is_online and event.code == "transfer.dispatched":
        label = "介绍信已送达对方单位"
    texts = [event.data.get("note", ""), event.data.get("letter", "")]
    who = event.actor_name if event.actor_kind == "person" else ""
    return Line(event.at, label, " · ".join(filter(None, [who, *texts])), tone)
