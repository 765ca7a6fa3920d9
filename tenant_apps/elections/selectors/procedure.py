"""The procedure of rulebook 1.5 as a table, and when each act opens and is due.  Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final, Protocol

from kernel.clock import months_later
from tenant_apps.elections.models import OVER, Act, CaseKind
from tenant_apps.elections.selectors.terms import REQUEST_LEAD_MONTHS


class State(IntEnum):
    """The states of rulebook 1.5, by number."""

    REMINDER = 0
    DECIDE = 1
    REQUEST = 2
    REPLY1 = 3
    NOMINATE = 4
    PUBLICISE = 5
    ASSEMBLY = 6
    ELECT = 7
    FIRST_PLENUM = 8
    REPORT = 9
    REPLY2 = 10
    HANDOVER = 11


STATE_LABELS: Final[Mapping[State, str]] = {
    State.REMINDER: "换届提醒",
    State.DECIDE: "委员会会议研究",
    State.REQUEST: "呈报请示",
    State.REPLY1: "上级批复",
    State.NOMINATE: "候选人预备人选",
    State.PUBLICISE: "通知党员",
    State.ASSEMBLY: "召开大会",
    State.ELECT: "大会选举",
    State.FIRST_PLENUM: "第一次全体会议",
    State.REPORT: "报告选举结果",
    State.REPLY2: "上级批准备案",
    State.HANDOVER: "交接归档",
}


class Side(StrEnum):
    """Who acts: the organisation itself, or the committee above it."""

    ORGANIZATION = "本组织"
    SUPERIOR = "上级党委"


@dataclass(frozen=True, slots=True)
class Rule:
    """One act: the state it leads to, who does it, which paper comes of it."""

    act: Act
    state: State
    side: Side
    papers: tuple[str, ...]
    basis: str
    slug: str


_BY_TERM: Final = "《中国共产党支部工作条例（试行）》"
_BY_ELECTION: Final = "《中国共产党基层组织选举工作条例》"
RULES: Final[Mapping[Act, Rule]] = {
    rule.act: rule
    for rule in (
        Rule(Act.DECIDE, State.DECIDE, Side.ORGANIZATION, ("委员会会议记录",), _BY_TERM, "decide"),
        Rule(
            Act.REQUEST, State.REQUEST, Side.ORGANIZATION,
            ("关于召开党员大会进行换届选举的请示",), _BY_ELECTION, "request",
        ),
        Rule(Act.REPLY, State.REPLY1, Side.SUPERIOR, ("批复",), _BY_ELECTION, "reply"),
        Rule(
            Act.PROPOSE, State.NOMINATE, Side.ORGANIZATION,
            ("候选人预备人选的请示", "推荐情况汇总"), _BY_ELECTION, "propose",
        ),
        Rule(Act.EXAMINE, State.NOMINATE, Side.SUPERIOR, ("批复",), _BY_ELECTION, "examine"),
        Rule(
            Act.PUBLICISE, State.PUBLICISE, Side.ORGANIZATION, ("会议通知",), _BY_ELECTION,
            "publicise",
        ),
        Rule(
            Act.ASSEMBLE, State.ASSEMBLY, Side.ORGANIZATION, ("签到表",), _BY_ELECTION, "assemble"
        ),
        Rule(
            Act.ELECT, State.ELECT, Side.ORGANIZATION, ("选举会议记录", "计票单"), _BY_ELECTION,
            "elect",
        ),
        Rule(
            Act.PLENUM, State.FIRST_PLENUM, Side.ORGANIZATION, ("第一次全体会议记录",),
            _BY_ELECTION, "plenum",
        ),
        Rule(
            Act.REPORT, State.REPORT, Side.ORGANIZATION, ("选举结果报告", "委员分工"),
            _BY_ELECTION, "report",
        ),
        Rule(
            Act.CONFIRM, State.REPLY2, Side.SUPERIOR, ("批复",), "《中国共产党章程》第三十一条",
            "confirm",
        ),
        Rule(
            Act.ARCHIVE, State.HANDOVER, Side.ORGANIZATION, ("会议记录", "选票（密封）", "名册"),
            _BY_ELECTION, "archive",
        ),
    )
}  # fmt: skip
SLUGS: Final[Mapping[str, Act]] = {rule.slug: act for act, rule in RULES.items()}
REPLY_MONTHS: Final = 1
REPORT_MONTHS: Final = 1


class Facts(Protocol):
    """What the rules look at; a case has it all."""

    kind: str
    act: str
    has_committee: bool
    secretaries: int
    deputies: int
    planned_on: dt.date | None
    notice_until: dt.date | None
    held_on: dt.date | None
    acted_on: dt.date


def acts_of(case: Facts) -> tuple[Act, ...]:
    """The acts of a case in order.

    An extension is a request and its answer.  The plenum is left out where nobody is to be
    elected by it: in a body without a committee, and in a by-election of ordinary members.
    """
    if case.kind == CaseKind.EXTENSION:
        return (Act.REPLY,)
    has_plenum = case.has_committee and case.secretaries + case.deputies > 0
    return tuple(act for act in RULES if act is not Act.PLENUM or has_plenum)


def after(case: Facts, act: Act) -> Act:
    """What comes next when ``act`` is done."""
    acts = acts_of(case)
    place = acts.index(act) + 1
    return acts[place] if place < len(acts) else Act.DONE


BACK_TO: Final[Mapping[Act, Act]] = {
    Act.REPLY: Act.REQUEST,
    Act.EXAMINE: Act.PROPOSE,
    Act.CONFIRM: Act.REPORT,
}
"""Where a case goes when the superior returns it."""


def state_of(case: Facts) -> State:
    """The state of rulebook 1.5 in which a case stands: what has been done last."""
    if case.act in OVER:
        return State.HANDOVER
    acts = acts_of(case)
    place = acts.index(Act(case.act))
    if case.kind == CaseKind.EXTENSION:
        return State.REQUEST
    return State.REMINDER if place == 0 else _state_before(acts, place)


def _state_before(acts: Sequence[Act], place: int) -> State:
    """Proposing without examining leaves the state before it: the list is not settled."""
    if acts[place] is Act.EXAMINE:
        return State.REPLY1
    return RULES[acts[place - 1]].state


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether the next act may be done today: if not, from when on, and why."""

    opens_on: dt.date | None
    due_on: dt.date | None
    reason: str = ""

    def is_open(self, today: dt.date) -> bool:
        return self.opens_on is None or today >= self.opens_on

    def is_late(self, today: dt.date) -> bool:
        return self.due_on is not None and today > self.due_on


def gate_of(case: Facts, ends_on: dt.date | None) -> Gate:
    """The days of the act that comes next; ``ends_on`` is the end of the present term."""
    act = Act(case.act)
    if act is Act.ASSEMBLE:
        opens = case.notice_until + dt.timedelta(days=1) if case.notice_until else None
        reason = f"通知期至 {case.notice_until}，期满后方可召开大会" if opens else ""
        return Gate(opens, _earlier(case.planned_on, ends_on), reason)
    due = {
        Act.DECIDE: _lead(ends_on),
        Act.REQUEST: _lead(ends_on),
        Act.REPLY: months_later(case.acted_on, REPLY_MONTHS),
        Act.EXAMINE: months_later(case.acted_on, REPLY_MONTHS),
        Act.PROPOSE: case.planned_on,
        Act.PUBLICISE: case.planned_on,
        Act.ELECT: case.held_on,
        Act.PLENUM: case.held_on,
        Act.REPORT: months_later(case.held_on, REPORT_MONTHS) if case.held_on else None,
        Act.CONFIRM: months_later(case.acted_on, REPLY_MONTHS),
    }
    return Gate(None, due.get(act))


def _lead(ends_on: dt.date | None) -> dt.date | None:
    return months_later(ends_on, -REQUEST_LEAD_MONTHS) if ends_on else None


def _earlier(*days: dt.date | None) -> dt.date | None:
    return min((day for day in days if day is not None), default=None)
