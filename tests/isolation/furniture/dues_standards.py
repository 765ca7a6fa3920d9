"""A standard with its pay slip, a reduction in force, and how the unit keeps its dues."""

from __future__ import annotations

from tenant_apps.dues.models import Relief
from tenant_apps.dues.selectors import slips
from tests.isolation import canaries

SHAPED = {
    "dues.Standard.rounding": lambda unit: "FEN_HALF_UP",
    "dues.Standard.items_sealed": lambda unit: slips.sealed(
        [("post_pay", canaries.MARKS[unit.label].fen)]
    ),
    "dues.Setting.rounding": lambda unit: "FEN_HALF_UP",
    "dues.Setting.issued_month": lambda unit: 202611,
    "dues.StandardsImport.file_key": lambda unit: "",
    "dues.StandardsImport.month": lambda unit: 202611,
    "dues.StandardsImport.state": lambda unit: "READY",
    "dues.StandardsImport.scopes": lambda unit: [""],
    "dues.StandardsImport.changes": lambda unit: [],
    "dues.StandardsImport.faults": lambda unit: [
        [2, canaries.MARKS[unit.label].word, "类别", "", "", ""]
    ],
    "dues.Relief.first_month": lambda unit: 202611,
    "dues.Relief.last_month": lambda unit: 202611,
    "dues.Relief.pay_by_month": lambda unit: None,
}


def furnish(side, own) -> None:
    Relief.objects.filter(pk=side.planted_key("dues.Relief")).update(member_id=own)
