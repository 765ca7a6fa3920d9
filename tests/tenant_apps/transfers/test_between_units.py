"""From unit to unit end to end: sealed, decided once, received before the sender lets go."""

import datetime as dt

import pytest

from kernel.crypto import Unreadable, unit_cipher
from kernel.errors import Forbidden, NotFound
from kernel.unit import shared_context, unit_context
from shared_apps.exchange import selectors as exchange
from shared_apps.exchange.models import Parcel
from shared_apps.exchange.services import post
from tenant_apps.members.models import Change, ChangeKind, Member
from tenant_apps.members.services import changes as turns
from tenant_apps.members.services import sealing
from tenant_apps.members.services.changes import AlreadyMember
from tenant_apps.transfers.models import Handover, Side, State
from tenant_apps.transfers.services import approving, drafting, publishing, receiving
from tenant_apps.transfers.services.answering import DecidedThere
from tenant_apps.transfers.services.stepping import NotNow
from tenants.models import UnitState
from tests.factories.members import make_member, new_member, store
from tests.factories.organizations import NOW
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
from tests.tenants.life import put


def accepted(there, now=NOW):
    with at(there):
        receiving.accept(handover=incoming(), branch=there.one, actor=there.chief, now=now)
    carry(now)


def standing(unit_id):
    with unit_context(unit_id):
        return list(Member.objects.values_list("is_active", flat=True))


def changes(side):
    with at(side):
        return list(Change.objects.order_by("id").values_list("kind", flat=True))


def test_a_member_goes_from_unit_to_unit(alpha, here, there, zeng):
    handover = sent(here, zeng, online(there))
    carry()
    assert again(handover).state == State.IN_TRANSIT
    with at(there):
        came = incoming()
        assert came.preview["identity"].count("*") == 11
        assert (came.name, came.other_name) == ("曾国强", "中共root")
        assert not Member.objects.exists()
    accepted(there)
    assert again(handover).state == State.RECEIVER_ACCEPTED
    assert Member.objects.get().is_active, "the sender answers for the member until the receipt"
    with at(there):
        receiving.place(handover=incoming(), actor=there.chief, now=NOW)
        came = Member.objects.get()
        assert (came.name, came.org_id, came.joined_on) == ("曾国强", there.one.id, zeng.joined_on)
        assert incoming().file_sealed is None
    carry()
    assert again(handover).state == State.CLOSED
    assert not Member.objects.get().is_active
    with at(there):
        assert incoming().state == State.CLOSED
    here.unit = alpha
    assert changes(here) == ["TRANSFERRED_OUT"]
    assert changes(there) == ["TRANSFERRED_IN"]


def test_the_phone_and_the_number_arrive_whole(here, there, zeng):

    number = sealing.open_identity(zeng.identity_sealed)
    phone = sealing.open_phone(zeng.phone_sealed)
    sent(here, zeng, online(there))
    carry()
    accepted(there)
    with at(there):
        receiving.place(handover=incoming(), actor=there.chief, now=NOW)
        came = Member.objects.get()
        assert sealing.open_identity(came.identity_sealed) == number
        assert sealing.open_phone(came.phone_sealed) == phone


def test_on_its_way_only_the_receiver_can_open_it(alpha, here, there, zeng):
    sent(here, zeng, online(there))
    with shared_context():
        parcel = Parcel.objects.get()
    assert parcel.unit_id == there.unit.id
    assert "曾国强".encode() not in bytes(parcel.content_sealed)
    with pytest.raises(Unreadable):
        unit_cipher().open(parcel.content_sealed, column=post.CONTENT)
    assert not Parcel.objects.exists(), "row-level security hides it from the sender too"
    with at(there):
        assert "曾国强" in unit_cipher().open(parcel.content_sealed, column=post.CONTENT)
        assert Parcel.objects.count() == 1
    carry()
    with shared_context():
        assert {bytes(one.content_sealed) for one in Parcel.objects.all()} == {b""}


def test_a_refusal_leaves_the_member_with_the_sender(here, there, zeng):
    handover = sent(here, zeng, online(there))
    carry()
    with at(there):
        receiving.refuse(handover=incoming(), reason="非我单位人员", actor=there.chief, now=NOW)
        assert incoming().file_sealed is None
    carry()
    refused = again(handover)
    assert (refused.state, refused.outcome) == (State.REJECTED, "非我单位人员")
    assert Member.objects.get().is_active


def test_who_was_accepted_can_be_given_back(here, there, zeng):
    handover = sent(here, zeng, online(there))
    carry()
    accepted(there)
    with at(there):
        receiving.give_back(handover=incoming(), reason="本人未报到", actor=there.chief, now=NOW)
        with pytest.raises(NotNow):
            receiving.place(handover=incoming(), actor=there.chief, now=NOW)
        assert not Member.objects.exists()
    carry()
    assert again(handover).state == State.RETURNED
    assert Member.objects.get().is_active


def test_withdrawn_before_anybody_there_decided(here, there, zeng):
    handover = sent(here, zeng, online(there))
    carry()
    drafting.withdraw(handover=handover, reason="本人不去了", actor=here.chief, now=NOW)
    carry()
    with at(there):
        assert incoming().state == State.WITHDRAWN
    assert Member.objects.get().is_active


@pytest.mark.parametrize("withdrawn_first", [True, False])
def test_of_two_opposite_decisions_the_first_holds(here, there, zeng, withdrawn_first):
    """Neither message has arrived when the other unit decides."""
    handover = sent(here, zeng, online(there))
    carry()

    def withdraw():
        drafting.withdraw(handover=handover, reason="本人不去了", actor=here.chief, now=NOW)

    def accept():
        with at(there):
            receiving.accept(handover=incoming(), branch=there.one, actor=there.chief, now=NOW)

    first, second = (withdraw, accept) if withdrawn_first else (accept, withdraw)
    first()
    with pytest.raises(DecidedThere):
        second()
    carry()
    with at(there):
        theirs = incoming().state
    end = State.WITHDRAWN if withdrawn_first else State.RECEIVER_ACCEPTED
    assert (again(handover).state, theirs) == (end, end)


def test_an_expired_letter_is_not_accepted(here, there, zeng):
    sent(here, zeng, online(there), days=30)
    carry()
    last = NOW + 30 * DAY
    with at(there), pytest.raises(receiving.LetterExpired, match="到期"):
        receiving.accept(handover=incoming(), branch=there.one, actor=there.chief, now=last + DAY)
    with at(there):
        receiving.accept(handover=incoming(), branch=there.one, actor=there.chief, now=last)


def test_a_letter_that_ran_out_is_given_again_with_a_new_number(here, there, zeng):
    old = sent(here, zeng, online(there), days=30)
    carry()
    with pytest.raises(approving.StillValid):
        approving.reissue(handover=old, actor=here.deputy, now=NOW + 30 * DAY)
    later = NOW + 31 * DAY
    new = approving.reissue(handover=old, actor=here.deputy, now=later)
    carry(later)
    assert again(old).state == State.EXPIRED
    assert (new.replaces_id, new.letter_number) == (old.pk, old.letter_number + 1)
    with at(there):
        assert sorted(Handover.objects.values_list("state", flat=True)) == ["EXPIRED", "IN_TRANSIT"]
        came = Handover.objects.get(state=State.IN_TRANSIT)
        receiving.accept(handover=came, branch=there.one, actor=there.chief, now=later)
        receiving.place(handover=came, actor=there.chief, now=later)
    carry(later)
    assert again(new).state == State.CLOSED
    assert not Member.objects.get().is_active


def test_a_letter_that_was_replaced_is_decided_by_nobody_any_more(here, there, zeng):
    old = sent(here, zeng, online(there), days=30)
    carry()
    later = NOW + 31 * DAY
    approving.reissue(handover=old, actor=here.deputy, now=later)
    with at(there), pytest.raises(DecidedThere):  # the new one is still on its way
        receiving.refuse(handover=incoming(), reason="已逾期", actor=there.chief, now=later)


HELD_UP = {
    UnitState.SUSPENDED: "暂停",
    UnitState.READ_ONLY: "只读",
    UnitState.CLOSING: "注销",
}


@pytest.mark.parametrize("state", HELD_UP)
def test_a_receiver_held_up_gets_it_later_and_the_sender_sees_why(here, there, zeng, state):
    handover = begun(here, zeng, online(there))
    put(there.unit, state)
    approving.approve(handover=handover, actor=here.chief, now=NOW)
    carry()
    tracking = exchange.tracking_of(again(handover).thread_id)
    assert not tracking.is_delivered
    assert HELD_UP[state] in tracking.hindrance
    assert again(handover).state == State.SENDER_APPROVED
    put(there.unit, UnitState.LIVE)
    carry(NOW + DAY)
    assert again(handover).state == State.IN_TRANSIT


def test_a_sender_suspended_in_the_middle_gets_the_receipt_later(alpha, here, there, zeng):
    handover = sent(here, zeng, online(there))
    carry()
    accepted(there)
    put(alpha, UnitState.SUSPENDED)
    with at(there):
        receiving.place(handover=incoming(), actor=there.chief, now=NOW)
    carry()
    assert standing(there.unit.id) == [True]
    put(alpha, UnitState.LIVE)
    carry(NOW + DAY)
    with unit_context(alpha.id):
        assert again(handover).state == State.CLOSED
        assert not Member.objects.get().is_active
    with at(there):
        assert incoming().state in (State.PLACED, State.CLOSED)


def test_a_unit_that_does_not_let_itself_be_found_is_not_found(here, there, zeng):
    assert [one.unit_name for one in exchange.search("root")] == [there.unit.name]
    assert [one.unit_id for one in exchange.search(there.unit.name)] == [there.unit.id]
    assert exchange.search("r") == []
    with at(there):
        publishing.publish(is_open=False, actor=there.chief, now=NOW)
    assert exchange.search("root") == []
    with pytest.raises(NotFound):
        drafting.draft(members=[zeng], plan=online(there), actor=here.secretary, now=NOW)


def test_only_who_administers_the_whole_unit_publishes_it(here):
    with pytest.raises(Forbidden):
        publishing.publish(is_open=True, actor=here.secretary, now=NOW)


def test_a_second_formal_relation_is_refused_and_the_member_stays(here, there, zeng):

    number = sealing.open_identity(zeng.identity_sealed)
    with at(there):
        store(new_member(there.two, "曾国强", identity_number=number))
    handover = sent(here, zeng, online(there))
    carry()
    accepted(there)
    with at(there), pytest.raises(AlreadyMember):
        receiving.place(handover=incoming(), actor=there.chief, now=NOW)
    with at(there):
        assert incoming().state == State.RECEIVER_ACCEPTED
    assert again(handover).state == State.RECEIVER_ACCEPTED
    assert Member.objects.get().is_active


def test_dues_paid_and_probation_papers_travel_with_the_letter(here, there):
    young = make_member(
        here.one, "林晓", category="PROBATIONARY", full_on=None, joined_on=dt.date(2026, 6, 1)
    )
    plan = online(there, papers=("入党志愿书",))
    sent(here, young, plan)
    carry()
    with at(there):
        came = incoming()
        assert (came.papers, came.category) == (["入党志愿书"], "PROBATIONARY")
    accepted(there)
    with at(there):
        receiving.place(handover=incoming(), actor=there.chief, now=NOW)
        member = Member.objects.get()
        assert (member.category, member.probation_until) == (
            "PROBATIONARY", dt.date(2027, 6, 1),
        )  # fmt: skip


def test_somebody_who_died_meanwhile_is_not_made_to_leave_twice(here, there, zeng):

    handover = sent(here, zeng, online(there))
    carry()
    accepted(there)
    turns.leave(
        member=zeng, kind=ChangeKind.DIED, on=NOW.date(), document="", reason="",
        actor=here.chief, now=NOW,
    )  # fmt: skip
    with at(there):
        receiving.place(handover=incoming(), actor=there.chief, now=NOW)
    carry()
    assert again(handover).state == State.CLOSED
    assert Change.objects.filter(undone_at=None).count() == 1


def test_operators_see_numbers_only(here, there, zeng):
    put(there.unit, UnitState.LIVE)
    sent(here, zeng, online(there))
    with shared_context():
        found = exchange.traffic(now=NOW)
        assert (found.waiting, found.open_units) == (1, 1)
        assert Side.OUT not in repr(found)
        assert "曾国强" not in repr(found)
