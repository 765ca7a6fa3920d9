"""Differences about money of strangers, and what became of that money."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from kernel.actor import Actor
from kernel.errors import NotFound
from shared_apps.reconciliation.permissions import ReconciliationPermission
from shared_apps.reconciliation.selectors.cases import is_long
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.strays import Stray, stray_of
from tenant_apps.treasury.selectors.recon import case_for
from tenant_apps.treasury.selectors.sweeps import require_whole

if TYPE_CHECKING:
    from shared_apps.reconciliation.models import Case


class StrayNotFound(NotFound):
    code = "treasury_stray_not_found"
    sentence = "这笔差异还没有转入待确认款项。"


def is_strangers(case: Case) -> bool:
    """Whether the channel received it and no order of ours has to do with it."""
    return is_long(case) and case.order_id is None and case.line is not None


def stray_about(case: Case) -> Stray | None:
    """The sum in the books, None while it is not there."""
    if case.line is None or not is_strangers(case):
        return None
    return stray_of(channel=case.run.channel, transaction_id=case.line.transaction_id)


def stray_for(actor: Actor, case_id: UUID) -> Stray:
    """Loads and authorises; nobody's money is the whole unit's to decide about.

    Raises CaseNotFound, StrayNotFound, Forbidden.
    """
    require_whole(actor, DuesPermission.SUSPENSE)
    case = case_for(actor, case_id, to=ReconciliationPermission.DECIDE)
    found = stray_about(case)
    if found is None:
        raise StrayNotFound
    return found
