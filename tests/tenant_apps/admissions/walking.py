"""Leads an invented person through the acts, so that a test begins where it wants to."""

from __future__ import annotations

import datetime as dt
from itertools import count
from types import SimpleNamespace

from shared_apps.rules.selectors.admission import Handling
from tenant_apps.admissions.models import Case, NoteKind
from tenant_apps.admissions.services import acting, deciding, going, notes, opening
from tenant_apps.admissions.services.opening import Applicant
from tests.factories.members import make_member
from tests.factories.organizations import admin, small_tree, somebody

LATE = dt.datetime(2029, 6, 30, 1, 0, tzinfo=dt.UTC)
TODAY = LATE.date()
TIMES = {"today": TODAY, "now": LATE}
_serial = count(1)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def identity(born: str = "19950203", *, is_male: bool = True) -> str:
    """A number that nobody has, with a right check character."""
    first = f"320303{born}{next(_serial) * 2 % 900 + 100 + is_male:03d}"
    if int(first[16]) % 2 != is_male:
        first = first[:16] + str((int(first[16]) + 1) % 10)
    total = sum(w * int(d) for w, d in zip(_WEIGHTS, first, strict=True))
    return first + "10X98765432"[total % 11]


def applicant(name: str = "苏晓梅", **fields) -> Applicant:
    values = {
        "phone": f"139{next(_serial):08d}", "ethnicity": "汉族", "education": "大学本科",
        "occupation": "PROFESSIONAL", "workplace": "设计一室",
    }  # fmt: skip
    return Applicant(name=name, **{"identity": identity(), **values, **fields})


def scene() -> SimpleNamespace:
    """The small tree with three full members in l1, its secretary, and two of the committee."""
    tree = small_tree()
    people = [make_member(tree.l1, name) for name in ("林致远", "沈建国", "何秀兰")]
    return SimpleNamespace(
        tree=tree,
        people=people,
        secretary=somebody(("secretary", tree.l1.path), name="林致远"),
        organiser=admin(""),
        other_admin=admin(""),
    )


def opened(world, *, applied: str = "2025-01-31", layout: str = "25", **fields) -> Case:
    return opening.open_case(
        org=world.tree.l1, applicant=applicant(**fields), applied_on=day(applied), given={},
        layout=layout, actor=world.secretary, **TIMES,
    )  # fmt: skip


TALLY = {"expected": 25, "present": 20, "written": 0, "for": 18, "against": 1, "abstain": 1}


def answers(world, act: str) -> dict:
    """Something right for every act."""
    ids = [str(member.pk) for member in world.people]
    return {
        "talk": {"talker": "林致远", "place": "会议室", "content": "谈了学习工作经历"},
        "activist": {"recommended_by": "MEMBERS", "body": "COMMITTEE", "minutes": "一致同意"},
        "contacts": {"people": ids[:2]},
        "cultivation": {"summary": "表现良好"},
        "candidate": {
            "contact_opinion": "同意", "masses_opinion": "反映良好", "body": "COMMITTEE",
            "minutes": "一致同意",
        },
        "candidate_notice": {"at": "单位公告栏"},
        "introducers": {"people": ids[:2]},
        "political_review": {"person": "清楚", "relatives": "清楚", "result": "PASS"},
        "training": {"organiser": "县委党校", "ended_on": "2026-07-03", "days": 3},
        "branch_review": {"committee_total": 5, "committee_present": 4, "minutes": "同意报送"},
        "prereview": {"leaves_soon": "NO"},
        "prereview_result": {"told": "书面通知支部"},
        "form": {"serial": "2026000123", "introducers_written": "YES"},
        "meeting": {"chair": "林致远", **TALLY, "resolution": "接收为预备党员"},
        "committee_talk": {"talker": "组织员", "place": "党委办公室", "opinion": "同意"},
        "approval_result": {"told": "已通知本人"},
        "filing": {"document": "备〔2026〕1号", "office": "上级党委组织部"},
        "oath": {"place": "纪念馆", "leader": "书记"},
        "probation": {"summary": "表现良好"},
        "conversion_meeting": {
            "opinions": "同意", "review": "同意", "result": "ON_TIME", **TALLY,
            "resolution": "按期转正",
        },
        "conversion_result": {"told": "已宣布"},
        "archive": {"kept_in": "PERSONNEL", "papers": "志愿书等"},
    }.get(act, {})  # fmt: skip


DAYS = {
    "talk": "2025-02-28", "activist": "2025-03-15", "activist_filing": "2025-03-20",
    "contacts": "2025-03-21", "cultivation": "2026-03-16", "candidate": "2026-05-12",
    "candidate_superior": "2026-05-20", "candidate_notice": "2026-06-01",
    "introducers": "2026-06-09", "political_review": "2026-06-20", "training": "2026-07-01",
    "branch_review": "2026-08-01", "prereview": "2026-08-31", "prereview_result": "2026-09-01",
    "form": "2026-09-05", "meeting": "2026-09-20", "committee_talk": "2026-10-01",
    "approval": "2026-10-20", "approval_result": "2026-10-21", "filing": "2026-10-25",
    "placement": "2026-10-26", "oath": "2026-11-01", "probation": "2027-09-18",
    "conversion_application": "2027-09-19", "conversion_meeting": "2027-09-25",
    "conversion_approval": "2027-10-10", "conversion_result": "2027-10-11",
    "archive": "2027-10-20",
}  # fmt: skip
"""A day for every act that the rules allow, each not before the one before it."""


def do(world, case: Case, act: str, on: str | None = None, **given):
    """One act, whoever's it is: recorded, or submitted and agreed, or begun and ended."""
    case.refresh_from_db()
    rule = going.pack_of(case).acts[act]
    date = day(on or DAYS[act])
    if given.get("result") == "CANCEL":
        given = {"ground": "UNFIT", **given}
    actor = world.organiser if rule.handling is Handling.COMMITTEE else world.secretary
    step = acting.record(
        case=case, act=act, on=date, given={**answers(world, act), **given}, actor=actor, **TIMES
    )
    if rule.handling is Handling.DECISION:
        return decided(world, case, date)
    if rule.handling is Handling.NOTICE:
        case.refresh_from_db()
        ends = going.clocks_of(case, rule, {**case.days, act: date})[0].ends_on
        return acting.end_notice(
            case=case, on=ends, given={"result": "CLEAR"}, actor=world.secretary, **TIMES
        )
    return step


def decided(world, case, on, verdict="AGREE", opinion="", actor=None, **given):
    document = {"document": "党委〔2026〕8号"} if verdict == "AGREE" else {}
    return deciding.decide(
        case=case, verdict=verdict, on=on, given={**document, **given}, opinion=opinion,
        actor=actor or world.organiser, **TIMES,
    )  # fmt: skip


def inspected(world, case: Case, *days: str) -> None:
    for one in days:
        notes.add(
            case=case, kind=NoteKind.INSPECTION, on=day(one), by="林致远", text="表现良好",
            actor=world.secretary, **TIMES,
        )  # fmt: skip


def walk(world, case: Case, until: str) -> Case:
    """Goes on until ``until`` is the act that comes next."""
    case.refresh_from_db()
    while case.is_open and case.act != until:
        if case.act == "cultivation":
            inspected(world, case, "2025-09-10", "2026-03-10")
        if case.act == "probation":
            inspected(world, case, "2027-03-10", "2027-09-10")
        do(world, case, case.act)
        case.refresh_from_db()
    return case
