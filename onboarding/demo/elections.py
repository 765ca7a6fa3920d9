"""The demo's re-elections: one done, one at the ballot box, one waiting for its answer, terms that
end in due course and one that is over.  Everybody is invented.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from kernel import clock
from kernel.actor import Actor, Holding
from kernel.models import uuid7
from kernel.unit import unit_context
from tenant_apps.elections import selectors
from tenant_apps.elections.selectors import electors, inspection
from tenant_apps.elections.selectors.terms import bodies_visible_to
from tenant_apps.elections.services import (
    Act,
    CaseKind,
    Office,
    appointing,
    confirming,
    counting,
    meeting,
    opening,
    preparing,
    reminding,
)
from tenant_apps.elections.services.acting import Paper
from tenant_apps.elections.services.counting import CandidateCount, CountSheet
from tenant_apps.elections.services.preparing import Nominee, Plan
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.services import terms
from tenants.models import Unit

_ENDS_IN: Final = (-40, 20, 75, 150, 400, 640)
"""Days until the terms of the branches end, in turn."""
_IN_OFFICE: Final = 620
"""Days since the boards at the top were appointed."""
_JOINED: Final = (1998, 2008)
"""Between which years they joined."""
_SEATS: Final = 3
_VOTERS: Final = range(7, 51)


def renew(*, unit: Unit, now: dt.datetime) -> None:
    """Gives every body a term and takes three branches through parts of a re-election, once."""
    job = Actor.system("demo", unit_id=unit.id)
    with unit_context(unit.id):
        if selectors.elections_visible_to(job).exists():
            return
        _set_terms(job, now)
        branches = [org for org in bodies_visible_to(job).filter(kind="BRANCH") if _is_fit(org)]
        for org, until in zip(branches, (Act.DONE, Act.ELECT, Act.REPLY), strict=False):
            _Course(unit, org, now).go(until)
        _appoint_boards(job, now)
        _tell_of_the_rest(unit, job, now)


def _appoint_boards(job: Actor, now: dt.datetime) -> None:
    """The committee at the top and its commission of discipline inspection have their people."""
    root = organizations.roots_visible_to(job).first()
    commission = inspection.commission_of(root) if root is not None else None
    if root is None or commission is None:
        return
    began = clock.day_of(now) - dt.timedelta(days=_IN_OFFICE)
    document = f"徐党干〔{began.year}〕17 号"
    seasoned = electors.full_members(root.path).filter(joined_on__year__range=_JOINED)
    people = iter(list(seasoned.order_by("joined_on", "id")[:10]))
    for org in (root, commission):
        for code in ("01", "02", "19", "19", "19"):
            member = next(people, None)
            if member is None:
                return
            appointing.appoint(
                org=org, member=member, code=code, began_on=began, document=document,
                actor=job, now=now,
            )  # fmt: skip


def _tell_of_the_rest(unit: Unit, job: Actor, now: dt.datetime) -> None:
    """Somebody has left a board, so that it has a gap, and the first reminders have gone out."""
    for case in selectors.elections_visible_to(job).filter(act=Act.DONE)[:1]:
        post = selectors.posts_of(case.org_id, on=clock.day_of(now)).order_by("-code")[0]
        appointing.end(post=post, ended_on=clock.day_of(now), reason="工作调动", actor=job, now=now)
    reminding.remind_unit(unit_id=unit.id, now=now)


def _set_terms(job: Actor, now: dt.datetime) -> None:
    today = clock.day_of(now)
    for number, org in enumerate(bodies_visible_to(job).filter(term_ends_on=None)):
        ends = today + dt.timedelta(days=_ENDS_IN[number % len(_ENDS_IN)])
        terms.set_term_end(org_id=org.pk, ends_on=ends, document="演示数据", actor=job, now=now)


def _is_fit(org: Any) -> bool:
    return electors.full_members(org.path).count() in _VOTERS


class _Course:
    """One branch's re-election, act by act, its meeting held some days ago."""

    def __init__(self, unit: Unit, org: Any, now: dt.datetime) -> None:
        self._org, self._now = org, now
        self._day = clock.day_of(now) - dt.timedelta(days=3)
        self._voters: list[UUID] = list(
            electors.full_members(org.path).values_list("pk", flat=True)
        )
        self._secretary = _somebody(unit, "周明远", org.path)
        self._committee = _somebody(unit, "韩静宜", "")

    def go(self, until: Act) -> None:
        ends = self._day + dt.timedelta(days=50)
        terms.set_term_end(
            org_id=self._org.pk, ends_on=ends, document="演示数据", actor=self._committee,
            now=self._now,
        )  # fmt: skip
        self._case = opening.start(
            org=self._org, kind=CaseKind.REELECTION, is_reminder=True, paper=self._paper(60),
            actor=self._committee, now=self._now,
        )  # fmt: skip
        while self._case.act != until:
            self._case = self._acts[Act(self._case.act)]()

    @property
    def _acts(self) -> Mapping[Act, Callable[[], Any]]:
        by, above = self._by(self._secretary), self._by(self._committee)
        plan = Plan(planned_on=self._day, has_committee=True, seats=_SEATS)
        case = self._case
        return {
            Act.DECIDE: lambda: preparing.decide(
                election=case, plan=plan, paper=self._paper(40, "支委会 2026 年第 9 次会议"), **by
            ),
            Act.REQUEST: lambda: preparing.request(
                election=case, paper=self._paper(38, "支〔2026〕6 号"), **by
            ),
            Act.REPLY: lambda: preparing.reply(
                election=case, paper=self._paper(30, "党发〔2026〕21 号"), is_approved=True, **above
            ),
            Act.PROPOSE: lambda: preparing.propose(
                election=case, nominees=self._nominees(), paper=self._paper(20), **by
            ),
            Act.EXAMINE: lambda: preparing.examine(
                election=case, paper=self._paper(14, "党发〔2026〕25 号"), is_approved=True, **above
            ),
            Act.PUBLICISE: lambda: preparing.publicise(
                election=case, notice_until=self._day - dt.timedelta(days=1), place="党员活动室",
                paper=self._paper(7), **by,
            ),
            Act.ASSEMBLE: lambda: meeting.assemble(
                election=case, roll=meeting.Roll(present=frozenset(self._voters)),
                paper=self._paper(0), **by,
            ),
            Act.ELECT: lambda: self._vote(Act.ELECT),
            Act.PLENUM: lambda: self._vote(Act.PLENUM),
            Act.REPORT: lambda: confirming.report(
                election=case, division=self._division(),
                paper=self._paper(0, "支〔2026〕8 号"), **by,
            ),
            Act.CONFIRM: lambda: confirming.confirm(
                election=case, paper=self._paper(0, "党发〔2026〕28 号"), is_approved=True, **above
            ),
            Act.ARCHIVE: lambda: confirming.archive(election=case, paper=self._paper(0), **by),
        }  # fmt: skip

    def _vote(self, act: Act) -> Any:
        by = self._by(self._secretary)
        for one in counting.seeking(self._case, act):
            present = len(self._voters) if act is Act.ELECT else _SEATS
            meeting.count(election=self._case, office=one.office, sheet=_sheet(one, present), **by)
        return meeting.conclude(election=self._case, paper=self._paper(0, "党员大会会议记录"), **by)

    def _nominees(self) -> list[Nominee]:
        committee = [Nominee(pk, Office.COMMITTEE) for pk in self._voters[: _SEATS + 1]]
        return [*committee, Nominee(self._voters[0], Office.SECRETARY)]

    def _division(self) -> dict[UUID, str]:
        ordinary = confirming.ordinary_of(self._case)
        return {UUID(pk): code for (pk, _), code in zip(ordinary, ("11", "13"), strict=False)}

    def _paper(self, days_before: int, document: str = "") -> Paper:
        return Paper(self._day - dt.timedelta(days=days_before), document)

    def _by(self, actor: Actor) -> dict[str, Any]:
        return {"actor": actor, "now": self._now}


def _sheet(one: counting.Seeking, present: int) -> CountSheet:
    """Everybody for the first ones but one vote; the last of the list against."""
    rows = []
    for number, (member, name) in enumerate(one.candidates[: one.choices]):
        votes_for = present - min(number, 1) if number < one.open_seats else 1
        rows.append(CandidateCount(UUID(member), name, votes_for, present - votes_for, 0))
    return CountSheet(present, present, present, present, present, tuple(rows))


def _somebody(unit: Unit, name: str, scope: str) -> Actor:
    return Actor(
        kind="person", name=name, person_id=uuid7(), unit_id=unit.id,
        holdings=(Holding("secretary" if scope else "unit_admin", scope),),
    )  # fmt: skip
