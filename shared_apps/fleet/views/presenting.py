"""How lines of units are put into words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from kernel.clock import day_of
from kernel.money import yuan
from shared_apps.fleet.models import WEIGHTS, SchemaState, Standing, Trouble
from shared_apps.fleet.selectors import units
from shared_apps.fleet.selectors.units import ANY, Wanted, standing_of
from shared_apps.usage.selectors import shown
from tenants import regions
from tenants.models import Unit, UnitProfile, UnitState

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
TONES: Final[Mapping[str, str]] = {
    Trouble.ERRORS: "late",
    Trouble.MONEY: "late",
    Trouble.QUARANTINED: "late",
    Trouble.BEHIND: "warn",
    Trouble.BACKUP: "warn",
    Trouble.DRIFT: "warn",
    Trouble.STUCK: "info",
    Trouble.QUIET: "mute",
}
MARKS: Final[Mapping[str, str]] = {
    "late": "failed", "warn": "warning", "info": "pending", "mute": "inactive"
}  # fmt: skip
"""Tone -> the mark that goes with it."""
MEANINGS: Final[Mapping[str, str]] = {
    Trouble.ERRORS: "近 24 小时内，该单位的页面或接口出现服务端错误",
    Trouble.MONEY: "支付渠道已到账的金额，与单位上报的已交党费不一致",
    Trouble.QUARANTINED: "数据结构与模板不一致，已隔离；单位照常使用，升级会跳过它",
    Trouble.BEHIND: "数据结构还没有升级到最新版本",
    Trouble.BACKUP: "超过 2 天没有成功备份",
    Trouble.DRIFT: "近 7 天的夜间复核更正过该单位的统计数",
    Trouble.STUCK: "登记超过 14 天仍未开通",
    Trouble.QUIET: "正式或试用单位，超过 30 天没有业务",
}
SIZES: Final = (20, 50, 100, 200)
MOST_PAGES: Final = 500
SCHEMA_MARKS: Final[Mapping[str, str]] = {
    SchemaState.NONE: "inactive",
    SchemaState.CURRENT: "done",
    SchemaState.BEHIND: "warning",
    SchemaState.QUARANTINED: "locked",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One trouble of a unit, with its figures."""

    key: str
    label: str
    tone: str
    text: str

    @property
    def mark(self) -> str:
        return MARKS[self.tone]


@dataclass(frozen=True, slots=True)
class Line:
    """A unit as a row of the list."""

    unit: Unit
    standing: Standing | None
    reasons: list[Reason]
    region: str
    is_pinned: bool

    @property
    def state_mark(self) -> str:
        return STATE_MARKS[self.unit.state]

    @property
    def members(self) -> int | None:
        return shown(self.standing.members) if self.standing else 0

    @property
    def activated(self) -> int | None:
        return shown(self.standing.activated) if self.standing else 0

    @property
    def members_text(self) -> str:
        return "少于 5" if self.members is None else f"{self.members:,}"

    @property
    def activated_text(self) -> str:
        return "少于 5" if self.activated is None else f"{self.activated:,}"

    @property
    def schema_mark(self) -> str:
        return SCHEMA_MARKS[self.standing.schema_state] if self.standing else "inactive"

    @property
    def schema_label(self) -> str:
        if self.standing is None:
            return "—"
        label = SchemaState(self.standing.schema_state).label
        behind = self.standing.steps_behind
        return f"{label} {behind} 步" if behind and label == SchemaState.BEHIND.label else label

    @property
    def shown_difference_fen(self) -> int | None:
        """None where so few members would be the payers that the amount tells who paid."""
        if self.standing is None or self.standing.difference_fen == 0:
            return 0
        return None if self.members is None else self.standing.difference_fen


def line(unit: Unit, *, now: dt.datetime, is_pinned: bool = False) -> Line:
    """A unit with the reasons for its place in the list."""
    standing = standing_of(unit)
    reasons = [reason(kind, unit, standing, now) for kind in standing.troubles] if standing else []
    return Line(unit, standing, reasons, place(unit.region_code), is_pinned)


def place(code: str) -> str:
    """The region without its code: 江苏省徐州市."""
    return regions.label(code).partition("（")[0]


def reason(kind: str, unit: Unit, standing: Standing, now: dt.datetime) -> Reason:
    return Reason(kind, Trouble(kind).label, TONES[kind], _TEXTS[kind](unit, standing, now))


def age(since: dt.datetime | None, now: dt.datetime) -> str:
    """How long ago: 40 分钟, 6 小时, 12 天; a dash for never."""
    if since is None:
        return "—"
    seconds = max(0, int((now - since).total_seconds()))
    if seconds < 3600:
        return f"{seconds // 60} 分钟"
    return f"{seconds // 3600} 小时" if seconds < 172_800 else f"{seconds // 86_400} 天"


def _money(unit: Unit, standing: Standing, now: dt.datetime) -> str:
    more = "多" if standing.difference_fen > 0 else "少"
    if shown(standing.members) is None:
        return f"渠道到账比单位上报{more}，人数少于 5，金额不单列"
    return f"渠道到账比单位上报{more} ¥{yuan(abs(standing.difference_fen))}"


def _backup(unit: Unit, standing: Standing, now: dt.datetime) -> str:
    if standing.backed_up_at is None:
        return "还没有成功备份过"
    return f"最近一次成功备份在 {age(standing.backed_up_at, now)}前"


def _quiet(unit: Unit, standing: Standing, now: dt.datetime) -> str:
    if standing.active_at is None:
        return "开通以来还没有业务"
    return f"{age(standing.active_at, now)}没有业务"


_TEXTS: Final[Mapping[str, Callable[[Unit, Standing, dt.datetime], str]]] = {
    Trouble.ERRORS: lambda _, s, __: f"近 24 小时 {s.errors_day} 次，近 7 天 {s.errors_week} 次",
    Trouble.MONEY: _money,
    Trouble.QUARANTINED: lambda _, __, ___: "与模板不一致，升级时跳过",
    Trouble.BEHIND: lambda _, s, __: f"落后 {s.steps_behind} 步",
    Trouble.BACKUP: _backup,
    Trouble.DRIFT: lambda _, s, __: f"近 7 天更正 {s.drifts} 处",
    Trouble.STUCK: lambda unit, _, now: f"登记已 {age(unit.created_at, now)}",
    Trouble.QUIET: _quiet,
}


def scoring() -> list[dict[str, Any]]:
    """The score explained, worst first."""
    return [
        {
            "label": trouble.label,
            "weight": WEIGHTS[trouble],
            "meaning": MEANINGS[trouble],
            "tone": TONES[trouble],
            "mark": MARKS[TONES[trouble]],
        }
        for trouble in Trouble
    ]


def region_choices() -> list[dict[str, Any]]:
    """Provinces with their prefectures, those where there are units."""
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
        "branch": f"支行 {wanted.branch}" if wanted.branch else "",
        "profile": UnitProfile(wanted.profile).label if wanted.profile else "",
        "schema": f"结构{SchemaState(wanted.schema).label}" if wanted.schema else "",
        "pinned": "已置顶" if wanted.pinned else "",
    }
    return {name: label for name, label in words.items() if label}


def day(moment: dt.datetime) -> str:
    return f"{day_of(moment):%Y-%m-%d}"


def _region_label(code: str) -> str:
    if len(code) == 2:
        return regions.province_name(f"{code}0000")
    return place(code.ljust(6, "0")) if code else ""
