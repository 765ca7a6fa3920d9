"""An expense on its way, a sweep with a line, and a published year that the member commented on."""

from __future__ import annotations

import datetime as dt
from typing import Any

from kernel.storage import unit_files
from tenant_apps.organizations.models import Organization
from tenant_apps.treasury.models import (
    Comment,
    HandoverList,
    OrgRule,
    Publication,
    SweepLine,
    Voucher,
)
from tenant_apps.treasury.selectors.publications import figures_of

_PLACE = "000100010001"
_ABOVE = "00010001"
SHAPED = {
    "treasury.Day.account": lambda unit: "4001",
    "treasury.Voucher.kind": lambda unit: "EXPENSE",
    "treasury.Voucher.state": lambda unit: "DECIDED",
    "treasury.Voucher.org_path": lambda unit: _PLACE,
    "treasury.Voucher.bank": lambda unit: "1001",
    "treasury.Voucher.use": lambda unit: "5001",
    "treasury.Voucher.decided_on": lambda unit: dt.date(2026, 11, 1),
    "treasury.Voucher.present": lambda unit: 7,
    "treasury.Voucher.scan": lambda unit: None,
    "treasury.SweepRule.depth": lambda unit: 3,
    "treasury.SweepRule.ratio_bp": lambda unit: 10_000,
    "treasury.OrgRule.org_path": lambda unit: _PLACE,
    "treasury.OrgRule.covers_below": lambda unit: False,
    "treasury.OrgRule.ratio_bp": lambda unit: 5_000,
    "treasury.OrgRule.first_on": lambda unit: dt.date(2026, 11, 1),
    "treasury.OrgRule.last_on": lambda unit: None,
    "treasury.OrgRule.ended_at": lambda unit: None,
    "treasury.SweepLine.giver_path": lambda unit: _PLACE,
    "treasury.SweepLine.taker_path": lambda unit: _ABOVE,
    "treasury.SweepLine.giver": lambda unit: Organization.objects.get(path=_PLACE),
    "treasury.SweepLine.taker": lambda unit: Organization.objects.get(path=_ABOVE),
    "treasury.HandoverList.role": lambda unit: "treasurer",
    "treasury.HandoverList.state": lambda unit: "DRAWN",
    "treasury.HandoverList.org_path": lambda unit: _PLACE,
    "treasury.HandoverList.figures": lambda unit: {
        "balances": [],
        "cash_fen": 0,
        "vouchers": [],
        "sweeps": [],
        "receipts": [],
        "whole": {},
    },
    "treasury.Publication.figures": lambda unit: {},
}


def furnish(side: Any, own: Any) -> None:
    org = side.orgs[_PLACE]
    scan = {
        "key": unit_files().save("minute.pdf", b"%PDF"),
        "name": f"{side.mark.word}记录.pdf",
        "size": 4,
    }
    Voucher.objects.update(org_id=org.id, scan=scan)
    HandoverList.objects.update(org_id=org.id)
    OrgRule.objects.update(org_id=org.id)
    SweepLine.objects.update(taken_at=None)
    Publication.objects.update(figures=figures_of(2026, dt.date(2026, 11, 30)))
    Comment.objects.update(member_id=own)
    for name, model in (
        ("voucher_id", Voucher),
        ("line_id", SweepLine),
        ("list_id", HandoverList),
        ("rule_id", OrgRule),
    ):
        side.placed.setdefault(name, {})[_PLACE] = model.objects.values_list("pk", flat=True).get()
