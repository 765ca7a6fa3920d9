"""The rules of admission (发展党员工作细则) as dated data: acts, their inputs, their clocks.

A pack holds the *acts* of one version in their order.  A layout numbers them as 25 or as 29
steps: it groups acts and changes nothing else, so that a unit may choose (rulebook 2.3).
Everything here is pure; dates go in, dates and their explanation come out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from kernel.clock import months_later

from . import codes
from .working_days import Calendar


class Handling(StrEnum):
    """Who completes an act."""

    BRANCH = "BRANCH"
    """The branch records it."""
    DECISION = "DECISION"
    """The branch submits it, the committee decides: two persons."""
    COMMITTEE = "COMMITTEE"
    """The committee records it."""
    NOTICE = "NOTICE"
    """The branch begins it and ends it after so many working days."""


class ClockKind(StrEnum):
    DUE = "DUE"
    NOT_BEFORE = "NOT_BEFORE"
    WORKDAYS = "WORKDAYS"


@dataclass(frozen=True, slots=True)
class Clock:
    """One term, worked out: from when, until when, by which article, in words.

    ``hard_on`` is the last day in special cases.  ``is_provisional`` says that working days were
    counted through a year without a calendar.
    """

    key: str
    kind: ClockKind
    label: str
    article: str
    starts_on: dt.date
    ends_on: dt.date
    hard_on: dt.date | None
    is_provisional: bool
    is_advice: bool
    explanation: str

    @property
    def is_due(self) -> bool:
        """A day by which something has to be done; else one before which it may not be."""
        return self.kind is ClockKind.DUE


@dataclass(frozen=True, slots=True)
class ClockRule:
    """A term of an act as the pack states it.

    ``since`` names the act from whose day it runs, ``ends`` a date of the case that replaces the
    computed end (an extended probation), ``unless`` the answers for which it does not hold.
    """

    key: str
    kind: ClockKind
    label: str
    since: str
    since_label: str
    article: str
    months: int = 0
    days: int = 0
    hard_months: int = 0
    ends: str = ""
    is_advice: bool = False
    unless: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def clock(
        self, dates: Mapping[str, dt.date], *, document: str, calendar: Calendar
    ) -> Clock | None:
        """The term of a case with these dates, or None while it has not begun to run."""
        start = dates.get(self.since)
        if start is None:
            return None
        ends, is_provisional = self._end(start, calendar)
        ends = dates.get(self.ends, ends)
        hard = months_later(start, self.hard_months) if self.hard_months else None
        return Clock(
            self.key, self.kind, self.label, self.article, start, ends, hard, is_provisional,
            self.is_advice, self._explained(document, start, ends, hard, is_provisional),
        )  # fmt: skip

    def _end(self, start: dt.date, calendar: Calendar) -> tuple[dt.date, bool]:
        if self.kind is ClockKind.WORKDAYS:
            return calendar.last_of(start, self.days)
        return months_later(start, self.months), False

    def _explained(
        self, document: str, start: dt.date, ends: dt.date, hard: dt.date | None, unsure: bool
    ) -> str:
        """依据第几条，起算日，到期日."""
        law = law_of(document, self.article)
        length = (
            f"{self.days} 个工作日" if self.kind is ClockKind.WORKDAYS else _months(self.months)
        )
        if self.ends and ends != months_later(start, self.months):
            length = "延长后的期限"
        verb = {"DUE": "应于 {} 前完成", "NOT_BEFORE": "{} 起方可办理"}.get(self.kind, "{} 期满")
        told = f"依据{law}，{self.since_label} {start} 起算，{length}，{verb.format(ends)}"
        if hard:
            told += f"；特殊情况可延长，最迟 {hard}"
        return told + ("（所涉年份的放假安排尚未公布，为暂定日期）" if unsure else "") + "。"


@dataclass(frozen=True, slots=True)
class Input:
    """A field of an act's form.  Types: text, longtext, date, count, choice, members, group."""

    key: str
    label: str
    type: str
    is_required: bool
    help: str
    choices: tuple[tuple[str, str], ...]
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Document:
    """A paper of an act; ``is_own`` one that the person brings, on the phone if they like."""

    key: str
    label: str
    is_required: bool
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is kept up while an act goes on: an inspection every half year, a report a quarter."""

    kind: str
    label: str
    every_months: int
    since: str
    article: str
    is_required: bool

    def due_days(self, dates: Mapping[str, dt.date], *, until: dt.date) -> list[dt.date]:
        """The days by which one had to be made, up to ``until``."""
        start = dates.get(self.since)
        found: list[dt.date] = []
        while start is not None:
            day = months_later(start, self.every_months * (len(found) + 1))
            if day > until:
                break
            found.append(day)
        return found

    def next_due(self, dates: Mapping[str, dt.date], *, kept: int) -> dt.date | None:
        """The day by which the next one is due when ``kept`` have been made."""
        start = dates.get(self.since)
        return None if start is None else months_later(start, self.every_months * (kept + 1))


@dataclass(frozen=True, slots=True)
class Act:
    """One act of the procedure.

    ``inputs`` are given by whoever records or submits it, ``decision`` by whoever decides,
    ``closing`` when a notice ends.  An answer in ``fails_on`` keeps the case where it is;
    a refusal sends it back to ``on_refusal``.  ``earliest`` names the act whose day it may not
    precede where that is not the one before it.
    """

    key: str
    order: int
    name: str
    stage: str
    handling: Handling
    article: str
    day_label: str
    inputs: tuple[Input, ...]
    decision: tuple[Input, ...]
    closing: tuple[Input, ...]
    documents: tuple[Document, ...]
    clocks: tuple[ClockRule, ...]
    keeps: tuple[Keeping, ...]
    checks: tuple[Mapping[str, Any], ...]
    vote: str
    is_secret: bool
    makes: str
    category: str
    on_refusal: str
    verdicts: Mapping[str, str]
    fails_on: Mapping[str, Sequence[str]]
    earliest: str


@dataclass(frozen=True, slots=True)
class Step:
    """A numbered step of a layout and the acts in it."""

    number: int
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class AdmissionPack:
    """The rules of admission of one version.  Pure: no clock, no database."""

    version: str
    title: str
    document: str
    effective_from: dt.date
    effective_to: dt.date | None
    age_min: int
    age_article: str
    stages: tuple[tuple[str, str], ...]
    acts: Mapping[str, Act]
    layouts: Mapping[str, tuple[tuple[str, ...], ...]]

    def steps(self, layout: str) -> tuple[Step, ...]:
        """The numbered steps of a layout."""
        groups = enumerate(self.layouts[layout], 1)
        return tuple(Step(n, tuple(self.acts[key] for key in keys)) for n, keys in groups)

    def number_of(self, key: str, layout: str) -> int:
        """The number under which a layout has an act; 0 where it leaves it out."""
        groups = enumerate(self.layouts[layout], 1)
        return next((number for number, keys in groups if key in keys), 0)

    def after(self, order: int, layout: str) -> Act | None:
        """The first act of a layout behind ``order``; None behind the last one."""
        keys = {key for group in self.layouts[layout] for key in group}
        acts = sorted((self.acts[key] for key in keys), key=lambda act: act.order)
        return next((act for act in acts if act.order > order), None)

    def clocks(self, act: Act, dates: Mapping[str, dt.date], *, calendar: Calendar) -> list[Clock]:
        """The terms of an act that are running in a case with these dates."""
        found = (
            rule.clock(dates, document=self.document, calendar=calendar) for rule in act.clocks
        )
        return [clock for clock in found if clock is not None]

    def law(self, article: str) -> str:
        """An article with the document that it is of."""
        return law_of(self.document, article)

    def stage_label(self, stage: str) -> str:
        return dict(self.stages)[stage]


CANCEL: Final = "CANCEL"
GROUND: Final = "ground"
"""The answer that cancels a probation, and the input that then says why."""
_CANCELLED: Final = "CANCELLED"
_LOST_LAW: Final = "失去联系党员组织处置规定"
_WORDS: Final[Mapping[int, str]] = {12: "一年", 6: "六个月"}


def law_of(document: str, article: str) -> str:
    """A number is cited with its document; what has none (a custom, a document whose numbers
    could not be checked) stands for itself.
    """
    return f"{document}{article}" if article.startswith("第") else article


def _months(count: int) -> str:
    return _WORDS.get(count, f"{count} 个月")


def read_admission_pack(content: Mapping[str, Any]) -> AdmissionPack:
    """Turns a pack file into the object; a malformed file raises KeyError, and so does a layout,
    a clock or a way back that names an act which is not there.
    """
    acts = {entry["key"]: _act(entry) for entry in content["acts"]}
    layouts = {
        name: tuple(tuple(acts[key].key for key in group) for group in groups)
        for name, groups in content["layouts"].items()
    }
    for act in acts.values():
        if act.on_refusal:
            acts[act.on_refusal]
    ends = content["effective_to"]
    return AdmissionPack(
        version=content["version"],
        title=content["title"],
        document=f"《{content['document']['name']}》",
        effective_from=dt.date.fromisoformat(content["effective_from"]),
        effective_to=dt.date.fromisoformat(ends) if ends else None,
        age_min=content["age_min"]["years"],
        age_article=content["age_min"]["article"],
        stages=tuple((key, label) for key, label in content["stages"]),
        acts=acts,
        layouts=layouts,
    )


def _act(entry: Mapping[str, Any]) -> Act:
    return Act(
        key=entry["key"],
        order=entry["order"],
        name=entry["name"],
        stage=entry["stage"],
        handling=Handling(entry["handling"]),
        article=entry["article"],
        day_label=entry["day_label"],
        inputs=_with_ground(_inputs(entry["inputs"]), entry["article"]),
        decision=_inputs(entry.get("decision", ())),
        closing=_inputs(entry.get("closing", ())),
        documents=tuple(
            Document(one["key"], one["label"], one["required"], one.get("own", False))
            for one in entry.get("documents", ())
        ),
        clocks=tuple(_clock_rule(one) for one in entry.get("clocks", ())),
        keeps=tuple(Keeping(**one) for one in entry.get("keeps", ())),
        checks=tuple(entry.get("checks", ())),
        vote=entry.get("vote", ""),
        is_secret=entry.get("is_secret", False),
        makes=entry.get("makes", ""),
        category=entry.get("category", ""),
        on_refusal=entry.get("on_refusal", ""),
        verdicts=entry.get("verdicts", {}),
        fails_on=entry.get("fails_on", {}),
        earliest=entry.get("earliest", ""),
    )


def _inputs(entries: Sequence[Mapping[str, Any]]) -> tuple[Input, ...]:
    return tuple(
        Input(
            key=one["key"],
            label=one["label"],
            type=one["type"],
            is_required=one["required"],
            help=one.get("help", ""),
            choices=tuple((key, label) for key, label in one.get("choices", ())),
            least=one.get("least", 0),
            most=one.get("most", 0),
        )
        for one in entries
    )


def _with_ground(inputs: tuple[Input, ...], article: str) -> tuple[Input, ...]:
    """Behind a choice that may cancel a probation, why: a code of the table ``leaving_ground``
    with the provision that it is in (rulebook 2.5).
    """
    at = next((n for n, one in enumerate(inputs, 1) if CANCEL in dict(one.choices)), 0)
    if not at:
        return inputs
    laws = {"UNFIT": article, "PROBATION_LOST": _LOST_LAW, "SETTLED_ABROAD": _LOST_LAW}
    choices = tuple(
        (one.code, f"{one.label}，依据{laws[one.code]}" if one.code in laws else one.label)
        for one in codes.table("leaving_ground").entries
        if _CANCELLED in one.extra["kinds"]
    )
    ground = Input(
        GROUND, "取消资格的原因", "choice", False, "提请取消预备党员资格的填写", choices, 0, 0
    )
    return (*inputs[:at], ground, *inputs[at:])


def _clock_rule(entry: Mapping[str, Any]) -> ClockRule:
    return ClockRule(**{**entry, "kind": ClockKind(entry["kind"])})
