"""The discipline inspection commission: elected in the same congress, a body of its own
(rulebook 1.1)."""

from __future__ import annotations

import datetime as dt

import pytest

from tenant_apps.elections import selectors
from tenant_apps.elections.models import Act, Ballot, CaseKind, Office
from tenant_apps.elections.selectors import papers
from tenant_apps.elections.selectors.board import board_of
from tenant_apps.elections.services import appointing, meeting, preparing
from tenant_apps.elections.services.preparing import Nominee, Plan
from tenant_apps.organizations.models import Organization
from tests.factories.elections import congress, drive, nominees, paper, sheet, sought
from tests.factories.organizations import NOW, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(alpha):
    return congress()


def posts(org):
    return [(one.code, one.member.name) for one in selectors.posts_of(org.pk, on=TODAY)]


def test_two_bodies_are_elected_in_one_case(place):
    """The secretary of each is elected by its own plenum, and both begin the same term."""
    case = drive(place, Act.DONE, seats=5, inspectors=3)
    assert posts(place.org)[0] == ("01", "党员01")
    assert posts(place.commission) == [("01", "党员11"), ("19", "党员12"), ("19", "党员13")]
    ends = Organization.objects.values_list("term_ends_on", flat=True)
    assert set(ends.filter(pk__in=[place.org.pk, place.commission.pk])) == {dt.date(2031, 11, 22)}
    head = Ballot.objects.get(election=case, office=Office.INSP_HEAD)
    assert (head.expected, head.present) == (3, 3)
    assert board_of(place.commission, on=TODAY).problems == []


def test_each_body_has_minutes_of_its_own(place):
    case = drive(place, Act.DONE, seats=5, inspectors=3)
    paper_of = papers.printed(place.ada, case.steps.get(act=Act.PLENUM).pk)
    committee, commission = papers.body_of(paper_of, ""), papers.body_of(paper_of, "inspection")
    assert committee.offices == ("SECRETARY", "DEPUTY")
    assert (commission.name, commission.offices) == ("中共root纪委", ("INSP_HEAD",))
    elected = papers.body_of(papers.printed(place.ada, case.steps.get(act=Act.ELECT).pk), "")
    assert elected.offices == ("COMMITTEE", "INSPECTOR")


def test_the_plenum_of_the_commission_is_its_own(place):
    """Of the committee's people nobody stands for, or is counted among, the commission."""
    case = drive(place, Act.PLENUM, seats=5, inspectors=3)
    head = sought(case, Office.INSP_HEAD)
    assert {name for _, name in head.candidates} == {"党员11", "党员12", "党员13"}
    given = sheet(sought(case, Office.SECRETARY), 3, present=3)
    with pytest.raises(meeting.CountCannotBe):
        meeting.count(election=case, office=Office.INSP_HEAD, sheet=given, actor=place.ben, now=NOW)


def test_candidates_of_the_commission_are_a_fifth_more_too(place):
    case = drive(place, Act.PROPOSE, seats=5, inspectors=3)
    listed = [one for one in nominees(place, case) if one.member_id != place.people[-1].pk]
    who = {"paper": paper(), "actor": place.ben, "now": NOW}
    with pytest.raises(preparing.TooFewCandidates) as refused:
        preparing.propose(election=case, nominees=listed, **who)
    assert refused.value.data["office"] == "纪委委员"
    outside = [one for one in nominees(place, case) if one.office is not Office.INSP_HEAD]
    outside.append(Nominee(place.people[0].pk, Office.INSP_HEAD))
    with pytest.raises(preparing.NomineeNotEligible):
        preparing.propose(election=case, nominees=outside, **who)


def test_a_commission_is_elected_with_a_committee_and_where_there_is_one(place):
    case = drive(place, Act.DECIDE)
    plan = Plan(planned_on=TODAY, has_committee=True, seats=5, inspectors=3)
    how = {"plan": plan, "paper": paper(), "actor": place.ben, "now": NOW}
    Organization.objects.filter(pk=place.commission.pk).update(ended_on=TODAY, parent=None)
    with pytest.raises(preparing.PlanDoesNotFit):
        preparing.decide(election=case, **how)
    place.org = place.tree.l1
    for kind in (CaseKind.REELECTION, CaseKind.BY_ELECTION):
        below = drive(place, Act.DECIDE, kind=kind)
        with pytest.raises(preparing.PlanDoesNotFit):
            preparing.decide(election=below, **how)
        _close(below)


def _close(case):
    case.__class__.objects.filter(pk=case.pk).update(closed_at=NOW, act=Act.CANCELLED)


def test_a_post_in_the_commission_is_held_by_somebody_of_the_committee(place):
    made = appointing.appoint(
        org=place.commission, member=place.people[0], code="01", began_on=TODAY,
        document="党委 6 号", actor=place.ada, now=NOW,
    )  # fmt: skip
    assert made.org_path == place.commission.path
