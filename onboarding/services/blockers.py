"""What stands between a unit and its first dues, named (rulebook M1, M4): the opening funnel."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from onboarding.models import ImportState, Opening, RosterImport
from shared_apps.usage.selectors import UnitFigures

_UNREAD: Final = (ImportState.UPLOADED, ImportState.READING)
_RUNNING: Final = (ImportState.CONFIRMED, ImportState.IMPORTING)


class Blocker(StrEnum):
    """The first thing that is missing, in the order in which a unit passes them."""

    NO_ROSTER = "no_roster"
    ROSTER_UNREAD = "roster_unread"
    ROWS_REFUSED = "rows_refused"
    NOT_CONFIRMED = "not_confirmed"
    NOT_IMPORTED = "not_imported"
    NOT_INVITED = "not_invited"
    INVITATION_OPEN = "invitation_open"
    NO_SECOND_FACTOR = "no_second_factor"
    NO_STANDARDS = "no_standards"
    NO_BILLS = "no_bills"
    NO_PAYMENT = "no_payment"


class Words(NamedTuple):
    """How a blocker is called, what passes it, and what the officer can do."""

    label: str
    stage: str
    advice: str


WORDS: Final[dict[Blocker, Words]] = {
    Blocker.NO_ROSTER: Words("未收到名册", "已登记", "请联系人提供名册，任何格式都可以"),
    Blocker.ROSTER_UNREAD: Words("名册未识别", "已收名册", "查看识别结果；读不出时换一种格式上传"),
    Blocker.ROWS_REFUSED: Words("有行被退回", "已识别", "核对退回的行，可先导入其余的行"),
    Blocker.NOT_CONFIRMED: Words("等待确认", "已核对", "核对无误后确认导入"),
    Blocker.NOT_IMPORTED: Words("导入未完成", "已确认", "查看导入进度；中断时可继续"),
    Blocker.NOT_INVITED: Words("未邀请管理员", "已导入", "生成邀请链接，交给单位管理员"),
    Blocker.INVITATION_OPEN: Words("邀请未接受", "已邀请", "提醒管理员打开邀请链接设置密码"),
    Blocker.NO_SECOND_FACTOR: Words("未设第二因素", "管理员已到位", "提醒管理员绑定动态口令"),
    Blocker.NO_STANDARDS: Words("党费标准未核定", "已设第二因素", "由单位核定党费标准"),
    Blocker.NO_BILLS: Words("首月账单未出", "标准已核定", "提醒单位管理员生成当月账单"),
    Blocker.NO_PAYMENT: Words("首笔党费未交", "首月账单已出", "提醒党员登录交费"),
}
LAST_STAGE: Final = "首笔党费已交"
NO_FIGURES: Final = UnitFigures()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a unit stands: the blocker (None: through) and since when."""

    blocker: Blocker | None
    since: dt.datetime

    @property
    def words(self) -> Words | None:
        return WORDS[self.blocker] if self.blocker else None

    @property
    def passed(self) -> int:
        """Stages passed, of ``len(WORDS) + 1``."""
        return list(WORDS).index(self.blocker) + 1 if self.blocker else len(WORDS) + 1


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the funnel with how many units came at least that far."""

    label: str
    reached: int
    stuck: int
    blocker: Blocker | None


def standing(
    *, opening: Opening, roster: RosterImport | None, figures: UnitFigures = NO_FIGURES
) -> Standing:
    """The first blocker of a unit.  ``roster`` is the latest one that was not given up.

    A unit that has members is past its roster, even while a corrected remainder is in hand.
    """
    early = None if figures.members else _roster_blocker(opening, roster)
    if early is not None:
        return early
    since = opening.opened_at or opening.registered_at
    for blocker, passed_at in (
        (Blocker.NOT_INVITED, opening.invited_at or figures.since("administrators")),
        (Blocker.INVITATION_OPEN, figures.since("administrators")),
        (Blocker.NO_SECOND_FACTOR, figures.since("second_factors")),
        (Blocker.NO_STANDARDS, figures.since("standards_confirmed")),
        (Blocker.NO_BILLS, figures.since("bills")),
        (Blocker.NO_PAYMENT, figures.since("payments")),
    ):
        if passed_at is None:
            return Standing(blocker, since)
        since = max(since, passed_at)
    return Standing(None, since)


def funnel(standings: Iterable[Standing]) -> list[Stage]:
    """How many units came how far, and how many are stuck at each stage."""
    passed = [one.passed for one in standings]
    stages = [
        Stage(
            label=words.stage,
            reached=sum(1 for count in passed if count >= place),
            stuck=sum(1 for count in passed if count == place),
            blocker=blocker,
        )
        for place, (blocker, words) in enumerate(WORDS.items(), start=1)
    ]
    last = len(WORDS) + 1
    through = sum(1 for count in passed if count >= last)
    return [*stages, Stage(LAST_STAGE, through, 0, None)]


def _roster_blocker(opening: Opening, roster: RosterImport | None) -> Standing | None:
    if roster is None or roster.state == ImportState.UNDONE:
        since = roster.undone_at if roster else None
        return Standing(Blocker.NO_ROSTER, since or opening.registered_at)
    if roster.state in _UNREAD or (
        roster.state == ImportState.FAILED and roster.confirmed_at is None
    ):
        return Standing(Blocker.ROSTER_UNREAD, roster.uploaded_at)
    if roster.state == ImportState.REVIEW:
        blocker = Blocker.ROWS_REFUSED if roster.rejected_count else Blocker.NOT_CONFIRMED
        return Standing(blocker, roster.heartbeat_at or roster.uploaded_at)
    if roster.state in _RUNNING or roster.state == ImportState.FAILED:
        return Standing(Blocker.NOT_IMPORTED, roster.confirmed_at or roster.uploaded_at)
    return None
