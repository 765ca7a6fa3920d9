"""Handover lists (移交清单, rulebook 4.7): what they freeze, who sees which."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db.models import Q, QuerySet

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import NotFound
from kernel.permissions import require
from kernel.unit import current_unit_id
from shared_apps.reconciliation.selectors.cases import differences
from shared_apps.settlement import selectors as settlement
from shared_apps.settlement.selectors import InstructionState
from tenant_apps.dues import selectors as dues
from tenant_apps.dues.selectors import chart
from tenant_apps.dues.selectors.handing import refunds_under_way, used_numbers
from tenant_apps.treasury.models import HandoverList, RunState, VoucherState
from tenant_apps.treasury.selectors import settlements
from tenant_apps.treasury.selectors.balances import Turnover, require_browsing, turnovers
from tenant_apps.treasury.selectors.lines import Wanted, lines_visible_to
from tenant_apps.treasury.selectors.places import scopes_of
from tenant_apps.treasury.selectors.sweeps import runs_visible_to
from tenant_apps.treasury.selectors.vouchers import vouchers_visible_to

_OPEN: Final = (VoucherState.DRAFT, VoucherState.DECIDED, VoucherState.APPROVED)
_UNDER_WAY: Final = (RunState.PLANNED, RunState.POSTED)
_SENT: Final = (
    InstructionState.CHECKED, InstructionState.SENT, InstructionState.UNKNOWN,
    InstructionState.ACCEPTED,
)  # fmt: skip


class HandoverNotFound(NotFound):
    code = "treasury_handover_not_found"
    sentence = "没有找到这张移交清单，可能不在您的管理范围内。"


def handovers_visible_to(actor: Actor) -> QuerySet[HandoverList]:
    """The lists of the actor's sub-trees, the newest first; the whole unit's for whoever is over
    all.
    """
    require_browsing(actor)
    wanted = Q(pk__in=())
    for scope in scopes_of(actor):
        wanted |= Q(org_path__startswith=scope) if scope else Q(pk__isnull=False)
    return HandoverList.objects.filter(wanted).select_related("org")


def handover_for(actor: Actor, list_id: UUID, *, to: StrEnum) -> HandoverList:
    """Loads and authorises.  Raises HandoverNotFound outside the actor's sub-trees and Forbidden
    where it is seen but may not be done.
    """
    found = handovers_visible_to(actor).filter(pk=list_id).first()
    if found is None:
        raise HandoverNotFound
    require(actor, to, found)
    return found


def booked_since(actor: Actor, held: HandoverList) -> int:
    """How many lines came into the books after the list was drawn up."""
    lines = lines_visible_to(actor, Wanted(below=held.org_path))
    return lines.filter(at__gt=held.handed_at).count()


def figures_of(actor: Actor, below: str, now: dt.datetime) -> dict[str, Any]:
    """What is there to hand over at ``now``, in plain values; what the unit keeps as a whole
    (``whole``) only without ``below``.
    """
    today = day_of(now)
    rows = [row for row in turnovers(actor, today, today, below=below) if row.closing_fen]
    return {
        "balances": [_balance(row) for row in rows],
        "cash_fen": sum(row.closing_fen for row in rows if row.number == chart.COUNTER),
        "vouchers": _open_vouchers(actor, below),
        "sweeps": _open_runs(actor),
        "receipts": [
            {
                "year": one.year, "first": one.first, "last": one.last, "count": one.count,
                "void_count": one.void_count, "void": list(one.void), "fen": one.fen,
            }
            for one in used_numbers(actor, below=below)
        ],
        "whole": {} if below else _of_the_unit(today),
    }  # fmt: skip


def _balance(row: Turnover) -> dict[str, Any]:
    side = "借" if row.is_debit else "贷"
    return {"account": row.account, "label": row.label, "side": side, "fen": row.shown_fen}


def _open_vouchers(actor: Actor, below: str) -> list[dict[str, Any]]:
    found = vouchers_visible_to(actor).filter(state__in=_OPEN, org_path__startswith=below)
    return [
        {
            "kind": one.get_kind_display(), "state": one.get_state_display(),
            "summary": one.summary, "on": one.happened_on.isoformat(), "fen": one.amount_fen,
        }
        for one in found
    ]  # fmt: skip


def _open_runs(actor: Actor) -> list[dict[str, Any]]:
    return [
        {
            "direction": run.get_direction_display() + ("冲回" if run.reverses_id else ""),
            "state": run.get_state_display(),
            "first": run.first_on.isoformat(),
            "last": run.last_on.isoformat(),
        }
        for run in runs_visible_to(actor)
        if run.state in _UNDER_WAY
    ]


def _of_the_unit(today: dt.date) -> dict[str, Any]:
    standing, suspended, cases = settlements.standing(today), dues.unresolved(), differences()
    count, fen = refunds_under_way()
    sent = settlements.settlements().filter(state__in=_SENT)
    return {
        "accounts": [
            {"label": one.label, "state": one.state}
            for one in settlement.accounts_of(current_unit_id())
        ],
        "in_pool_fen": standing.in_pool_fen,
        "on_its_way_fen": standing.on_its_way_fen,
        "instructions": [
            {"number": one.insid, "state": one.get_state_display(), "fen": one.amount_fen}
            for one in sent
        ],
        "suspense": {"count": suspended.count, "fen": suspended.fen},
        "refunds": {"count": count, "fen": fen},
        "cases": {"count": cases.count, "fen": cases.fen},
    }
