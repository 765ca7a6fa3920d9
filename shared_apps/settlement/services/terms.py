"""Choosing how a unit is settled."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Invalid
from kernel.permissions import require
from kernel.unit import shared_context
from shared_apps.settlement.models import Bank, Cycle, Mode, Policy
from shared_apps.settlement.permissions import SettlementPermission
from shared_apps.settlement.selectors import accounts, periods, terms
from tenants.models import schema_name_of


class CycleOnlyPooled(Invalid):
    code = "settlement_cycle_only_pooled"
    sentence = "按日、按月、按季结算只适用于银行归集户；其他方式由渠道直接结算，请不要选择周期。"


class CycleMissing(Invalid):
    code = "settlement_cycle_missing"
    sentence = "请选择结算周期：按日、按月或按季。"


class OtherBankOnlyPooled(Invalid):
    code = "settlement_other_bank_only_pooled"
    sentence = "本单位党费专户开在{bank}，只能通过银行归集户结算。"


class MinimumInvalid(Invalid):
    code = "settlement_minimum_invalid"
    sentence = "起付金额应在 0 至 100,000 元之间。"


_MOST_FEN = 10_000_000


def choose(
    *,
    unit_id: UUID,
    mode: Mode,
    cycle: Cycle | None,
    minimum_fen: int,
    actor: Actor,
    now: dt.datetime,
    today: dt.date,
) -> terms.Terms:
    """Settles the unit this way from its next period on; what was chosen before and is not in
    force yet is replaced.

    Raises Forbidden, CycleMissing, CycleOnlyPooled, OtherBankOnlyPooled, MinimumInvalid.
    """
    require(actor, SettlementPermission.OWN_CHANGE)
    if mode == Mode.POOL and cycle is None:
        raise CycleMissing
    if mode != Mode.POOL and cycle is not None:
        raise CycleOnlyPooled
    if not 0 <= minimum_fen <= _MOST_FEN:
        raise MinimumInvalid
    with shared_context(), transaction.atomic():
        before = terms.terms_on(unit_id, today)
        account = accounts.account_in_force(unit_id, today)
        if mode != Mode.POOL and account is not None and account.bank != Bank.BOC:
            raise OtherBankOnlyPooled(bank=account.get_bank_display())
        effective_on = periods.next_start(today, before.cycle)
        Policy.objects.filter(unit_id=unit_id, effective_on__gt=today).delete()
        Policy.objects.create(
            unit_id=unit_id,
            unit_role=schema_name_of(unit_id),
            mode=mode,
            cycle=cycle or "",
            minimum_fen=minimum_fen,
            effective_on=effective_on,
            set_by_name=actor.name,
            set_at=now,
        )
    return terms.Terms(mode, cycle, minimum_fen, effective_on)
