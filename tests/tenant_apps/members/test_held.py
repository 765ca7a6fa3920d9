"""Whoever changes or decides holds the row until it is done: the next one sees what was done."""

from __future__ import annotations

import datetime as dt

import pytest

from tenant_apps.members.models import Change, ChangeKind, EntryKind, Update
from tenant_apps.members.selectors import columns_of
from tenant_apps.members.selectors.listing import Listing
from tenant_apps.members.selectors.states import StateKind
from tenant_apps.members.services import (
    bulk_filing,
    changes,
    entering,
    entries,
    exporting,
    grouping,
    merging,
    moving,
    photos,
    posting,
    proposals,
    set_orders,
    states,
    updates,
)
from tenant_apps.organizations.models import Kind, Organization
from tenant_apps.organizations.services import founding
from tenant_apps.organizations.services.sheets import Sheet
from tests.factories.members import make_member
from tests.factories.organizations import NOW, TODAY, admin, somebody
from tests.locked import holding
from tests.tenant_apps.members.test_changes import enter
from tests.tenant_apps.members.test_corrections import accept, ask
from tests.tenant_apps.members.test_pictures import jpeg
from tests.tenant_apps.members.test_proposals import approve, submit
from tests.tenant_apps.members.test_services import correct

FILES = "members_member"
TREE = "organizations_organization"


@pytest.fixture
def member(tree):
    return make_member(tree.l1)


def test_a_file_that_is_changed(tree, member):
    ada = admin()
    with holding(FILES):
        correct(member, native_place="江苏徐州")
    with holding(FILES):
        photos.put(member=member, content=jpeg(), actor=ada, now=NOW)
    with holding(FILES):
        posting.keep(texts={member.pk: "组织委员"}, actor=ada, now=NOW)
    with holding(TREE, FILES):
        move_id, _ = moving.move(members=[member], org=tree.l2, actor=ada, now=NOW)
    with holding(TREE, FILES):
        moving.move_back(move_id=move_id, actor=ada, now=NOW)
    with holding(TREE, FILES):
        moving.move_each(targets={member.pk: tree.r1.pk}, actor=ada, now=NOW)
    with holding(FILES):
        states.begin(
            member=member, kind=StateKind.AWAY, on=dt.date(2026, 5, 1), actor=ada, now=NOW,
            data={"destination": "浙江省杭州市", "reason": "务工"},
        )  # fmt: skip
    with holding(FILES):
        states.end(member=member, kind=StateKind.AWAY, on=TODAY, note="", actor=ada, now=NOW)


def test_a_member_takes_the_place_that_the_branch_has_now(tree, member):
    """Read before the branch was moved, it still says where the branch lay then."""
    read_before = Organization.objects.get(pk=tree.l2.pk)
    Organization.objects.filter(pk=tree.l2.pk).update(path=f"{tree.r1.path}zz")
    moving.move(members=[member], org=read_before, actor=admin(), now=NOW)
    entered = enter(read_before)
    for one in (member, entered):
        one.refresh_from_db()
        assert one.org_path == f"{tree.r1.path}zz"


def test_a_membership_that_turns(tree, member):
    with holding(TREE, FILES):
        newcomer = enter(tree.l1)
    with holding(FILES):
        changes.extend(
            member=newcomer, until=dt.date(2027, 12, 10), document="1 号", actor=admin(), now=NOW
        )
    with holding(FILES):
        change = changes.leave(
            member=member, kind=ChangeKind.DIED, on=TODAY, document="", reason="", actor=admin(),
            now=NOW,
        )  # fmt: skip
    with holding(FILES):
        changes.undo(change=change, actor=admin(), now=NOW)


def test_two_files_that_become_one(tree, member):
    other = make_member(tree.l1)
    entries.add(member=other, kind=EntryKind.NOTE, data={"text": "甲"}, actor=admin(), now=NOW)
    with holding(FILES, "members_entry"):
        change = merging.merge(kept=member, gone=other, take=(), actor=admin(), now=NOW)
    with holding(FILES, "members_change"):
        merging.undo(change=change, actor=admin(), now=NOW)


def test_what_is_decided(tree, member):
    with holding(FILES):
        row = ask(member)
    with holding("members_correction"):
        accept(row)
    proposal = submit(member, actor=somebody(("secretary", "")))
    with holding("members_proposal"):
        proposals.refuse(proposal=proposal, note="材料不齐", actor=admin(), now=NOW)
    proposal = submit(member, actor=somebody(("secretary", "")))
    with holding("members_proposal"):
        approve(proposal, admin())
    make_member(tree.l2)
    ada = admin()
    export = exporting.request(
        listing=Listing(), columns=columns_of(ada, today=TODAY), form="csv",
        reason="上级核对名册", is_full=True, actor=ada, now=NOW,
    )  # fmt: skip
    with holding("members_export"):
        exporting.decide(export=export, approve=False, actor=admin(), now=NOW)
    sets = set_orders.order(
        wanted={"set": "member_2017"}, file_name="党员.csv", total=1, reason="上级核对名册",
        is_full=True, roles=("unit_admin",), actor=ada, now=NOW,
    )  # fmt: skip
    with holding("members_export"):
        set_orders.decide(export=sets, approve=False, note="", actor=admin(), now=NOW)


def test_a_group_that_is_put_together(tree, member):
    ada = admin()
    group = founding.create(
        parent=tree.l1, sheet=Sheet("一组", "一组", Kind.GROUP), actor=ada, now=NOW
    )
    with holding(FILES):
        act, _ = grouping.assign(
            branch=tree.l1, group_id=group.pk, members=[member.pk], actor=ada, now=NOW
        )
    with holding(FILES):
        grouping.name_leader(group=group, member_id=member.pk, actor=ada, now=NOW)
    with holding(FILES):
        grouping.assign_back(act_id=act, actor=ada, now=NOW)


def test_files_that_a_list_changes(tree, member):
    ada = admin()
    one = bulk_filing.Correction(member.pk, {"native_place": ("", "江苏徐州")}, member.version)
    with holding(FILES):
        bulk_filing.correct_many(
            corrections=[one], reason="名册更新", actor=ada, today=TODAY, now=NOW
        )
    enter(tree.l1)
    with holding(FILES):
        entering.take_back_many(
            change_ids=[Change.objects.get().pk], reason="撤销更新", actor=ada, now=NOW
        )
    held = updates.hand_in(
        kind=Update.Kind.SET, source="", file_name="党员.csv", source_key="", actor=ada,
        roles=("unit_admin",), now=NOW,
    )  # fmt: skip
    Update.objects.update(state=Update.State.REVIEW)
    with holding("members_update"), pytest.raises(updates.NothingAccepted):
        updates.confirm(update=held, actor=ada, now=NOW)
    with holding("members_update"):
        updates.discard(update=held, actor=ada, now=NOW)
    Update.objects.update(state=Update.State.DONE, applied_at=NOW)
    with holding("members_update"):
        updates.undo(update=held, actor=ada, now=NOW)


def test_a_row_of_a_set(member):
    ada = admin()
    entry = entries.add(member=member, kind=EntryKind.NOTE, data={"text": "甲"}, actor=ada, now=NOW)
    with holding("members_entry"):
        entries.strike(entry=entry, reason="重复登记", actor=ada, now=NOW)
    with holding("members_entry"):
        entries.take_back(entry=entry, actor=ada, now=NOW)
