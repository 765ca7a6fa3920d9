"""Transfers as pages show them: words, states, marks of time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from kernel.clock import Month
from shared_apps.rules.selectors import codes
from tenant_apps.organizations import selectors as organizations
from tenant_apps.transfers.models import TRAVELLING, Handover, Kind, Side, State
from tenant_apps.transfers.selectors.machine import LETTERED
from tenant_apps.transfers.selectors.validity import days_left, warning

_MARKS = {
    State.DRAFT: "draft", State.SUBMITTED: "pending", State.CLOSED: "done",
    State.WITHDRAWN: "undone", State.REJECTED: "refused", State.EXPIRED: "expired",
    State.RETURNED: "refused",
}  # fmt: skip
_PERSON = {
    "identity": "公民身份号码", "phone": "手机号码", "birth_on": "出生日期", "ethnicity": "民族",
    "education": "学历", "workplace": "工作单位", "joined_on": "入党日期", "full_on": "转正日期",
    "probation_until": "预备期至",
}  # fmt: skip


def mark(handover: Handover) -> str:
    """The mark of a state in the design system; what is on its way is neither good nor bad."""
    return _MARKS.get(State(handover.state), "processing")


def names_of(handovers: Sequence[Handover]) -> dict[Any, str]:
    """The names of the unit's own organisations that the rows are about, by id."""
    ids = {one.org_id for one in handovers} | {one.to_id for one in handovers if one.to_id}
    found = organizations.organizations_by_id(list(ids))
    return {pk: org.short_name or org.name for pk, org in found.items()}


def rows(handovers: Sequence[Handover], *, today: dt.date) -> list[dict[str, Any]]:
    """Lines of a list: from where to where, and how long the letter is good."""
    names = names_of(handovers)
    return [
        {
            "handover": one,
            "source": source_of(one, names),
            "target": target_of(one, names),
            "state": State(one.state).label,
            "mark": mark(one),
            "left": left_text(one, today),
            "left_tone": left_tone(one, today),
        }
        for one in handovers
    ]


def source_of(handover: Handover, names: dict[Any, str]) -> str:
    own = names.get(handover.org_id, "")
    return handover.other_name if handover.side == Side.IN else own


def target_of(handover: Handover, names: dict[Any, str]) -> str:
    if handover.side == Side.OUT:
        return handover.other_name
    return names.get(handover.to_id or handover.org_id, "")


def left_text(handover: Handover, today: dt.date) -> str:
    """How many days a letter that is out is still good for."""
    if handover.state not in TRAVELLING or handover.valid_until is None:
        return ""
    left = days_left(handover.valid_until, today)
    if left < 0:
        return f"逾期 {-left} 天"
    return "今天到期" if left == 0 else f"剩 {left} 天"


def left_tone(handover: Handover, today: dt.date) -> str:
    step = warning(handover.valid_until, today) if handover.state in TRAVELLING else None
    return {None: "mute", 0: "late"}.get(step, "warn")


def month_label(value: int | None) -> str:
    return Month(value).label if value else ""


def pairs(handover: Handover) -> list[tuple[str, str]]:
    """What is known about the transfer itself."""
    names = names_of([handover])
    reason = codes.table("transfer_reason").label_of(handover.reason) if handover.reason else ""
    found = [
        ("类别", Kind(handover.kind).label + ("（整建制）" if handover.is_whole else "")),
        ("转出党组织", source_of(handover, names)),
        ("接收党组织", target_of(handover, names)),
        ("转接原因", reason),
        ("党费交至", month_label(handover.paid_to)),
        ("欠交说明", handover.arrears_note),
        ("随转材料", "、".join(handover.papers)),
        ("随转信息", "、".join(handover.preview.get("carried", ()))),
        ("备注", handover.note),
        ("提交人", handover.submitted_by_name),
        ("审批人", handover.decided_by_name),
        ("办理结果", handover.outcome),
    ]
    if handover.kind in LETTERED:
        found[3:3] = [
            ("介绍信编号", handover.letter),
            ("开具日期", f"{handover.issued_on:%Y-%m-%d}" if handover.issued_on else ""),
            ("有效期至", f"{handover.valid_until:%Y-%m-%d}" if handover.valid_until else ""),
        ]
    return [(label, value) for label, value in found if value]


def preview_pairs(handover: Handover) -> list[tuple[str, str]]:
    """Who comes, masked, before anybody accepts."""
    shown = handover.preview
    known = [(label, str(shown[key])) for key, label in _PERSON.items() if shown.get(key)]
    gender = {"M": "男", "F": "女"}.get(shown.get("gender", ""), "")
    place = " · ".join(filter(None, [shown.get("from_unit"), shown.get("from_branch")]))
    return [
        *((("原所在支部", place),) if place else ()),
        *((("性别", gender),) if gender else ()),
        *known,
    ]
