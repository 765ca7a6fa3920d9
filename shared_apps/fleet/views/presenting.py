"""Marks, tones and choices of the operators' pages."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any, Final

from shared_apps.fleet.models import WEIGHTS, SchemaState, Trouble
from shared_apps.fleet.selectors import units
from shared_apps.fleet.selectors.units import ANY, Wanted
from shared_apps.fleet.services.lines import place
from tenants import regions
from tenants.models import UnitProfile, UnitState

SIZES: Final = (20, 50, 100, 200)
STATE_MARKS: Final[Mapping[str, str]] = {
    UnitState.DRAFT: "draft",
    UnitState.OPENING: "opening",
    UnitState.TRIAL: "open",
    UnitState.LIVE: "open",
    UnitState.READ_ONLY: "inactive",
    UnitState.SUSPENDED: "suspended",
    UnitState.CLOSING: "expired",
    UnitState.CLOSED: "closed",
}
SCHEMA_MARKS: Final[Mapping[str, str]] = {
    SchemaState.NONE: "inactive",
    SchemaState.CURRENT: "done",
    SchemaState.BEHIND: "warning",
    SchemaState.QUARANTINED: "locked",
}
TONES: Final[Mapping[str, str]] = {
    Trouble.ERRORS: "late",
    Trouble.MONEY: "late",
    Trouble.QUARANTINED: "late",
    Trouble.BEHIND: "warn",
    Trouble.BACKUP: "warn",
    Trouble.WORK: "warn",
    Trouble.DRIFT: "warn",
    Trouble.STUCK: "info",
    Trouble.QUIET: "mute",
}
MARKS: Final[Mapping[str, str]] = {
    "late": "failed",
    "warn": "warning",
    "info": "pending",
    "mute": "inactive",
}
"""Tone -> the mark that goes with it."""
MEANINGS: Final[Mapping[str, str]] = {
    Trouble.ERRORS: "昨天以来，该单位的页面、接口或后台任务出过错",
    Trouble.MONEY: "支付渠道已到账的金额，与单位上报的已交党费不一致",
    Trouble.QUARANTINED: "数据结构与模板不一致，已隔离；单位照常使用，升级会跳过它",
    Trouble.BEHIND: "数据结构还没有升级到最新版本",
    Trouble.BACKUP: "超过 2 天没有成功备份",
    Trouble.WORK: "有定时任务失败，或超过 1 小时没有按时完成",
    Trouble.DRIFT: "近 7 天的夜间复核更正过该单位的统计数",
    Trouble.STUCK: "登记超过 14 天仍未开通",
    Trouble.QUIET: "正式或试用单位，超过 30 天没有业务",
}


def scoring() -> list[dict[str, Any]]:
    """The score explained, worst first."""
    return [
        {"trouble": trouble, "weight": WEIGHTS[trouble], "meaning": MEANINGS[trouble]}
        for trouble in Trouble
    ]


def region_choices() -> list[dict[str, Any]]:
    """Provinces and their prefectures, those where there are units."""
    groups = []
    for code, cities in groupby(units.regions_present(), key=lambda row: row[0][:2]):
        held = list(cities)
        groups.append(
            {
                "code": code,
                "name": regions.province_name(f"{code}0000"),
                "count": sum(n for _, n in held),
                "cities": [(city, place(f"{city}00"), n) for city, n in held if city[2:] != "00"],
            }
        )
    return groups


def chip_labels(wanted: Wanted) -> dict[str, str]:
    """Each filter in force, in words."""
    trouble = "有异常" if wanted.trouble == ANY else ""
    words = {
        "q": f"「{wanted.q}」" if wanted.q else "",
        "state": UnitState(wanted.state).label if wanted.state else "",
        "trouble": trouble or (Trouble(wanted.trouble).label if wanted.trouble else ""),
        "region": _region_label(wanted.region),
        "branch": f"经办行 {wanted.branch}" if wanted.branch else "",
        "profile": UnitProfile(wanted.profile).label if wanted.profile else "",
        "schema": f"结构{SchemaState(wanted.schema).label}" if wanted.schema else "",
        "cell": f"分区 {wanted.cell}" if wanted.cell else "",
        "pinned": "已置顶" if wanted.pinned else "",
    }
    return {name: label for name, label in words.items() if label}


def _region_label(code: str) -> str:
    if len(code) == 2:
        return regions.province_name(f"{code}0000")
    return place(code.ljust(6, "0")) if code else ""
