"""The board of a branch and the work list of an office: what each case waits for, until when."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, QuerySet

from kernel.actor import Actor
from kernel.permissions import can
from shared_apps.rules.selectors.admission import ClockKind, Handling
from shared_apps.rules.selectors.admission_packs import admission_pack_named, admission_packs
from tenant_apps.admissions.models import PENDING, Case, Note, Step, StepState
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.selectors.committees import Place, places_of
from tenant_apps.admissions.selectors.gates import cases_visible_to, open_cases
from tenant_apps.admissions.selectors.progress import clocks_of, kept_of
from tenant_apps.organizations.selectors import Urgency

SOON = dt.timedelta(days=14)
"""How long before a day it is said to be soon."""
MOST_SHOWN = 500
_COLUMNS = {
    "APPLICATION": "入党申请", "ACTIVIST": "积极分子", "CANDIDATE": "发展对象",
    "ADMISSION": "接收预备党员", "PROBATION": "预备期",
}  # fmt: skip
"""The stages as the board is headed; a stage that a later version adds has its own name."""


@dataclass(frozen=True, slots=True)
class Work:
    """What one case waits for.

    ``waits`` says for whom: the branch, the committee, or for a day to come; ``sort`` groups
    duties; ``due_on`` is the day by which, or from which on, and ``basis`` says why.
    """

    case: Case
    number: int
    name: str
    text: str
    sort: str
    waits: str
    due_on: dt.date | None
    urgency: Urgency
    basis: str
    is_mine: bool

    @property
    def is_overdue(self) -> bool:
        return self.urgency is Urgency.OVERDUE


@dataclass(frozen=True, slots=True)
class Column:
    """A stage of the board."""

    key: str
    label: str
    work: tuple[Work, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Board:
    columns: tuple[Column, ...]
    total: int
    is_cut: bool


def board_of(actor: Actor, *, org_path: str = "", q: str = "", today: dt.date) -> Board:
    """The open cases of a sub-tree by stage, each with what it waits for."""
    cases = _found(actor, org_path, q)
    rows = list(cases.order_by("act_began_on", "id")[: MOST_SHOWN + 1])
    work = work_of_cases(actor, rows[:MOST_SHOWN], today=today)
    by_stage: dict[str, list[Work]] = defaultdict(list)
    for one in work:
        by_stage[one.case.stage].append(one)
    is_cut = len(rows) > MOST_SHOWN
    counts = _counts(cases) if is_cut else Counter(one.case.stage for one in work)
    columns = tuple(
        Column(key, _COLUMNS.get(key, label), tuple(sorted(by_stage[key], key=_rank)), counts[key])
        for key, label in admission_packs()[0].stages
    )
    return Board(columns, sum(counts.values()), is_cut)


def work_of(actor: Actor, *, org_path: str = "", q: str = "", today: dt.date) -> list[Work]:
    """The work list: overdue first, then by day."""
    rows = list(_found(actor, org_path, q).order_by("act_began_on", "id")[:MOST_SHOWN])
    return sorted(work_of_cases(actor, rows, today=today), key=_rank)


def work_of_cases(actor: Actor, cases: Sequence[Case], *, today: dt.date) -> list[Work]:
    """What each of the cases waits for, in three statements whatever their number."""
    ids = [case.pk for case in cases]
    pending = {
        step.case_id: step for step in Step.objects.filter(case_id__in=ids, state__in=PENDING)
    }
    notes: dict[UUID, list[Note]] = defaultdict(list)
    kept = Note.objects.filter(case_id__in=ids, struck_at=None).defer("text")
    for note in kept:
        notes[note.case_id].append(note)
    places = places_of(cases) if cases else {}
    return [
        _work(case, pending.get(case.pk), notes[case.pk], today, actor, places[case.org_path])
        for case in cases
    ]


def is_running(one: Work) -> bool:
    """Whether something can be done: what only waits for a day to come is left out."""
    return one.sort != "opens"


def ended_in(actor: Actor, year: int) -> list[tuple[str, str, int]]:
    """How many cases ended in a calendar year, as (path, done, how many)."""
    ended = cases_visible_to(actor).filter(closed_on__year=year).order_by()
    rows = ended.values("org_path").annotate(count=Count("pk"))
    return [(row["org_path"], "done", row["count"]) for row in rows]


def _found(actor: Actor, org_path: str, q: str) -> QuerySet[Case]:
    cases = open_cases(actor)
    if org_path:
        cases = cases.filter(org_path__startswith=org_path)
    text = "".join(q.split())
    if text and text.isascii():
        return cases.filter(name_initials__startswith=text.lower()) | cases.filter(
            name_pinyin__startswith=text.lower()
        )
    return cases.filter(name__contains=text) if text else cases


def _counts(cases: QuerySet[Case]) -> Counter[str]:
    return Counter(cases.values_list("stage", flat=True))


def _work(
    case: Case,
    pending: Step | None,
    notes: Iterable[Note],
    today: dt.date,
    actor: Actor,
    committee: Place,
) -> Work:
    pack = admission_pack_named(case.act_version)
    act = pack.acts[case.act]
    number = pack.number_of(act.key, case.layout)
    clocks = clocks_of(case, pack, act, pending)
    is_decider = can(actor, AdmissionPermission.DECIDE, committee)
    waits, text, sort = _waits(pending, act.handling, act.name)
    due = next((c for c in clocks if c.is_due), None)
    opens = next((c for c in clocks if c.kind is not ClockKind.DUE and c.ends_on > today), None)
    due_on, basis = (due.ends_on, due.explanation) if due else (None, "")
    if opens is not None and not (opens.is_advice and due):
        due_on, basis = opens.ends_on, opens.explanation
        text, sort = _opening(opens.kind, text, sort)
    elif any(c.kind is ClockKind.WORKDAYS for c in clocks):
        ended = next(c for c in clocks if c.kind is ClockKind.WORKDAYS)
        due_on, basis = ended.ends_on, ended.explanation
    for one in kept_of(case, act, list(notes), today=today, is_current=True):
        is_first = one.next_due and (due_on is None or one.next_due <= due_on)
        if one.keeping.is_required and one.next_due and is_first:
            due_on, sort = one.next_due, "inspection"
            text = f"{one.keeping.label}（第 {one.made + 1} 次）"
            basis = f"依据{pack.law(one.keeping.article)}，应于 {one.next_due} 前完成。"
    is_mine = waits == "committee" if is_decider else waits == "branch"
    urgency = _urgency(due_on, today, is_term=sort != "opens")
    return Work(case, number, act.name, text, sort, waits, due_on, urgency, basis, is_mine)


def _waits(pending: Step | None, handling: Handling, name: str) -> tuple[str, str, str]:
    """For whom it waits, in words, and of which sort that is."""
    if pending is not None and pending.state == StepState.SUBMITTED:
        return "committee", f"待上级审批：{name}", "approval"
    if pending is not None:
        return "branch", f"公示中：{name}", "notice"
    if handling is Handling.COMMITTEE:
        return "committee", f"待上级办理：{name}", "committee"
    return "branch", name, "step"


def _opening(kind: ClockKind, text: str, sort: str) -> tuple[str, str]:
    if kind is ClockKind.WORKDAYS:
        return text, sort
    return text, "opens"


def _urgency(due_on: dt.date | None, today: dt.date, *, is_term: bool) -> Urgency:
    if due_on is None or not is_term:
        return Urgency.OPEN
    if due_on < today:
        return Urgency.OVERDUE
    return Urgency.SOON if due_on - today <= SOON else Urgency.OPEN


def _rank(one: Work) -> tuple[int, dt.date, str]:
    return one.urgency, one.due_on or dt.date.max, one.case.name_pinyin
