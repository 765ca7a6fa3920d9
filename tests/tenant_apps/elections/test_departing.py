"""Who leaves holds no post, stands for none, is seated in none; a gap is told (rulebook 1.4)."""

from __future__ import annotations

import datetime as dt

import pytest

from tenant_apps.audit import selectors as audit
from tenant_apps.elections import selectors
from tenant_apps.elections.models import Act, CaseKind, Election, Post, Verdict
from tenant_apps.elections.selectors import work
from tenant_apps.elections.selectors.vacancies import vacancies_visible_to
from tenant_apps.elections.services import acting, appointing, confirming, opening, preparing
from tenant_apps.members.models import ChangeKind, Member
from tenant_apps.members.services import changes, departures
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.services import merging
from tenant_apps.organizations.services.open_matters import StillOpen
from tests.factories.elections import branch, drive, paper
from tests.factories.organizations import NOW, TODAY, decided, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(alpha):
    return branch()


def leave(place, number, kind=ChangeKind.DIED):
    return changes.leave(
        member=Member.objects.get(pk=place.people[number].pk), kind=kind, on=TODAY,
        document="苏组批 3 号", reason="", actor=place.ada, now=NOW,
    )  # fmt: skip


def test_posts_end_with_the_membership_and_come_back_with_its_undo(place):
    drive(place, Act.DONE)
    secretary = Member.objects.get(pk=place.people[0].pk)
    assert departures.preview(secretary, actor=place.ada).ended == ["l1书记"]
    change = leave(place, 0)
    post = Post.objects.get(code="01")
    assert (post.ended_on, post.end_reason) == (TODAY, change.get_kind_display())
    assert Member.objects.get(pk=secretary.pk).posts == ""
    assert audit.events_about(post.pk).filter(code="post.ended").exists()
    changes.undo(change=change, actor=place.ada, now=NOW)
    assert Post.objects.get(code="01").ended_on is None
    assert Member.objects.get(pk=secretary.pk).posts == "书记"


def test_a_post_that_went_to_somebody_else_does_not_come_back(place):
    drive(place, Act.DONE)
    change = leave(place, 0)
    appointing.appoint(
        org=place.org, member=place.people[5], code="01", began_on=TODAY, document="党委 5 号",
        actor=place.ada, now=NOW,
    )  # fmt: skip
    changes.undo(change=change, actor=place.ada, now=NOW)
    held = selectors.posts_of(place.org.pk, on=TODAY).filter(code="01")
    assert [one.member_id for one in held] == [place.people[5].pk]


def test_a_list_that_gets_too_short_is_proposed_again(place):
    case = drive(place, Act.ASSEMBLE)
    change = leave(place, 3)
    case.refresh_from_db()
    assert case.act == Act.PROPOSE
    assert str(place.people[3].pk) not in {one["member"] for one in case.nominees}
    noted = case.steps.get(verdict=Verdict.NOTED)
    assert "候选人不足，须重新提名" in noted.note
    assert audit.events_about(case.pk).filter(code="election.nominee_left").exists()
    changes.undo(change=change, actor=place.ada, now=NOW)
    case.refresh_from_db()
    assert str(place.people[3].pk) in {one["member"] for one in case.nominees}


def test_a_list_that_is_long_enough_goes_on_and_keeps_its_submitter(place):
    case = drive(place, Act.EXAMINE)
    extra = {"member": str(place.people[8].pk), "name": "党员09", "office": "COMMITTEE"}
    Election.objects.filter(pk=case.pk).update(nominees=[*case.nominees, extra])
    leave(place, 8)
    case.refresh_from_db()
    assert (case.act, len(case.nominees)) == (Act.EXAMINE, 5)
    answer = {"election": case, "is_approved": True, "paper": paper(), "now": NOW}
    with pytest.raises(acting.SecondPerson):
        preparing.examine(actor=place.ben, **answer)
    assert preparing.examine(actor=place.ada, **answer).act == Act.PUBLICISE


def test_who_left_after_the_vote_is_not_seated(place):
    case = drive(place, Act.CONFIRM)
    told = departures.preview(place.people[1], actor=place.ada)
    assert "不再登记任职" in told.left[0]
    leave(place, 1)
    confirming.confirm(election=case, is_approved=True, paper=paper(), actor=place.ada, now=NOW)
    names = [one.member.name for one in selectors.posts_of(place.org.pk, on=TODAY)]
    assert names == ["党员01", "党员03"]
    assert case.steps.get(act=Act.CONFIRM).data["not_seated"] == ["党员02"]


class TestGaps:
    def gaps(self, actor):
        return [(one.org.short_name, one.text) for one in vacancies_visible_to(actor)]

    def test_a_committee_that_lost_somebody_is_proposed_a_by_election(self, place):
        drive(place, Act.DONE)
        assert self.gaps(place.ben) == []
        leave(place, 1)
        assert self.gaps(place.ben) == [("l1", "委员会现有 2 人，一般不少于 3 人")]
        duties = [one.text for one in work.Duties().duties(place.ben, today=TODAY)]
        assert duties == ["班子缺额，建议增补选举"]
        assert self.gaps(somebody(("secretary", place.tree.right.path))) == []

    def test_who_leads_is_missed_too_until_a_by_election_has_begun(self, place):
        drive(place, Act.DONE, seats=5)
        leave(place, 0)
        assert self.gaps(place.ben) == [("l1", "没有在任书记")]
        drive(place, Act.DECIDE, kind=CaseKind.BY_ELECTION, seats=0)
        assert self.gaps(place.ben) == []

    def test_a_new_board_owes_nothing_for_the_old_one(self, place):
        old = place.people[9]
        Post.objects.create(
            member=old, org=place.org, org_path=place.org.path, code="01", reason="ELECTED",
            began_on=TODAY - dt.timedelta(900), ended_on=TODAY - dt.timedelta(30),
            end_reason="退休", recorded_at=NOW,
        )  # fmt: skip
        assert self.gaps(place.ben)
        drive(place, Act.DONE)
        Post.objects.filter(code="19")[:1].get().delete()
        assert self.gaps(place.ben) == []


def test_an_organisation_does_not_end_over_an_election(place):
    case = drive(place, Act.REPLY)
    act = {"decision": decided(), "actor": place.ada, "now": NOW}
    target = Organization.objects.get(pk=place.tree.l2.pk)
    with pytest.raises(StillOpen) as refused:
        merging.merge(source=place.org, target=target, **act)
    assert "换届选举 1 件" in refused.value.message
    opening.cancel(election=case, reason="并入其他支部", actor=place.ben, now=NOW)
    merging.merge(source=Organization.objects.get(pk=place.org.pk), target=target, **act)
