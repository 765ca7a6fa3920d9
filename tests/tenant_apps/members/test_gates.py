"""The doors to single rows: outside the own sub-trees nothing is there, inside the right counts."""

from __future__ import annotations

from uuid import uuid4

import pytest

from kernel.actor import Actor
from kernel.errors import Forbidden
from tenant_apps.members import selectors
from tenant_apps.members.models import ChangeKind, EntryKind, Export, Standing
from tenant_apps.members.permissions import MemberPermission as P
from tenant_apps.members.selectors import corrections as reading
from tenant_apps.members.selectors import duplicates, files, former, saved
from tenant_apps.members.selectors.entries import entry_for
from tenant_apps.members.selectors.listing import Listing
from tenant_apps.members.services import changes, corrections, entries, exporting, merging, saving
from tests.factories.members import make_member
from tests.factories.organizations import JOB, NOW, TODAY, admin, somebody
from tests.tenant_apps.members.test_corrections import ask
from tests.tenant_apps.members.test_proposals import submit


def refused(door, error, *actors):
    for actor in actors:
        with pytest.raises(error):
            door(actor)


@pytest.fixture
def above(tree):
    return somebody(("secretary", tree.left.path))


@pytest.fixture
def beside(tree):
    return admin(tree.right.path)


@pytest.fixture
def mixed(tree):
    """Who may there what is asked for, and here only looks."""
    return somebody(("unit_admin", tree.right.path), ("treasurer", tree.left.path))


def test_a_file_is_there_for_its_sub_trees_and_its_owner(tree, above, beside, mixed):
    member = make_member(tree.l1)
    own = somebody(member_id=member.pk)
    for actor in (above, own, JOB):
        assert selectors.member_for(actor, member.pk, to=P.READ) == member
    refused(lambda who: selectors.member_for(who, member.pk, to=P.READ), selectors.MemberNotFound,
            beside, somebody(member_id=uuid4()))  # fmt: skip
    refused(lambda who: selectors.member_for(who, member.pk, to=P.EDIT), Forbidden,
            own, mixed)  # fmt: skip
    seen = [selectors.members_for(who, [member.pk], to=P.EDIT) for who in (above, own, beside)]
    assert seen == [[member], [], []]
    assert selectors.own_file(own) == member
    refused(selectors.own_file, selectors.MemberNotFound, above, somebody(member_id=uuid4()))


def test_what_was_submitted_is_there_for_its_sub_trees(tree, above, beside, mixed):
    proposal = submit(make_member(tree.l1), actor=above)
    assert former.proposal_for(above, proposal.pk) == proposal
    refused(lambda who: former.proposal_for(who, proposal.pk), former.ProposalNotFound, beside)
    refused(lambda who: former.proposal_for(who, proposal.pk), Forbidden, mixed)


def test_a_membership_that_can_end_counts_or_rests(tree, above, beside, mixed):
    def door(who):
        return former.counting_or_resting_for(who, member.pk)

    member = make_member(tree.l1)
    assert door(above) == member
    refused(door, former.FormerNotFound, beside)
    refused(door, Forbidden, mixed)
    common = {"member": member, "document": "1 号", "reason": "", "actor": JOB, "now": NOW}
    changes.leave(kind=ChangeKind.SUSPENDED, on=TODAY, **common)
    assert door(above).standing == Standing.SUSPENDED
    changes.leave(kind=ChangeKind.EXPELLED, on=TODAY, **common)
    refused(door, former.FormerNotFound, above)
    assert former.former_for(above, member.pk) == member
    refused(lambda who: former.former_for(who, member.pk), Forbidden, mixed)
    change = former.changes_of(member)[0]
    assert former.change_for(admin(), change.pk) == change
    refused(lambda who: former.change_for(who, change.pk), Forbidden, mixed)


def test_a_merger_is_there_for_where_the_file_was(tree, beside):
    kept, gone = make_member(tree.r1), make_member(tree.l1)
    change = merging.merge(kept=kept, gone=gone, take=(), actor=admin(), now=NOW)
    assert duplicates.merger_for(admin(tree.left.path), change.pk) == change
    refused(lambda who: duplicates.merger_for(who, change.pk), duplicates.MergerNotFound, beside)
    assert duplicates.mergers_visible_to(beside) == []


def test_a_file_with_full_numbers_waits_for_somebody_who_reaches_as_far(tree):
    make_member(tree.l1)
    asker = admin(tree.left.path)
    export = exporting.request(
        listing=Listing(), columns=selectors.columns_of(asker, today=TODAY), form="csv",
        reason="上级核对名册", is_full=True, actor=asker, now=NOW,
    )  # fmt: skip
    assert export.state == Export.State.AWAITING
    for second in (admin(), admin(tree.left.path)):
        assert files.awaiting_export_for(second, export.pk) == export
    refused(lambda who: files.awaiting_export_for(who, export.pk), files.ExportNotFound,
            asker, admin(tree.l1.path), admin(tree.right.path), somebody(("secretary", "")),
    )  # fmt: skip


class TestSaved:
    def test_is_ones_own_and_holds_no_number(self):
        ada, ben = admin(), admin()
        kept = saving.save(name="退休", address="tab=all&q=320303", actor=ada, now=NOW)
        assert (kept.address, saved.saved_list_for(ada, kept.pk)) == ("tab=all", kept)
        refused(lambda who: saved.saved_list_for(who, kept.pk), saved.SavedListNotFound, ben)
        refused(lambda who: saving.save(name="x", address="", actor=who, now=NOW), Forbidden,
                Actor(kind="anonymous"))  # fmt: skip
        assert saved.saved_lists_of(Actor(kind="anonymous")) == []

    def test_has_an_end_and_takes_the_same_name_again(self, monkeypatch):
        monkeypatch.setattr(saving, "MOST", 1)
        ada = admin()
        for address in ("tab=all", "tab=lost"):
            saving.save(name="常用", address=address, actor=ada, now=NOW)
        with pytest.raises(saving.TooManySaved):
            saving.save(name="另一个", address="", actor=ada, now=NOW)
        assert [one.address for one in saved.saved_lists_of(ada)] == ["tab=lost"]

    @pytest.fixture(autouse=True)
    def _unit(self, alpha):
        """In the unit alpha."""


def test_a_request_is_the_own_and_has_the_proof_it_came_with(tree, above):
    member = make_member(tree.l1)
    asked = ask(member)
    own = somebody(member_id=member.pk)
    assert reading.own_correction_for(own, asked.pk) == asked
    refused(lambda who: reading.own_correction_for(who, asked.pk), reading.CorrectionNotFound,
            above, somebody(member_id=uuid4()))  # fmt: skip
    with pytest.raises(corrections.NoProof):
        corrections.proof_of(asked)


def test_a_row_of_a_set_is_changed_by_who_may_correct_the_file(tree, above, mixed):
    entry = entries.add(
        member=make_member(tree.l1), kind=EntryKind.NOTE, data={"text": "甲"}, actor=above, now=NOW
    )
    assert entry_for(above, entry.pk, to=P.EDIT) == entry
    refused(lambda who: entry_for(who, entry.pk, to=P.EDIT), Forbidden, mixed)
