"""One case as people read it: the twelve states, what was done in each, what comes next."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from tenant_apps.elections.models import OVER, Act, CaseKind, Election, Step
from tenant_apps.elections.selectors.procedure import (
    RULES,
    STATE_LABELS,
    Gate,
    Rule,
    Side,
    State,
    acts_of,
    gate_of,
    state_of,
)


@dataclass(frozen=True, slots=True)
class Station:
    """One state: ``tone`` is done, current, blocked, ahead or skipped."""

    state: State
    label: str
    side: Side
    papers: tuple[str, ...]
    steps: tuple[Step, ...]
    tone: str


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next, who does it, from when on and until when."""

    act: Act
    rule: Rule
    gate: Gate
    is_open: bool
    is_late: bool


def stations_of(election: Election, today: dt.date) -> list[Station]:
    """The states of rulebook 1.5 in order; an extension has two."""
    steps = list(election.steps.all())
    wanted = _states(election)
    current = RULES[Act(election.act)].state if election.act not in OVER else None
    return [
        Station(
            state=state,
            label=_label(election, state),
            side=_side(state),
            papers=_papers(state),
            steps=tuple(one for one in steps if one.state == state and one.act != Act.CANCELLED),
            tone=_tone(election, state, current, today),
        )
        for state in wanted
    ]


def next_of(election: Election, today: dt.date) -> Next | None:
    """None once the case is closed."""
    if election.act in OVER:
        return None
    act = Act(election.act)
    gate = gate_of(election, election.org.term_ends_on)
    return Next(act, RULES[act], gate, gate.is_open(today), gate.is_late(today))


def ending_of(election: Election) -> Step | None:
    """The step by which a case was given up."""
    found: Step | None = election.steps.filter(act=Act.CANCELLED).first()
    return found


def _states(election: Election) -> list[State]:
    if election.kind == CaseKind.EXTENSION:
        return [State.REQUEST, State.REPLY1]
    return list(State)


def _tone(election: Election, state: State, current: State | None, today: dt.date) -> str:
    if election.kind != CaseKind.EXTENSION and state not in _held_states(election):
        return "skipped"
    if current is None:
        is_done = election.act == Act.DONE or election.steps.filter(state=state).exists()
        return "done" if is_done else "skipped"
    if state == current:
        gate = gate_of(election, election.org.term_ends_on)
        return "current" if gate.is_open(today) else "blocked"
    return "done" if state <= state_of(election) else "ahead"


def _held_states(election: Election) -> set[State]:
    return {State.REMINDER, *(RULES[act].state for act in acts_of(election))}


def _label(election: Election, state: State) -> str:
    if election.kind == CaseKind.BY_ELECTION and state is State.REMINDER:
        return "启动增补"
    return STATE_LABELS[state]


def _side(state: State) -> Side:
    sides = [rule.side for rule in RULES.values() if rule.state == state]
    return sides[0] if sides else Side.SUPERIOR


def _papers(state: State) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            paper for rule in RULES.values() if rule.state == state for paper in rule.papers
        )
    )
