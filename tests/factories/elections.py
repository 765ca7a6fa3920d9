"""A branch that elects, and a case driven as far as a test needs it.  Nobody here exists."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

from tenant_apps.elections.models import Act, CaseKind, Election, Office, Profile
from tenant_apps.elections.services import (
    confirming,
    counting,
    meeting,
    opening,
    preparing,
)
from tenant_apps.elections.services.acting import Paper
from tenant_apps.elections.services.counting import CandidateCount, CountSheet
from tenant_apps.elections.services.preparing import Nominee, Plan
from tenant_apps.organizations.models import Kind, Organization
from tests.factories.members import new_member, store
from tests.factories.organizations import NOW, TODAY, small_tree, somebody

ENDS = dt.date(2027, 1, 31)
"""The end of the branch's term: two months and nine days from the tests' today."""


def branch(count: int = 10, *, ends_on: dt.date | None = ENDS) -> SimpleNamespace:
    """A branch with so many full members below a committee, its secretary and the committee's
    administrator, and another administrator who may answer too.
    """
    tree = small_tree()
    org = tree.l1
    Organization.objects.filter(pk=org.pk).update(term_ends_on=ends_on)
    org.refresh_from_db()
    people = store(*(new_member(org, f"党员{number:02d}") for number in range(1, count + 1)))
    return SimpleNamespace(
        tree=tree,
        org=org,
        people=people,
        ben=somebody(("secretary", org.path), name="本"),
        ada=somebody(("unit_admin", ""), name="艾达"),
    )


def congress(count: int = 14) -> SimpleNamespace:
    """A committee with a commission beside it, whose members elect both in one congress."""
    place = branch(count)
    root = place.tree.root
    Organization.objects.filter(pk=root.pk).update(term_ends_on=ENDS)
    place.org = Organization.objects.get(pk=root.pk)
    place.commission = Organization.objects.create(
        parent=root, path=f"{root.path}0099", depth=2, kind=Kind.DISCIPLINE_COMMITTEE,
        name="中共root纪委", short_name="纪委", created_at=NOW,
    )  # fmt: skip
    return place


def paper(day: dt.date = TODAY, *, document: str = "支〔2026〕1 号", note: str = "") -> Paper:
    return Paper(happened_on=day, document=document, note=note)


def drive(
    place: SimpleNamespace,
    until: Act,
    *,
    kind: CaseKind = CaseKind.REELECTION,
    seats: int = 3,
    deputies: int = 0,
    secretaries: int = 1,
    has_committee: bool = True,
    inspectors: int = 0,
    profile: Profile = Profile.GENERAL,
    day: dt.date = TODAY,
) -> Election:
    """A case whose next act is ``until``; ``ben`` submits and ``ada`` answers."""
    ben, ada, who = place.ben, place.ada, {"actor": place.ben, "now": NOW}
    plan = Plan(
        planned_on=day, has_committee=has_committee, seats=seats, secretaries=secretaries,
        deputies=deputies, profile=profile, inspectors=inspectors,
    )  # fmt: skip
    case = opening.start(
        org=place.org, kind=kind, paper=paper(day - dt.timedelta(days=20)), is_reminder=False, **who
    )
    earlier = paper(day - dt.timedelta(days=10))
    acts = {
        Act.DECIDE: lambda: preparing.decide(election=case, plan=plan, paper=earlier, **who),
        Act.REQUEST: lambda: preparing.request(election=case, paper=earlier, **who),
        Act.REPLY: lambda: preparing.reply(
            election=case, is_approved=True, paper=earlier, actor=ada, now=NOW
        ),
        Act.PROPOSE: lambda: preparing.propose(
            election=case, nominees=nominees(place, case), paper=earlier, **who
        ),
        Act.EXAMINE: lambda: preparing.examine(
            election=case, is_approved=True, paper=earlier, actor=ada, now=NOW
        ),
        Act.PUBLICISE: lambda: preparing.publicise(
            election=case, notice_until=day - dt.timedelta(days=1), paper=earlier, **who
        ),
        Act.ASSEMBLE: lambda: meeting.assemble(
            election=case, roll=roll(place.people), paper=paper(day), **who
        ),
        Act.ELECT: lambda: vote(case, ben, day),
        Act.PLENUM: lambda: vote(case, ben, day),
        Act.REPORT: lambda: confirming.report(election=case, division={}, paper=paper(day), **who),
        Act.CONFIRM: lambda: confirming.confirm(
            election=case, is_approved=True, paper=paper(day), actor=ada, now=NOW
        ),
        Act.ARCHIVE: lambda: confirming.archive(election=case, paper=paper(day), **who),
    }
    while case.act != until:
        case = acts[Act(case.act)]()
    return case


def nominees(place: SimpleNamespace, case: Election) -> list[Nominee]:
    """A fifth more than seats for the committee, the first ones for secretary and deputies."""
    committee = -(-case.seats * 6 // 5)
    found = [Nominee(one.pk, Office.COMMITTEE) for one in place.people[:committee]]
    found += [Nominee(one.pk, Office.SECRETARY) for one in place.people[: case.secretaries]]
    deputies = place.people[1 : 1 + case.deputies]
    found += [Nominee(one.pk, Office.DEPUTY) for one in deputies]
    if case.inspectors:
        wanted = -(-case.inspectors * 6 // 5)
        beside = place.people[-wanted:]
        found += [Nominee(one.pk, Office.INSPECTOR) for one in beside]
        found.append(Nominee(beside[0].pk, Office.INSP_HEAD))
    return found


def roll(present, *, excluded=None) -> meeting.Roll:
    return meeting.Roll(present=frozenset(one.pk for one in present), excluded=excluded)


def sheet(sought, *votes_for: int, present: int, expected: int | None = None) -> CountSheet:
    """Every ballot valid; who does not vote for somebody votes against."""
    chosen = sought.candidates[: len(votes_for)]
    return CountSheet(
        expected=expected or present,
        present=present,
        issued=present,
        returned=present,
        valid=present,
        candidates=tuple(
            CandidateCount(member, name, count, present - count, 0)
            for (member, name), count in zip(chosen, votes_for, strict=True)
        ),
    )


def sought(case: Election, office: Office = Office.COMMITTEE):
    act = Act.PLENUM if case.act == Act.PLENUM else Act.ELECT
    return next(one for one in counting.seeking(case, act) if one.office is office)


def vote(case: Election, actor, day: dt.date) -> Election:
    """Everybody present votes for as many as there are seats, in the order of the list."""
    act = Act(case.act)
    for one in counting.seeking(case, act):
        present = case.present if act is Act.ELECT else len(counting.plenum_of(case, one.office))
        counts = [present] * one.open_seats + [0] * (one.choices - one.open_seats)
        meeting.count(
            election=case, office=one.office, sheet=sheet(one, *counts, present=present),
            actor=actor, now=NOW,
        )  # fmt: skip
    return meeting.conclude(election=case, paper=paper(day), actor=actor, now=NOW)
