"""Deciding about differences: who, when, why; every decision can be taken back (rulebook 10.5).

Acts of people run in their unit, which row-level security shows its own cases only.  What the
platform settles by itself is decided by nobody and says how.
"""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import BEIJING
from kernel.errors import Conflict, Forbidden, Invalid
from kernel.permissions import require
from shared_apps.reconciliation.models import Case, CaseState, Difference, Run, RunState, Way
from shared_apps.reconciliation.permissions import ReconciliationPermission
from shared_apps.reconciliation.selectors.cases import CaseNotFound

SHORTEST_REASON: Final = 4
LONGEST_REASON: Final = 200


class CaseAlreadySettled(Conflict):
    code = "reconciliation_case_settled"
    sentence = "这笔差异已由 {who} 于 {when} 处理，没有重复处理。"


class CaseReasonNeeded(Invalid):
    code = "reconciliation_reason"
    sentence = "请写明核实的情况（4 到 200 个字），理由会记入审计日志。"


class CaseNotDecided(Conflict):
    code = "reconciliation_case_open"
    sentence = "这笔差异没有人工处理结果可以撤销，请刷新页面查看最新状态。"


@transaction.atomic
def explain(*, case_id: UUID, reason: str, actor: Actor, now: dt.datetime) -> Case:
    """Settles a case by what a person found out.  Moves no money.  Raises CaseReasonNeeded,
    CaseAlreadySettled, CaseNotFound, Forbidden.
    """
    require(actor, ReconciliationPermission.DECIDE)
    if actor.person_id is None:
        raise Forbidden
    reason = reason.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        raise CaseReasonNeeded
    case = _open(case_id)
    case.way, case.reason = Way.EXPLAIN, reason
    case.decided_by, case.decided_by_name = actor.person_id, actor.name
    _settle(case, now)
    return case


@transaction.atomic
def take_back(*, case_id: UUID, actor: Actor, now: dt.datetime) -> Case:
    """Undoes a person's decision; the case waits again as before.  Raises CaseNotDecided."""
    require(actor, ReconciliationPermission.DECIDE)
    case = _locked(case_id)
    if case.way != Way.EXPLAIN:
        raise CaseNotDecided
    case.state, case.way, case.reason = CaseState.OPEN, "", ""
    case.decided_by, case.decided_by_name, case.decided_at = None, "", None
    case.save()
    Run.objects.filter(pk=case.run_id).update(state=RunState.CLASSIFIED, changed_at=now)
    return case


@transaction.atomic
def note_booked(*, case_id: UUID, actor: Actor, now: dt.datetime) -> Case:
    """The channel was asked about the order of a case, and its money is in the unit's books."""
    case = _open(case_id)
    case.way = Way.BOOKED
    case.decided_by, case.decided_by_name = actor.person_id, actor.name if actor.person_id else ""
    _settle(case, now)
    return case


def _settle(case: Case, now: dt.datetime) -> None:
    case.state, case.decided_at = CaseState.SETTLED, now
    case.save()
    left = Case.objects.filter(run_id=case.run_id, state=CaseState.OPEN).exists()
    if not left and case.kind != Difference.BALANCE:  # a balance is only closed by agreeing
        Run.objects.filter(pk=case.run_id).update(state=RunState.CLOSED, changed_at=now)


def _open(case_id: UUID) -> Case:
    case = _locked(case_id)
    if case.state == CaseState.SETTLED:
        when = (case.decided_at or case.opened_at).astimezone(BEIJING)
        raise CaseAlreadySettled(who=case.decided_by_name or "系统", when=f"{when:%m-%d %H:%M}")
    return case


def _locked(case_id: UUID) -> Case:
    case = Case.objects.select_for_update().filter(pk=case_id).first()
    if case is None:
        raise CaseNotFound
    return case
