"""The demo's admissions: eight invented people, each at another step of the way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from zlib import crc32

from kernel import clock
from kernel.actor import Actor, Holding
from kernel.models import uuid7
from kernel.unit import unit_context
from onboarding.roster import values
from shared_apps.rules.selectors.admission import Handling
from tenant_apps.admissions import selectors
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.selectors import full_members_of
from tenant_apps.admissions.services import acting, deciding, going, notes, opening
from tenant_apps.admissions.services.opening import Applicant
from tenants.models import Unit


class Newcomer(NamedTuple):
    """Somebody on the way: applied so many days ago, came to ``act``; ``is_begun`` says that it
    is submitted, or that its notice is up.
    """

    name: str
    is_male: bool
    born: str
    occupation: str
    education: str
    applied_days_ago: int
    act: str
    is_begun: bool = False


_PEOPLE: Final = (
    Newcomer("苏晓梅", False, "19990216", "PROFESSIONAL", "大学本科", 40, "talk"),
    Newcomer("周正阳", True, "20010508", "WORKER", "大学专科", 9, "talk"),
    Newcomer("吴敏", False, "19960311", "MANAGER", "硕士研究生", 235, "cultivation"),
    Newcomer("郑洁茹", False, "19971120", "PROFESSIONAL", "大学本科", 432, "candidate"),
    Newcomer(
        "冯磊", True, "19940705", "WORKER", "大学专科", 452, "candidate_notice", is_begun=True
    ),
    Newcomer("陈静怡", False, "19980923", "MANAGER", "大学本科", 545, "approval", is_begun=True),
    Newcomer("蒋涛", True, "19951214", "PROFESSIONAL", "硕士研究生", 566, "oath"),
    Newcomer("韩雪", False, "19930630", "PROFESSIONAL", "大学本科", 720, "probation"),
)
APPLICANT: Final = _PEOPLE[2]
"""Whom the list of accounts names: an activist, who has reports to write and a paper to bring."""
_DAYS: Final[Mapping[str, int]] = {
    "talk": 18, "activist": 50, "activist_filing": 54, "contacts": 56, "cultivation": 418,
    "candidate": 425, "candidate_superior": 432, "candidate_notice": 448, "introducers": 462,
    "political_review": 470, "training": 476, "branch_review": 490, "prereview": 500,
    "form": 506, "meeting": 520, "committee_talk": 528, "approval": 540, "filing": 545,
    "placement": 546, "oath": 560,
}  # fmt: skip
"""On which day after the application each act was done."""
_TALLY: Final = {"expected": 9, "present": 8, "written": 1, "for": 9, "against": 0, "abstain": 0}


def show(*, unit: Unit, now: dt.datetime) -> None:
    """Leads the eight through the services as two people would, once."""
    with unit_context(unit.id):
        anybody = Actor.system("demo", unit_id=unit.id)
        if selectors.cases_visible_to(anybody).exists():
            return
        branch = next(
            (b for b in selectors.branches_visible_to(anybody) if _can_lead(b.path)), None
        )
        if branch is None:
            return
        secretary = _officer(unit, "secretary", branch.path, full_members_of(branch.path)[0].name)
        organiser = _officer(unit, "unit_admin", "", "秦岚")
        for number, one in enumerate(_PEOPLE, 1):
            _lead(one, _applicant(one, number, unit, branch), branch, secretary, organiser, now)


def phone_of(one: Newcomer, unit: Unit) -> str:
    """An invented number of the demo, another one for each person of each unit."""
    return f"13805{crc32(unit.label.encode()) % 100:02d}{_PEOPLE.index(one) + 1:04d}"


def _applicant(one: Newcomer, serial: int, unit: Unit, branch: Any) -> Applicant:
    return Applicant(
        name=one.name, identity=_number(one, serial), phone=phone_of(one, unit),
        ethnicity="汉族", occupation=one.occupation, education=one.education,
        workplace=branch.short_name or branch.name,
    )  # fmt: skip


def _can_lead(path: str) -> bool:
    return len(full_members_of(path)) > 2


def _officer(unit: Unit, role: str, scope: str, name: str) -> Actor:
    return Actor(
        kind="person", name=name, person_id=uuid7(), unit_id=unit.id,
        holdings=(Holding(role, scope),),
    )  # fmt: skip


def _number(one: Newcomer, serial: int) -> str:
    """Odd for men, even for women, as identity numbers are."""
    first = f"320382{one.born}{900 + 2 * serial + one.is_male:03d}"
    return first + values.check_character(first)


def _lead(
    one: Newcomer, person: Applicant, branch: Any, secretary: Actor, organiser: Actor,
    now: dt.datetime,
) -> None:  # fmt: skip
    today = clock.day_of(now)
    applied = today - dt.timedelta(days=one.applied_days_ago)
    case = opening.open_case(
        org=branch, applicant=person,
        applied_on=applied, given={}, layout="25", actor=secretary, today=today, now=now,
    )  # fmt: skip
    while case.act != one.act or one.is_begun:
        act = going.pack_of(case).acts[case.act]
        on = min(applied + dt.timedelta(days=_DAYS[act.key]), today)
        _inspect(case, on, secretary, today, now)
        actor = organiser if act.handling is Handling.COMMITTEE else secretary
        step = acting.record(
            case=case, act=act.key, on=on, given=_answers(act.key, branch.path), actor=actor,
            today=today, now=now,
        )  # fmt: skip
        if act.key == one.act:
            return
        _complete(case, act, step.on, secretary, organiser, now)
        case = selectors.case_for(Actor.system("demo"), case.pk, to=AdmissionPermission.BROWSE)


def _complete(
    case: Any, act: Any, on: dt.date, secretary: Actor, organiser: Actor, now: dt.datetime
) -> None:
    """What the second person does, or what the days of a notice bring."""
    today = clock.day_of(now)
    if act.handling is Handling.DECISION:
        deciding.decide(
            case=case, verdict="AGREE", on=on, given={"document": f"党组〔{on.year}〕{on:%m}号"},
            opinion="", actor=organiser, today=today, now=now,
        )  # fmt: skip
    elif act.handling is Handling.NOTICE:
        ends = going.clocks_of(case, act, {**case.days, act.key: on})[0].ends_on
        acting.end_notice(
            case=case, on=ends, given={"result": "CLEAR"}, actor=secretary, today=today, now=now
        )


def _inspect(case: Any, until: dt.date, secretary: Actor, today: dt.date, now: dt.datetime) -> None:
    """The inspections that were due by then, each some days before its term."""
    for keeping in going.pack_of(case).acts[case.act].keeps:
        text = {"INSPECTION": "学习认真，工作踏实，能主动参加支部活动。"}.get(
            keeping.kind, "结合近期学习，汇报对党的认识和自身不足。"
        )
        for due in keeping.due_days(case.days, until=until):
            notes.add(
                case=case, kind=notes.NoteKind(keeping.kind), on=due - dt.timedelta(days=3),
                by=secretary.name if keeping.kind == "INSPECTION" else case.name, text=text,
                actor=secretary, today=today, now=now,
            )  # fmt: skip


def _answers(act: str, path: str) -> dict[str, Any]:
    people = [str(one.id) for one in full_members_of(path)[:2]]
    meeting = {"body": "MEETING", "minutes": "集体研究，一致同意。"}
    answers: dict[str, dict[str, Any]] = {
        "talk": {"talker": "支部书记", "place": "活动室", "content": "谈了成长经历和入党动机。"},
        "activist": {"recommended_by": "MEMBERS", **meeting},
        "contacts": {"people": people},
        "cultivation": {"summary": "经一年培养教育，基本具备发展对象条件。"},
        "candidate": {"contact_opinion": "同意", "masses_opinion": "反映良好", **meeting},
        "candidate_notice": {"at": "单位公告栏和职工之家"},
        "introducers": {"people": people},
        "political_review": {"person": "清楚", "relatives": "清楚", "result": "PASS"},
        "training": {"organiser": "市直机关党校", "ended_on": "2026-06-12", "days": 3, "hours": 24},
        "branch_review": {"minutes": "材料齐全，同意报上级党委预审。"},
        "prereview": {"leaves_soon": "NO"},
        "form": {"serial": "2026032018", "introducers_written": "YES"},
        "meeting": {"chair": "支部书记", **_TALLY, "resolution": "同意接收为中共预备党员。"},
        "committee_talk": {"talker": "组织员", "place": "党委办公室", "opinion": "同意批准。"},
        "filing": {"document": "备〔2026〕6号", "office": "上级党委组织部"},
        "oath": {"place": "烈士陵园", "leader": "党委书记"},
    }  # fmt: skip
    return answers.get(act, {})
