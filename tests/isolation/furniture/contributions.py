"""Large dues of the member on a list that waits for the second person."""

from __future__ import annotations

from typing import Any

from tenant_apps.dues.models import Contribution
from tests.isolation import canaries

_PLACE = "000100010001"
SHAPED = {
    "dues.HandUp.kind": lambda unit: "LARGE",
    "dues.HandUp.state": lambda unit: "asked",
    "dues.HandUp.bank": lambda unit: "",
    "dues.HandUp.decided_by": lambda unit: None,
    "dues.HandUp.paid_on": lambda unit: None,
    "dues.Contribution.kind": lambda unit: "LARGE",
    "dues.Contribution.campaign_id": lambda unit: None,
    "dues.Contribution.org_path": lambda unit: _PLACE,
    "dues.Contribution.state": lambda unit: "PAID",
    "dues.Contribution.limit_fen": lambda unit: 100_000,
    "dues.Contribution.pack_version": lambda unit: "2017",
    "dues.Contribution.paid_at": lambda unit: canaries.NOW,
    "dues.Contribution.central_receipt": lambda unit: "",
    "dues.Receipt.kind": lambda unit: "",
}


def furnish(side: Any, own: Any) -> None:
    Contribution.objects.update(member_id=own, org_id=side.orgs[_PLACE].id)
    side.placed.setdefault("contribution_id", {})[_PLACE] = Contribution.objects.get().pk
