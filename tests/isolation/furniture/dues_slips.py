"""A slip of cash that is in its collector's hand, of the member who signs in."""

from __future__ import annotations

from typing import Any

from tenant_apps.dues.models import Slip

_PLACE = "000100010001"
SHAPED = {
    "dues.Lot.kind": lambda unit: "cash",
    "dues.Lot.state": lambda unit: "draft",
    "dues.Lot.bank": lambda unit: "1001",
    "dues.Slip.kind": lambda unit: "cash",
    "dues.Slip.state": lambda unit: "held",
    "dues.Slip.bills": lambda unit: [],
    "dues.Slip.months": lambda unit: [202611],
    "dues.Slip.checked_by": lambda unit: None,
}


def furnish(side: Any, own: Any) -> None:
    Slip.objects.update(member_id=own, lot=None)
    side.placed.setdefault("slip_id", {})[_PLACE] = Slip.objects.values_list("pk", flat=True).get()
