"""A membership or an organisation ends while a transfer is under way."""

from __future__ import annotations

import pytest

from tenant_apps.members.models import Change, ChangeKind
from tenant_apps.members.services import changes, departures
from tenant_apps.organizations.services import merging
from tenant_apps.organizations.services.open_matters import StillOpen
from tenant_apps.transfers.models import Handover, State
from tenant_apps.transfers.services import approving, drafting, receiving, whole
from tests.factories.members import make_member
from tests.factories.organizations import NOW, decided
from tests.locked import holding
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
from tests.tenant_apps.transfers.test_letters import OUTSIDE


def died(member, actor):
    return changes.leave(
        member=member, kind=ChangeKind.DIED, on=NOW.date(), document="", reason="", actor=actor,
        now=NOW,
    )  # fmt: skip


def test_who_dies_takes_an_open_transfer_along(here, zeng):
    handover = begun(here, zeng, drafting.Plan(to=here.two, reason="WORK"))
    other = begun(here, make_member(here.one), drafting.Plan(to=here.two, reason="WORK"))
    told = departures.preview(zeng, actor=here.chief)
    assert "组织关系转接" in told.ended[0]
    with holding("transfers_handover"):
        change = died(zeng, here.chief)
    assert again(handover).state == State.WITHDRAWN
    assert again(other).state == State.SUBMITTED, "nobody else's"
    assert "死亡" in again(handover).outcome
    with holding("transfers_handover"):
        changes.undo(change=change, actor=here.chief, now=NOW)
    assert again(handover).state == State.SUBMITTED


def test_a_letter_on_its_way_is_void_and_the_other_unit_hears_it(here, there, zeng):
    handover = sent(here, zeng, online(there))
    carry()
    change = died(zeng, here.chief)
    assert again(handover).state == State.WITHDRAWN
    carry()
    with at(there):
        assert incoming().state == State.WITHDRAWN
        assert incoming().file_sealed is None
    changes.undo(change=change, actor=here.chief, now=NOW)
    assert again(handover).state == State.WITHDRAWN, "a void letter stays void"


@pytest.mark.parametrize("has_heard", [True, False])
def test_what_the_other_unit_accepted_is_left_to_people(here, there, zeng, has_heard):
    handover = sent(here, zeng, online(there))
    carry()
    with at(there):
        receiving.accept(handover=incoming(), branch=there.one, actor=there.chief, now=NOW)
    if has_heard:
        carry()
    change = died(zeng, here.chief)
    assert "对方已接收" in departures.told_of(change).left[0]
    assert again(handover).state in (State.RECEIVER_ACCEPTED, State.IN_TRANSIT)


def test_the_transfer_that_ends_the_membership_is_not_ended_by_it(here, zeng):
    handover = sent(here, zeng, OUTSIDE)
    approving.dispatch(handover=handover, actor=here.secretary, now=NOW)
    approving.take_receipt(handover=again(handover), on=NOW.date(), actor=here.chief, now=NOW)
    assert again(handover).state == State.CLOSED
    assert departures.told_of(Change.objects.get()).left == []


def test_transfers_go_over_with_a_merged_branch(here, zeng):
    make_member(here.two)
    handover = begun(here, zeng, OUTSIDE)
    merging.merge(
        source=here.one, target=here.two, decision=decided(), actor=here.chief, now=NOW + DAY
    )
    assert again(handover).org_id == here.two.pk


def test_a_branch_on_its_way_as_a_whole_cannot_be_merged(here, there, zeng):
    whole.begin(branch=here.one, plan=online(there), actor=here.chief, now=NOW)
    with pytest.raises(StillOpen, match="整建制转接"):
        merging.merge(
            source=here.one, target=here.two, decision=decided(), actor=here.chief, now=NOW
        )
    assert Handover.objects.get().state == State.SUBMITTED
