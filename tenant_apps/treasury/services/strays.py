"""From a difference of the kind 长款 to the books: what the channel holds and no order explains."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict
from shared_apps.reconciliation.permissions import ReconciliationPermission
from shared_apps.reconciliation.services import deciding
from tenant_apps.dues.services import strays
from tenant_apps.treasury.selectors.recon import case_for
from tenant_apps.treasury.selectors.strays import is_strangers, stray_about
from tenant_apps.treasury.selectors.sweeps import require_whole


class NotAStray(Conflict):
    code = "treasury_not_a_stray"
    sentence = "只有渠道已收到、平台没有对应订单的收款才能转入待确认款项。"


@transaction.atomic
def book(*, case_id: UUID, actor: Actor, now: dt.datetime) -> None:
    """Books the sum as suspended and settles the difference by that.

    Raises CaseNotFound, NotAStray, StrayBooked, CaseAlreadySettled.
    """
    require_whole(actor, ReconciliationPermission.DECIDE)
    case = case_for(actor, case_id, to=ReconciliationPermission.DECIDE)
    if not is_strangers(case) or case.line is None:
        raise NotAStray
    strays.book(
        channel=case.run.channel,
        mchid=case.run.mchid,
        transaction_id=case.line.transaction_id,
        amount_fen=case.line.amount_fen,
        at=case.line.at,
        actor=actor,
        now=now,
    )
    deciding.explain(
        case_id=case_id, reason="渠道收款无平台订单，已转入待确认款项", actor=actor, now=now
    )


def refuse_booked(case_id: UUID, actor: Actor) -> None:
    """Raises StrayBooked: a difference that was settled by booking its money stays settled."""
    case = case_for(actor, case_id, to=ReconciliationPermission.DECIDE)
    if stray_about(case) is not None:
        raise strays.StrayBooked
