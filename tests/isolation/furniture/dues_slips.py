"""A member's slip of a batch that waits for its check, and what entrusted the branch with it."""

from __future__ import annotations

from typing import Any

from kernel.storage import unit_files
from tenant_apps.dues.models import Entrustment, Lot, Slip

_PLACE = "000100010001"
SHAPED = {
    "dues.Lot.kind": lambda unit: "proxy",
    "dues.Lot.state": lambda unit: "draft",
    "dues.Lot.bank": lambda unit: "1001",
    "dues.Lot.faults": lambda unit: [],
    "dues.Entrustment.way": lambda unit: "paper",
    "dues.Entrustment.first_month": lambda unit: 202601,
    "dues.Entrustment.last_month": lambda unit: None,
    "dues.Entrustment.is_current": lambda unit: True,
    "dues.Entrustment.ended_at": lambda unit: None,
    "dues.Entrustment.scan": lambda unit: None,
    "dues.Slip.kind": lambda unit: "cash",
    "dues.Slip.state": lambda unit: "held",
    "dues.Slip.bills": lambda unit: [],
    "dues.Slip.months": lambda unit: [202611],
    "dues.Slip.checked_by": lambda unit: None,
}


def furnish(side: Any, own: Any) -> None:
    lot = Lot.objects.get()
    Slip.objects.update(member_id=own, lot=lot)
    scan = {
        "key": unit_files().save("entrustment.pdf", b"%PDF-"),
        "name": f"{side.mark.word}委托书.pdf",
        "size": 5,
    }
    Entrustment.objects.update(member_id=own, scan=scan)
    for name, model in (("slip_id", Slip), ("lot_id", Lot), ("entrustment_id", Entrustment)):
        side.placed.setdefault(name, {})[_PLACE] = model.objects.values_list("pk", flat=True).get()
