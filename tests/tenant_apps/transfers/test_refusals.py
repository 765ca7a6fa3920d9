"""What is refused before anything is written: whom, whereto, by whom, with which paper."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kernel.errors import Forbidden
from kernel.unit import shared_context
from shared_apps.delivery.models import Message
from shared_apps.exchange import selectors as exchange
from shared_apps.exchange.models import Parcel
from shared_apps.exchange.selectors import ReceiverUnknown
from shared_apps.exchange.services import handlers
from tenant_apps.members.services.newcomers import NewcomerRefused
from tenant_apps.organizations.models import Organization
from tenant_apps.organizations.selectors import OrganizationNotFound
from tenant_apps.transfers.models import Handover, Kind, Side, State
from tenant_apps.transfers.permissions import TransferPermission as May
from tenant_apps.transfers.selectors import machine, places
from tenant_apps.transfers.selectors.lists import (
    TransferNotFound,
    handover_for,
    open_verbs,
    own_handover,
)
from tenant_apps.transfers.selectors.machine import Verb, Where
from tenant_apps.transfers.services import drafting, publishing, receiving, reminding, whole
from tenant_apps.transfers.services.drafting import DestinationNeeded, NobodyChosen, Plan
from tenant_apps.transfers.services.receiving import BranchNeeded
from tenants.models import UnitState
from tests.factories.members import make_member
from tests.factories.organizations import NOW, somebody
from tests.tenant_apps.transfers.conftest import (
    DAY,
    again,
    at,
    begun,
    carry,
    incoming,
    online,
    sent,
)
from tests.tenant_apps.transfers.test_letters import OUTSIDE, paper, registered
from tests.tenants.life import put

NAMED = "中共青山市委组织部"


def test_nobody_goes_nowhere(here, zeng):
    """No reason, the own branch, a committee, a branch as a whole, no kind or no name outside."""
    for plan in (
        Plan(to=here.two),
        Plan(to=here.one, reason="WORK"),
        Plan(to=here.second, reason="WORK"),
        Plan(to=here.two, reason="WORK", is_whole=True),
        Plan(other_name=NAMED, reason="WORK"),
        Plan(kind=Kind.INTER_TENANT, other_name=NAMED, reason="WORK"),
        Plan(kind=Kind.INTER_PROVINCE, other_name="中共 ", reason="WORK"),
    ):
        with pytest.raises(DestinationNeeded):
            drafting.draft(members=[zeng], plan=plan, actor=here.secretary, now=NOW)
    assert not Handover.objects.exists()


def test_one_to_a_hundred_of_one_branch_go_at_once(here, zeng):
    for members in ([], [zeng] * (drafting.MOST_AT_ONCE + 1), [zeng, make_member(here.two)]):
        with pytest.raises(NobodyChosen):
            drafting.draft(members=members, plan=OUTSIDE, actor=here.chief, now=NOW)
    assert not Handover.objects.exists()


def test_a_member_begins_and_takes_back_nothing_but_an_own_application(here, zeng):
    own = somebody(("member", ""), member_id=zeng.pk, name="曾国强")
    with pytest.raises(Forbidden):
        drafting.draft(members=[make_member(here.one)], plan=OUTSIDE, actor=own, now=NOW)
    (begun,) = drafting.draft(members=[zeng], plan=OUTSIDE, actor=here.secretary, now=NOW)
    with pytest.raises(Forbidden):  # the branch began it
        drafting.withdraw(handover=begun, reason="计划改变", actor=own, now=NOW)
    drafting.withdraw(handover=begun, reason="计划改变", actor=here.secretary, now=NOW)
    asked = drafting.apply(member=zeng, plan=OUTSIDE, actor=own, now=NOW)
    drafting.submit(handover=asked, actor=here.secretary, now=NOW)
    with pytest.raises(Forbidden):  # it lies before the committee now
        drafting.withdraw(handover=asked, reason="计划改变", actor=own, now=NOW)
    assert again(asked).state == State.SUBMITTED


def test_who_may_elsewhere_may_not_here(here, zeng):
    """An officer applies for nobody else, and a part of the unit is not the whole of it."""
    officer = somebody(("unit_admin", ""), member_id=make_member(here.two).pk)
    of_part = somebody(("unit_admin", here.two.path), ("secretary", here.two.path))
    for act in (
        lambda: drafting.apply(member=zeng, plan=OUTSIDE, actor=officer, now=NOW),
        lambda: publishing.publish(is_open=True, actor=of_part, now=NOW),
        lambda: receiving.register(paper=paper(), org=here.one, actor=of_part, now=NOW),
    ):
        with pytest.raises(Forbidden):
            act()
    assert not Handover.objects.exists()
    assert not exchange.is_published()


def test_only_a_branch_takes_somebody_in(here):
    with pytest.raises(BranchNeeded):
        receiving.register(paper=paper(), org=here.second, actor=here.chief, now=NOW)
    handover = registered(here)
    for branch in (None, Organization.objects.get(pk=here.second.pk)):
        with pytest.raises(BranchNeeded):
            receiving.accept(handover=handover, branch=branch, actor=here.chief, now=NOW)
    assert again(handover).state == State.SUBMITTED


def test_a_paper_letter_names_the_birthday_of_the_number(here):
    person = paper().person
    for wrong in ({"birth_on": person.birth_on + DAY}, {"gender": "M"}, {"identity": "3203"}):
        with pytest.raises(NewcomerRefused):
            registered(here, person=replace(person, **wrong))
    assert not Handover.objects.exists()


def test_who_came_alone_brings_no_branch_along(here, there, zeng):
    gone = sent(here, zeng, online(there))
    carry()
    with at(there), pytest.raises(whole.NotWhole):
        whole.place(handover=incoming(), parent=there.second, actor=there.chief, now=NOW)
    Handover.objects.filter(pk=gone.pk).update(is_whole=True)  # it goes, so it sets nothing up
    with pytest.raises(whole.NotWhole):
        whole.place(handover=again(gone), parent=here.second, actor=here.chief, now=NOW)


def test_nobody_is_reminded_who_holds_no_letter_or_has_no_phone(here, there, zeng):
    handover = sent(here, zeng, online(there))
    carry()
    with at(there), pytest.raises(reminding.NotToRemind):
        reminding.remind(handover=incoming(), actor=there.chief, now=NOW)
    drafting.withdraw(handover=handover, reason="本人不去了", actor=here.chief, now=NOW)
    with pytest.raises(reminding.NotToRemind):
        reminding.remind(handover=handover, actor=here.chief, now=NOW)
    silent = sent(here, make_member(here.one, "林晓", phone=""), OUTSIDE)
    with pytest.raises(reminding.NoPhone, match="林晓"):
        reminding.remind(handover=silent, actor=here.secretary, now=NOW)
    with shared_context():
        assert not Message.objects.exists()


def test_a_transfer_is_there_for_its_sub_trees_and_its_member(here, zeng):
    handover = sent(here, zeng, Plan(to=here.three, reason="WORK"))
    target = somebody(("secretary", here.three.path))
    assert handover_for(target, handover.pk, to=May.BROWSE) == handover
    for stranger in (somebody(("secretary", here.two.path)), somebody(("treasurer", ""))):
        with pytest.raises(TransferNotFound):
            handover_for(stranger, handover.pk, to=May.BROWSE)
    with pytest.raises(Forbidden):
        handover_for(target, handover.pk, to=May.APPROVE)
    assert own_handover(somebody(("member", ""), member_id=zeng.pk), handover.pk) == handover
    for stranger in (somebody(("member", ""), member_id=make_member(here.one).pk), here.chief):
        with pytest.raises(TransferNotFound):
            own_handover(stranger, handover.pk)


def test_offered_is_only_what_one_may_do_where_it_stands(here, zeng):
    handover = begun(here, zeng, OUTSIDE)
    decides = {Verb.APPROVE, Verb.REJECT, Verb.WITHDRAW}
    assert set(open_verbs(here.chief, handover)) == decides
    for of_branch in (here.secretary, somebody(("unit_admin", here.one.path))):
        assert open_verbs(of_branch, handover) == [Verb.WITHDRAW]
    assert open_verbs(somebody(("secretary", here.two.path)), handover) == []
    Handover.objects.update(submitted_by=here.chief.person_id)
    assert set(open_verbs(here.chief, again(handover))) == decides - {Verb.APPROVE}


def test_what_a_committee_decides_is_asked_of_a_committee():
    """The nearest one that may approve probationary members, on either side (rulebook 3.1)."""
    where = {
        May.PREPARE: {Where.BRANCH},
        May.APPROVE: {Where.COMMITTEE},
        May.RECEIVE: {Where.COMMITTEE, Where.TO_COMMITTEE},
        May.PLACE: {Where.BRANCH, Where.TO_BRANCH},
    }
    for line in (one for one in machine.TABLE if one.permission is not None):
        assert line.where in where[line.permission], line
        is_other_place = line.where in (Where.TO_BRANCH, Where.TO_COMMITTEE)
        receives = line.permission in (May.RECEIVE, May.PLACE)
        assert is_other_place == (receives and Side.WITHIN in line.sides), line


def test_a_receipt_for_what_was_closed_by_hand_is_noted_and_holds_up_nothing(here, there, zeng):
    handover = sent(here, zeng, online(there))
    carry()
    with at(there):
        receiving.accept(handover=incoming(), branch=there.one, actor=there.chief, now=NOW)
    carry()
    Handover.objects.filter(pk=handover.pk).update(state=State.CLOSED)
    with at(there):
        receiving.place(handover=incoming(), actor=there.chief, now=NOW)
    carry()
    with shared_context():
        assert not Parcel.objects.filter(state=Parcel.State.WAITING).exists()
    assert again(handover).state == State.CLOSED


class TestDirectory:
    def test_nobody_writes_to_the_own_unit_or_to_one_that_is_closed(self, alpha, here, there):
        publishing.publish(is_open=True, actor=here.chief, now=NOW)
        assert [one.unit_id for one in exchange.search("root")] == [there.unit.id]
        put(there.unit, UnitState.CLOSED)
        assert exchange.search("root") == []
        for unit in (alpha, there.unit):
            with pytest.raises(ReceiverUnknown):
                exchange.destination_of(unit.id)

    def test_what_one_sent_is_tracked_by_nobody_else(self, here, there, zeng):
        handover = sent(here, zeng, online(there))
        thread_id = again(handover).thread_id
        assert not exchange.tracking_of(thread_id).is_delivered
        with at(there):
            assert exchange.tracking_of(thread_id) is None


def test_there_is_no_place_before_there_is_a_tree(alpha):
    for asked in (places.root, lambda: places.organization(alpha.id)):
        with pytest.raises(OrganizationNotFound):
            asked()


def test_a_topic_has_one_taker():
    topic = next(iter(handlers._handlers))
    with pytest.raises(RuntimeError, match="two handlers"):
        handlers.register(topic, lambda arrival, now: None)
