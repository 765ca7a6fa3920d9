"""Two persons end a membership at the desk (rulebook 12.2)."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from kernel.errors import Forbidden
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import Change, ChangeKind, Member, Proposal
from tenant_apps.members.selectors import former
from tenant_apps.members.services import changes, proposals
from tests.factories.members import make_member
from tests.factories.organizations import NOW, TODAY, admin, somebody


def submit(member, kind="REMOVED", *, actor, on=TODAY, document="苏组批〔2026〕12 号", **more):
    more.setdefault("ground", "ABSENT" if kind == "REMOVED" else "")
    return proposals.submit(
        member=member, kind=ChangeKind(kind), on=on, document=document, reason="长期不参加组织生活",
        actor=actor, now=NOW, details=proposals.Details(**more),
    )  # fmt: skip


def approve(proposal, actor):
    return proposals.approve(proposal=proposal, note="", actor=actor, now=NOW)


@pytest.fixture
def secretary(tree):
    return somebody(("secretary", tree.l1.path), name="乔振宇")


class TestTwoPersons:
    def test_one_submits_another_decides(self, tree, secretary):
        member, chief = make_member(tree.l1), admin()
        proposal = submit(member, actor=secretary)
        member.refresh_from_db()
        assert (proposal.state, member.is_active) == ("WAITING", True)
        change = approve(proposal, chief)
        member.refresh_from_db()
        proposal.refresh_from_db()
        assert (change.kind, member.is_active) == ("REMOVED", False)
        assert (proposal.state, proposal.decided_by) == ("APPROVED", chief.person_id)
        assert [event.code for event in audit.events_about(member.id)][:3] == [
            "member.turn_approved", "member.left", "member.turn_submitted",
        ]  # fmt: skip

    @pytest.mark.parametrize("decide", [proposals.approve, proposals.refuse])
    def test_nobody_decides_the_own_submission(self, tree, decide):
        chief = admin()
        proposal = submit(make_member(tree.l1), actor=chief)
        with pytest.raises(proposals.SecondPersonNeeded):
            decide(proposal=proposal, note="同意", actor=chief, now=NOW)
        assert not Change.objects.exists()

    def test_the_table_itself_refuses_one_person(self, tree):
        proposal = submit(make_member(tree.l1), actor=admin())
        with pytest.raises(IntegrityError), transaction.atomic():
            Proposal.objects.filter(pk=proposal.pk).update(
                state="APPROVED", decided_by=proposal.submitted_by
            )

    def test_a_secretary_or_another_sub_tree_decides_nothing(self, tree, secretary):
        proposal = submit(make_member(tree.l1), actor=secretary)
        for other in (somebody(("secretary", tree.l1.path)), admin(tree.right.path)):
            with pytest.raises(Forbidden):
                approve(proposal, other)

    def test_is_decided_once(self, tree, secretary):
        proposal = submit(make_member(tree.l1), actor=secretary)
        approve(proposal, admin())
        with pytest.raises(proposals.ProposalPast):
            approve(proposal, admin())
        with pytest.raises(proposals.ProposalPast):
            proposals.withdraw(proposal=proposal, actor=secretary, now=NOW)

    def test_one_waits_at_a_time(self, tree, secretary):
        member = make_member(tree.l1)
        submit(member, actor=secretary)
        with pytest.raises(proposals.ProposalWaits):
            submit(member, "EXPELLED", actor=secretary)

    def test_a_refusal_says_why_and_changes_nothing(self, tree, secretary):
        member = make_member(tree.l1)
        proposal = submit(member, actor=secretary)
        with pytest.raises(proposals.NoteNeeded):
            proposals.refuse(proposal=proposal, note=" ", actor=admin(), now=NOW)
        proposals.refuse(proposal=proposal, note="请先补充谈话记录", actor=admin(), now=NOW)
        member.refresh_from_db()
        assert member.is_active
        assert submit(member, actor=secretary).state == "WAITING"

    def test_only_who_submitted_withdraws(self, tree, secretary):
        proposal = submit(make_member(tree.l1), actor=secretary)
        with pytest.raises(Forbidden):
            proposals.withdraw(proposal=proposal, actor=admin(), now=NOW)
        proposals.withdraw(proposal=proposal, actor=secretary, now=NOW)
        proposal.refresh_from_db()
        assert proposal.state == "WITHDRAWN"

    def test_what_changed_since_is_looked_at_again(self, tree, secretary):
        member = make_member(tree.l1)
        proposal = submit(member, actor=secretary)
        Member.objects.filter(pk=member.pk).update(standing="SUSPENDED", is_active=False)
        Proposal.objects.update(kind="SUSPENDED")
        with pytest.raises(changes.WrongTurn):
            approve(proposal, admin())


class TestKinds:
    def test_a_death_needs_one_person(self, tree, secretary):
        change = submit(make_member(tree.l1), "DIED", actor=secretary, document="")
        assert isinstance(change, Change)
        assert not Proposal.objects.exists()

    def test_transfers_are_not_ended_here(self, tree, secretary):
        with pytest.raises(proposals.NotAtDesk):
            submit(make_member(tree.l1), "TRANSFERRED_OUT", actor=secretary)

    def test_removal_says_on_which_ground(self, tree, secretary):
        for told in ("", "STILL_LOST", "UNFIT"):
            with pytest.raises(proposals.GroundNeeded, match="不参加组织生活"):
                submit(make_member(tree.l1), actor=secretary, ground=told)
        change = approve(submit(make_member(tree.l1), actor=secretary, ground="UNPAID"), admin())
        assert change.data["ground"] == "UNPAID"

    def test_what_has_one_ground_needs_no_telling(self, tree, secretary):
        proposal = submit(make_member(tree.l1), "WITHDREW", actor=secretary)
        assert proposal.data == {"ground": "ASKED"}

    def test_what_the_rules_shut_out_is_not_submitted(self, tree, secretary):
        with pytest.raises(changes.WrongTurn):
            submit(make_member(tree.l1), "CANCELLED", actor=secretary)
        with pytest.raises(changes.WrongTurn):
            submit(make_member(tree.l1), "EXPELLED", actor=secretary, document="")

    def test_restoring_takes_two_as_well(self, tree, secretary):
        member = make_member(tree.l1)
        approve(submit(member, "SUSPENDED", actor=secretary, on=dt.date(2026, 1, 5)), admin())
        member.refresh_from_db()
        asked = submit(member, "RESTORED", actor=secretary, applied_on=dt.date(2026, 11, 1))
        assert approve(asked, admin()).kind == "RESTORED"
        member.refresh_from_db()
        assert member.is_active


class TestFormer:
    def test_is_found_by_who_may_and_masked(self, tree, secretary):
        member = make_member(tree.l1, "沈国梁")
        submit(member, "DIED", actor=secretary, document="")
        found = former.former_visible_to(secretary, q="沈国梁").get()
        assert found.pk == member.pk
        assert "identity_sealed" in found.get_deferred_fields()
        assert not former.former_visible_to(admin(tree.right.path)).exists()
        with pytest.raises(former.FormerNotFound):
            former.former_for(admin(tree.right.path), member.pk)
        with pytest.raises(Forbidden):
            former.former_for(somebody(("treasurer", "")), member.pk)

    def test_a_change_is_taken_back_only_by_who_decides(self, tree, secretary):
        change = submit(make_member(tree.l1), "DIED", actor=secretary, document="")
        with pytest.raises(Forbidden):
            former.change_for(secretary, change.pk)
        with pytest.raises(former.ChangeNotFound):
            former.change_for(admin(tree.right.path), change.pk)
        assert former.change_for(admin(), change.pk) == change
