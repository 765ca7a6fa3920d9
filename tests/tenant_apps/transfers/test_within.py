"""Inside one unit: no letter; one approval, or two committees one after the other."""

import pytest

from kernel.errors import Forbidden
from tenant_apps.audit.models import Event
from tenant_apps.members.models import Change, Member
from tenant_apps.transfers.models import Handover, Kind, State
from tenant_apps.transfers.selectors import dues_standing
from tenant_apps.transfers.services import approving, drafting, receiving
from tenant_apps.transfers.services.drafting import Plan
from tenant_apps.transfers.services.stepping import NotNow, NotThere, OwnSubmission, ReasonNeeded
from tests.factories.members import make_member
from tests.factories.organizations import NOW, admin, somebody
from tests.tenant_apps.transfers.conftest import again, begun


def to(branch, **more):
    return Plan(to=branch, reason="WORK", **more)


def test_inside_one_committee_one_approval_moves_and_closes(here, zeng):
    handover = begun(here, zeng, to(here.two))
    assert (handover.kind, handover.state) == (Kind.INTRA_COMMITTEE, State.SUBMITTED)
    assert Member.objects.get().org_id == here.one.id
    approving.approve(handover=handover, actor=here.chief, now=NOW)
    member = Member.objects.get()
    assert (member.org_id, member.branch_since) == (here.two.id, NOW.date())
    done = again(handover)
    assert (done.state, done.letter, done.valid_until) == (State.CLOSED, "", None)
    assert not Change.objects.filter(kind__in=["TRANSFERRED_OUT", "TRANSFERRED_IN"]).exists()


def test_to_another_committee_both_committees_and_the_branch_act(here, zeng):
    handover = begun(here, zeng, to(here.three))
    assert handover.kind == Kind.INTRA_SYSTEM
    approving.approve(handover=handover, actor=here.chief, now=NOW)
    assert Member.objects.get().org_id == here.one.id
    second = somebody(("unit_admin", here.second.path))
    receiving.accept(handover=handover, actor=second, now=NOW)
    assert Member.objects.get().org_id == here.one.id
    branch = somebody(("secretary", here.three.path))
    receiving.place(handover=handover, actor=branch, now=NOW)
    assert Member.objects.get().org_id == here.three.id
    assert again(handover).state == State.CLOSED


def test_the_receiving_committee_alone_accepts(here, zeng):
    handover = begun(here, zeng, to(here.three))
    approving.approve(handover=handover, actor=here.chief, now=NOW)
    for stranger in (somebody(("unit_admin", here.one.path)), here.secretary):
        with pytest.raises(Forbidden):
            receiving.accept(handover=handover, actor=stranger, now=NOW)
    assert again(handover).state == State.IN_TRANSIT


def test_whoever_submitted_does_not_approve(here, zeng):
    (made,) = drafting.draft(members=[zeng], plan=to(here.two), actor=here.chief, now=NOW)
    drafting.submit(handover=made, actor=here.chief, now=NOW)
    with pytest.raises(OwnSubmission):
        approving.approve(handover=made, actor=here.chief, now=NOW)
    approving.approve(handover=made, actor=here.deputy, now=NOW)


def test_whoever_administers_only_the_branch_does_not_approve_for_the_committee(here, zeng):
    handover = begun(here, zeng, to(here.two))
    with pytest.raises(Forbidden):
        approving.approve(handover=handover, actor=admin(here.one.path), now=NOW)


def test_a_secretary_begins_for_the_own_branch_only(here):
    other = make_member(here.two)
    with pytest.raises(Forbidden):
        drafting.draft(members=[other], plan=to(here.one), actor=here.secretary, now=NOW)
    assert not Handover.objects.exists()


def test_nobody_refuses_without_a_reason(here, zeng):
    handover = begun(here, zeng, to(here.three))
    approving.approve(handover=handover, actor=here.chief, now=NOW)
    with pytest.raises(ReasonNeeded):
        receiving.refuse(handover=handover, reason="  ", actor=here.chief, now=NOW)
    receiving.refuse(handover=handover, reason="材料不齐", actor=here.chief, now=NOW)
    refused = again(handover)
    assert (refused.state, refused.outcome) == (State.REJECTED, "材料不齐")
    assert Member.objects.get().org_id == here.one.id


def test_the_second_of_two_who_decide_is_told_so(here, zeng):
    handover = begun(here, zeng, to(here.two))
    approving.reject(handover=handover, reason="暂缓", actor=here.deputy, now=NOW)
    with pytest.raises(NotNow):
        approving.approve(handover=handover, actor=here.chief, now=NOW)
    assert Member.objects.get().org_id == here.one.id


def test_a_member_is_transferred_once_at_a_time(here, zeng):
    begun(here, zeng, to(here.two))
    with pytest.raises(drafting.AlreadyTransferring):
        begun(here, zeng, to(here.three))
    assert Handover.objects.count() == 1


def test_who_moved_meanwhile_is_not_moved_again(here, zeng):
    handover = begun(here, zeng, to(here.two))
    Member.objects.update(org_id=here.three.id, org_path=here.three.path)
    with pytest.raises(NotThere):
        approving.approve(handover=handover, actor=here.chief, now=NOW)


class Owing:
    def paid_to(self, member_id):
        return None

    def arrears(self, member_id):
        return 2


def test_arrears_need_a_note(here, zeng, monkeypatch):
    monkeypatch.setattr(dues_standing, "_providers", [Owing()])
    with pytest.raises(drafting.ArrearsUnexplained):
        begun(here, zeng, to(here.two))
    made = Handover.objects.get()
    done = drafting.submit(handover=made, actor=here.secretary, now=NOW, arrears_note="11 月补交")
    assert done.arrears_note == "11 月补交"


def test_the_papers_of_somebody_on_probation_go_along(here):
    young = make_member(here.one, category="PROBATIONARY", full_on=None)
    with pytest.raises(drafting.PapersMissing):
        begun(here, young, to(here.three))
    made = Handover.objects.get()
    done = drafting.submit(
        handover=made, actor=here.secretary, now=NOW, papers=["入党志愿书", "政治审查材料"]
    )
    assert done.papers == ["入党志愿书", "政治审查材料"]


def test_every_step_is_recorded(here, zeng):
    handover = begun(here, zeng, to(here.two))
    approving.approve(handover=handover, actor=here.chief, now=NOW)
    told = Event.objects.filter(subject_id=handover.pk).order_by("id")
    assert [event.code for event in told] == [
        "transfer.drafted",
        "transfer.submitted",
        "transfer.approved",
    ]


def test_a_member_applies_and_takes_it_back(here, zeng):
    own = somebody(("member", ""), member_id=zeng.pk, name="曾国强")
    asked = drafting.apply(member=zeng, plan=to(here.two), actor=own, now=NOW)
    assert (asked.state, asked.applied_by) == (State.DRAFT, own.person_id)
    drafting.withdraw(handover=asked, reason="计划改变", actor=own, now=NOW)
    assert again(asked).state == State.WITHDRAWN
    other = make_member(here.one)
    with pytest.raises(Forbidden):
        drafting.apply(member=other, plan=to(here.two), actor=own, now=NOW)


def test_who_applied_for_oneself_does_not_approve_it(here, zeng):
    chief = somebody(("unit_admin", ""), member_id=zeng.pk)
    asked = drafting.apply(member=zeng, plan=to(here.two), actor=chief, now=NOW)
    drafting.submit(handover=asked, actor=here.secretary, now=NOW)
    with pytest.raises(OwnSubmission):
        approving.approve(handover=asked, actor=chief, now=NOW)
