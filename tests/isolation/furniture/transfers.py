"""Transfers: one that goes out on paper with a letter, one that came in and was placed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from kernel.models import uuid7
from tenant_apps.transfers.models import Handover

_PLACE = "000100010001"
SHAPED = {
    "transfers.Handover.side": lambda unit: "OUT",
    "transfers.Handover.kind": lambda unit: "INTER_PROVINCE",
    "transfers.Handover.state": lambda unit: "IN_TRANSIT",
    "transfers.Handover.org_path": lambda unit: _PLACE,
    "transfers.Handover.to_path": lambda unit: "",
    "transfers.Handover.code": lambda unit: "SAMECODE",
    "transfers.Handover.category": lambda unit: "FULL",
    "transfers.Handover.reason": lambda unit: "WORK",
    "transfers.Handover.paid_to": lambda unit: 202610,
    "transfers.Handover.valid_until": lambda unit: dt.date(2010, 7, 1),
    "transfers.LetterCounter.year": lambda unit: 2026,
    "exchange.Parcel.topic": lambda unit: "transfer.arrived",
}


def furnish(side: Any, own: Any) -> None:
    org = side.orgs[_PLACE]
    word = side.mark.word
    planted = Handover.objects.filter(pk=side.planted_key("transfers.Handover"))
    planted.update(org_id=org.id, to_id=None, member_id=own, other_unit_id=None)
    made = planted.get()
    Handover.objects.create(
        batch_id=uuid7(), side="IN", kind="INTER_PROVINCE", state="PLACED",
        member_id=side.members["000100010002"], name=f"{word}转入", category="FULL",
        org_id=org.id, org_path=org.path, other_name=f"{word}外单位", letter=f"{word}信",
        preview={"from_unit": f"{word}外单位"}, created_at=made.created_at,
        changed_at=made.changed_at,
    )  # fmt: skip
    side.placed["handover_id"] = {
        path: _elsewhere(side, path, made) for path in side.members if path != _PLACE
    }


def _elsewhere(side: Any, path: str, like: Handover) -> Any:
    """One that ended, at another place of the tree."""
    row = Handover.objects.create(
        batch_id=uuid7(), side="OUT", kind="SPECIAL", state="REJECTED",
        member_id=side.members[path],
        name=side.member_name(path), category="FULL", org_id=side.orgs[path].id, org_path=path,
        other_name=f"{side.mark.word}别处", created_at=like.created_at, changed_at=like.changed_at,
    )  # fmt: skip
    return row.pk
