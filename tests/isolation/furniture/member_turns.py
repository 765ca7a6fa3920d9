"""Memberships that end: a proposal that waits, a merger, somebody who left, a saved list, an
export with full numbers that waits for a second administrator."""

from __future__ import annotations

from typing import Any

from kernel.actor import Actor
from kernel.models import uuid7
from tenant_apps.members.models import Change, Export, Member, Proposal, SavedList
from tenant_apps.members.selectors.listing import Listing
from tenant_apps.members.services import intake
from tests import cast
from tests.isolation import canaries

_PLACE = "000100010001"
SHAPED = {
    "members.Proposal.kind": lambda unit: "REMOVED",
    "members.Proposal.state": lambda unit: "WAITING",
    "members.Proposal.data": lambda unit: {},
    "members.Proposal.decided_by": lambda unit: None,
    "members.Proposal.decided_at": lambda unit: None,
    "members.Change.kind": lambda unit: "OTHER_OUT",
    "members.Change.org_path": lambda unit: _PLACE,
    "members.Change.category": lambda unit: "FULL",
    "members.Change.data": lambda unit: {},
    "members.Change.undone_at": lambda unit: None,
}


def furnish(side: Any, own: Any) -> None:
    org, word = side.orgs[_PLACE], side.mark.word
    Proposal.objects.filter(pk=side.planted_key("members.Proposal")).update(member_id=own)
    other = side.members["000100010002"]
    Change.objects.filter(pk=side.planted_key("members.Change")).update(
        member_id=own, org_id=org.id,
        data={"merged_into": str(other), "taken": [], "moved": {}, "version": 1, "before": {}},
    )  # fmt: skip
    admin = cast.person(f"{word}unit_admin-unit_admin--{side.label}")
    SavedList.objects.filter(pk=side.planted_key("members.SavedList")).update(
        person_id=admin.id, address=f"posts={word}"
    )
    Export.objects.create(
        requested_by=uuid7(), requested_by_name=f"{word}申请人", requested_at=canaries.NOW,
        roles=[["unit_admin", ""]], state=Export.State.AWAITING, total=1,
        file_name=f"{word}.csv",
        order={"listing": Listing().packed(), "columns": [], "form": "csv", "is_full": True,
               "reason": f"{word}事由", "today": canaries.NOW.date().isoformat()},
    )  # fmt: skip
    digit = "1" if side.label == "alpha" else "2"
    left = intake.NewMember(
        row_key="left", org_id=org.id, org_path=org.path, name=f"{word}离开", category="FULL",
        identity_number=f"32030319700{digit}019999", phone=f"13{digit}76549999",
    )  # fmt: skip
    stored = intake.store(
        rows=[left], import_id=uuid7(), actor=Actor.system("isolation"), now=canaries.NOW
    )
    Member.objects.filter(pk=stored.made[0].member_id).update(
        is_active=False, standing="LEFT", left_kind="DIED", left_on=canaries.NOW.date()
    )
