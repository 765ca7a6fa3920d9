"""What stands between a unit and its first dues, named (rulebook M1, M4): the opening funnel."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    Expression,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest
from django.db.models.lookups import IsNull

from onboarding.models import ImportState, Opening, RosterImport

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


def with_standing(openings: QuerySet[Opening]) -> QuerySet[Opening]:
    """The openings with ``passed`` (stages) and ``since``, worked out by the database.

    A unit that has members is past its roster, even while a corrected remainder is in hand.
    """
    return openings.alias(early=_EARLY).annotate(passed=_PASSED, since=_SINCE)


def only_standing(openings: QuerySet[Any]) -> QuerySet[Any, tuple[UUID, int, dt.datetime]]:
    """``(id, passed, since)`` of openings that came through ``with_standing``."""
    return openings.values_list("pk", "passed", "since")


def standing(passed: int, since: dt.datetime) -> Standing:
    """Where an opening stands, of what ``with_standing`` worked out."""
    return Standing(list(WORDS)[passed - 1] if passed <= len(WORDS) else None, since)


def place_of(blocker: Blocker) -> int:
    """How many stages a unit that is stuck at ``blocker`` has passed."""
    return list(WORDS).index(blocker) + 1


def funnel(openings: QuerySet[Opening]) -> list[Stage]:
    """How many units came how far, and how many are stuck at each stage; one statement."""
    rows = (
        openings.alias(early=_EARLY, passed=_PASSED)
        .order_by()
        .values(stage=F("passed"))
        .annotate(n=Count("pk"))
    )
    counts = {row["stage"]: row["n"] for row in rows}
    stages = [
        Stage(
            label=words.stage,
            reached=sum(count for passed, count in counts.items() if passed >= place),
            stuck=counts.get(place, 0),
            blocker=blocker,
        )
        for place, (blocker, words) in enumerate(WORDS.items(), start=1)
    ]
    return [*stages, Stage(LAST_STAGE, counts.get(THROUGH, 0), 0, None)]


def _latest_roster(wanted: Case) -> Subquery:
    """``wanted`` of the latest roster of the opening's unit that was not given up."""
    rosters = RosterImport.objects.filter(unit_id=OuterRef("unit_id"))
    latest = rosters.exclude(state=ImportState.DISCARDED).order_by("-uploaded_at", "-id")
    return Subquery(latest.annotate(wanted=wanted).values("wanted")[:1])


def _at(blocker: Blocker) -> Value:
    return Value(place_of(blocker))


def _moment(figure: str) -> Case:
    """When a figure of the unit became something."""
    return Case(
        When(**{f"totals__{figure}__gt": 0}, then=F(f"totals__{figure}_at")),
        default=Value(None),
        output_field=DateTimeField(),
    )


_FAILED_UNREAD: Final = Q(state=ImportState.FAILED, confirmed_at=None)
_ROSTER_PLACE: Final = Case(
    When(state=ImportState.UNDONE, then=_at(Blocker.NO_ROSTER)),
    When(Q(state__in=_UNREAD) | _FAILED_UNREAD, then=_at(Blocker.ROSTER_UNREAD)),
    When(state=ImportState.REVIEW, rejected_count__gt=0, then=_at(Blocker.ROWS_REFUSED)),
    When(state=ImportState.REVIEW, then=_at(Blocker.NOT_CONFIRMED)),
    When(state__in=(*_RUNNING, ImportState.FAILED), then=_at(Blocker.NOT_IMPORTED)),
    default=Value(0),
)
_ROSTER_SINCE: Final = Case(
    When(state=ImportState.UNDONE, then=F("undone_at")),
    When(Q(state__in=_UNREAD) | _FAILED_UNREAD, then=F("uploaded_at")),
    When(state=ImportState.REVIEW, then=Coalesce("heartbeat_at", "uploaded_at")),
    default=Coalesce("confirmed_at", "uploaded_at"),
)
_EARLY: Final = Case(  # referred to as ``early``, so that its sub-query is made once
    When(totals__members__gt=0, then=Value(0)),
    default=Coalesce(_latest_roster(_ROSTER_PLACE), _at(Blocker.NO_ROSTER)),
)
_LATER: Final = (
    (Blocker.NOT_INVITED, Coalesce(F("invited_at"), _moment("administrators"))),
    (Blocker.INVITATION_OPEN, _moment("administrators")),
    (Blocker.NO_SECOND_FACTOR, _moment("second_factors")),
    (Blocker.NO_STANDARDS, _moment("standards_confirmed")),
    (Blocker.NO_BILLS, _moment("bills")),
    (Blocker.NO_PAYMENT, _moment("payments")),
)
THROUGH: Final = len(WORDS) + 1


def _passed() -> Case:
    later = [When(IsNull(moment, True), then=_at(blocker)) for blocker, moment in _LATER]
    return Case(When(early__gt=0, then=F("early")), *later, default=Value(THROUGH))


def _since() -> Case:
    """The moment of the last stage passed: of the roster, or the latest of what came after.

    Built from the last stage backwards, so that each moment is in it twice and not once for
    every later stage: GREATEST passes over what is NULL.
    """
    reached: Expression = Value(None, output_field=DateTimeField())
    for _, moment in reversed(_LATER):
        further = Greatest(moment, reached)
        reached = Case(When(IsNull(moment, False), then=further), output_field=DateTimeField())
    early = Coalesce(_latest_roster(_ROSTER_SINCE), F("registered_at"))
    opened = Coalesce(F("opened_at"), F("registered_at"))
    return Case(When(early__gt=0, then=early), default=Greatest(opened, reached))


_PASSED: Final = _passed()
_SINCE: Final = _since()
