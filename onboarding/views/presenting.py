"""How openings are put into the words and shapes of the templates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict

from kernel.clock import BEIJING
from onboarding.models import Event, ImportState, RosterImport
from onboarding.roster.organisations import BRANCHES, COMMITTEES, OrgKind
from onboarding.roster.understanding import OrgNode
from onboarding.services.blockers import WORDS, Blocker
from onboarding.services.importing import short_name
from tenants.models import UnitState

T = TypeVar("T")
STEPS: Final = ("登记单位", "上传名册", "核对识别结果", "导入", "邀请管理员")
SIZES: Final = (20, 50, 100)
UNIT_STATES: Final[Mapping[str, tuple[str, str]]] = {
    UnitState.DRAFT: ("draft", "草稿"),
    UnitState.OPENING: ("opening", "开通中"),
    UnitState.TRIAL: ("open", "试用"),
    UnitState.LIVE: ("open", "正式"),
    UnitState.READ_ONLY: ("inactive", "只读"),
    UnitState.SUSPENDED: ("suspended", "暂停"),
    UnitState.CLOSING: ("closed", "注销中"),
    UnitState.CLOSED: ("closed", "已注销"),
}
"""State of a unit -> key of the status mark, words."""
IMPORT_STATES: Final[Mapping[str, str]] = {
    ImportState.UPLOADED: "running",
    ImportState.READING: "running",
    ImportState.REVIEW: "pending",
    ImportState.CONFIRMED: "running",
    ImportState.IMPORTING: "running",
    ImportState.DONE: "done",
    ImportState.FAILED: "failed",
    ImportState.DISCARDED: "closed",
    ImportState.UNDONE: "undone",
}
_EVENTS: Final[Mapping[str, tuple[str, str]]] = {
    "unit.registered": ("登记单位", "ok"),
    "unit.opened_in_batch": ("批量开通", "ok"),
    "roster.uploaded": ("上传名册", "now"),
    "roster.corrected": ("更正列的对应关系，重新识别", "now"),
    "roster.discarded": ("放弃名册", ""),
    "roster.failed": ("名册处理失败", "late"),
    "roster.confirmed": ("确认导入", "now"),
    "roster.resumed": ("继续导入", "now"),
    "roster.imported": ("导入完成", "ok"),
    "roster.refused_rows_taken": ("下载退回的行", ""),
    "roster.undone": ("撤销导入", "late"),
    "unit.abandoned": ("放弃开通", "late"),
    "closing.requested": ("申请注销", "late"),
    "closing.confirmed": ("复核注销，30 天后清除数据", "late"),
    "closing.called_off": ("撤回注销", "ok"),
    "administrator.invited": ("邀请首位管理员", "now"),
}


def steps(current: int, **urls: str) -> dict[str, Any]:
    """The five stages with links to those that can be gone back to (``step1=…``)."""
    return {
        "steps": [
            {"label": label, "url": urls.get(f"step{place}", "")}
            for place, label in enumerate(STEPS, start=1)
        ],
        "current": current,
    }


def moment(at: dt.datetime | None) -> str:
    """``2026-11-22 12:05`` in Beijing; a dash for none."""
    return f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M}" if at else "—"


def page_of(
    request: HttpRequest, rows: Sequence[T] | QuerySet[Any], *, count: int | None = None
) -> Page[Any]:
    """The page asked for by ``?page=`` and ``?size=``; odd numbers give the nearest one.

    ``count`` is how many ``rows`` there are, where that is known more cheaply than by them.
    """
    size = request.GET.get("size", "")
    per_page = int(size) if size.isdigit() and int(size) in SIZES else SIZES[0]
    paginator = Paginator(rows, per_page)
    if count is not None:
        paginator.count = count
    return paginator.get_page(request.GET.get("page"))


def chips(query: QueryDict, labels: Mapping[str, str]) -> list[dict[str, str]]:
    """A removable chip for each filter in force; ``labels`` maps a parameter to its words."""
    found = []
    for name, label in labels.items():
        rest = query.copy()
        rest.pop(name, None)
        rest.pop("page", None)
        found.append({"label": label, "url": f"?{rest.urlencode()}"})
    return found


def blocker_choices() -> list[tuple[str, str]]:
    return [(blocker.value, WORDS[blocker].label) for blocker in Blocker]


def entries(events: Iterable[Event]) -> list[dict[str, Any]]:
    """A time line for people."""
    return [
        {
            "at": event.at,
            "title": _EVENTS.get(event.code, (event.code, ""))[0],
            "tone": _EVENTS.get(event.code, ("", ""))[1],
            "text": "，".join(filter(None, (event.actor_name, _numbers(event.data)))),
        }
        for event in events
    ]


def tree(
    nodes: Sequence[OrgNode], members_by_org: Mapping[str, int], unit_name: str
) -> list[dict[str, Any]]:
    """The organisations nested for the tree part, with the members of each whole sub-tree."""
    children: dict[str | None, list[OrgNode]] = {}
    keys = {node.key for node in nodes}
    for node in nodes:
        parent = node.parent_key if node.parent_key in keys else None
        children.setdefault(parent, []).append(node)
    return [
        _branch(node, children, members_by_org, unit_name, 0) for node in children.get(None, [])
    ]


def _branch(
    node: OrgNode,
    children: Mapping[str | None, list[OrgNode]],
    members: Mapping[str, int],
    unit_name: str,
    depth: int,
) -> dict[str, Any]:
    below = [
        _branch(child, children, members, unit_name, depth + 1)
        for child in children.get(node.key, [])
    ]
    return {
        "label": short_name(node, unit_name),
        "kind": mark_of(node.kind),
        "count": members.get(node.key, 0) + sum(one["count"] for one in below),
        "url": "#tree",
        "children": below,
        "is_expanded": depth == 0 or (depth == 1 and len(below) <= 12),
        "flag": "名册里没有单独列出，按路径补上" if node.implied else "",
    }


def mark_of(kind: OrgKind) -> str:
    """Which of the four marks stands before an organisation's name."""
    if kind in COMMITTEES or kind in {OrgKind.LEADING_GROUP, OrgKind.DISCIPLINE_COMMITTEE}:
        return "committee"
    if kind in BRANCHES:
        return "branch"
    return "group" if kind == OrgKind.GROUP else "general"


def roster_line(row: RosterImport, filename: str) -> dict[str, Any]:
    """One roster in the unit's list."""
    return {"row": row, "filename": filename, "status": IMPORT_STATES[row.state]}


def _numbers(data: Mapping[str, Any]) -> str:
    words = {
        "accepted": "可导入 {} 人",
        "made": "新增 {} 人",
        "known": "原有 {} 人",
        "rejected": "退回 {} 行",
        "members": "移除党员 {} 人",
        "organizations": "移除组织 {} 个",
    }
    return "，".join(words[key].format(data[key]) for key in words if data.get(key))
