"""A unit's line in words: what is wrong with it, where it is, what may be shown of its people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from kernel.money import yuan
from shared_apps.fleet.models import SchemaState, Trouble
from shared_apps.fleet.selectors.units import Figures, standing_of
from shared_apps.usage.selectors import shown
from tenants import regions
from tenants.cells import registry
from tenants.cells.distant import DistantUnit
from tenants.models import Unit, UnitProfile, UnitState

AnyUnit = Unit | DistantUnit


@dataclass(frozen=True, slots=True)
class Reason:
    """One trouble of a unit, with its figures."""

    key: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A unit as a row of the list; ``standing`` is None before the first refresh.

    ``cell`` is the one it is in, ``url`` where an operator works on it: that cell's own console.
    """

    unit: AnyUnit
    standing: Figures | None
    reasons: list[Reason]
    region: str
    is_pinned: bool
    cell: str
    url: str

    @property
    def is_own(self) -> bool:
        """Whether the unit is in this cell, where it can be pinned."""
        return isinstance(self.unit, Unit)

    @property
    def state_label(self) -> str:
        return str(UnitState(self.unit.state).label)

    @property
    def profile_label(self) -> str:
        return str(UnitProfile(self.unit.profile).label)

    @property
    def city(self) -> str:
        """The region without its province, where it has one."""
        province = regions.province_name(self.unit.region_code)
        return self.region.removeprefix(province) or self.region

    @property
    def members(self) -> int | None:
        """None where there are too few to be shown."""
        return shown(self.standing.members) if self.standing else 0

    @property
    def activated(self) -> int | None:
        return shown(self.standing.activated) if self.standing else 0

    @property
    def members_text(self) -> str:
        return _people(self.members)

    @property
    def activated_text(self) -> str:
        return _people(self.activated)

    @property
    def schema_label(self) -> str:
        if self.standing is None:
            return "—"
        behind = self.standing.steps_behind
        label = SchemaState(self.standing.schema_state).label
        is_behind = self.standing.schema_state == SchemaState.BEHIND
        return f"{label} {behind} 步" if is_behind else label

    @property
    def shown_difference_fen(self) -> int | None:
        """None where so few members would be the payers that the amount tells who paid."""
        if self.standing is None or self.standing.difference_fen == 0:
            return 0
        return None if self.members is None else self.standing.difference_fen


def line(unit: AnyUnit, *, now: dt.datetime, is_pinned: bool = False) -> Line:
    """A unit with the reasons for its place in the list.  One of another cell leads there."""
    standing = standing_of(unit)
    reasons = [_reason(kind, unit, standing, now) for kind in standing.troubles] if standing else []
    cell = unit.cell if isinstance(unit, DistantUnit) else settings.CELL
    url = f"{registry.console_of(cell)}/fleet/{unit.pk}/"
    return Line(unit, standing, reasons, place(unit.region_code), is_pinned, cell, url)


def place(code: str) -> str:
    """The region without its code: 江苏省徐州市."""
    return regions.label(code).partition("（")[0]


def age(since: dt.datetime | None, now: dt.datetime) -> str:
    """How long ago: 40 分钟, 6 小时, 12 天; at least a minute; a dash for never."""
    if since is None:
        return "—"
    seconds = max(0, int((now - since).total_seconds()))
    if seconds < 3600:
        return f"{max(1, seconds // 60)} 分钟"
    return f"{seconds // 3600} 小时" if seconds < 172_800 else f"{seconds // 86_400} 天"


def _reason(kind: str, unit: AnyUnit, standing: Figures, now: dt.datetime) -> Reason:
    return Reason(kind, Trouble(kind).label, _TEXTS[kind](unit, standing, now))


def _people(count: int | None) -> str:
    return "少于 5" if count is None else f"{count:,}"


def _errors(unit: AnyUnit, standing: Figures, now: dt.datetime) -> str:
    return f"昨天以来 {standing.errors_day} 次，近 7 天 {standing.errors_week} 次"


def _money(unit: AnyUnit, standing: Figures, now: dt.datetime) -> str:
    more = "多" if standing.difference_fen > 0 else "少"
    if shown(standing.members) is None:
        return f"渠道到账比单位上报{more}，人数少于 5，金额不单列"
    return f"渠道到账比单位上报{more} ¥{yuan(abs(standing.difference_fen))}"


def _quarantined(unit: AnyUnit, standing: Figures, now: dt.datetime) -> str:
    return "与模板不一致，升级时跳过"


def _behind(unit: AnyUnit, standing: Figures, now: dt.datetime) -> str:
    return f"落后 {standing.steps_behind} 步"


def _backup(unit: AnyUnit, standing: Figures, now: dt.datetime) -> str:
    if standing.backed_up_at is None:
        return "还没有成功备份过"
    return f"最近一次成功备份在 {age(standing.backed_up_at, now)}前"


def _work(unit: AnyUnit, standing: Figures, now: dt.datetime) -> str:
    return f"{standing.late_works} 项定时任务逾期或失败"


def _drift(unit: AnyUnit, standing: Figures, now: dt.datetime) -> str:
    return f"近 7 天更正 {standing.drifts} 处"


def _stuck(unit: AnyUnit, standing: Figures, now: dt.datetime) -> str:
    return f"登记已 {age(unit.created_at, now)}"


def _quiet(unit: AnyUnit, standing: Figures, now: dt.datetime) -> str:
    if standing.active_at is None:
        return "开通以来还没有业务"
    return f"{age(standing.active_at, now)}没有业务"


_TEXTS: Final[Mapping[str, Callable[[AnyUnit, Figures, dt.datetime], str]]] = {
    Trouble.ERRORS: _errors,
    Trouble.MONEY: _money,
    Trouble.QUARANTINED: _quarantined,
    Trouble.BEHIND: _behind,
    Trouble.BACKUP: _backup,
    Trouble.WORK: _work,
    Trouble.DRIFT: _drift,
    Trouble.STUCK: _stuck,
    Trouble.QUIET: _quiet,
}
