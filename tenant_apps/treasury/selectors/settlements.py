"""What the unit sees of its settlement, on one page each."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from kernel.actor import Actor
from kernel.permissions import require
from kernel.unit import current_unit_id
from shared_apps.settlement.permissions import SettlementPermission
from shared_apps.settlement.selectors import Account, AccountState, Instruction, account_in_force
from shared_apps.settlement.selectors import accounts as shared_accounts
from shared_apps.settlement.selectors import instructions as shared_instructions
from shared_apps.settlement.selectors.due import unsettled_fen
from shared_apps.settlement.selectors.terms import Terms, next_send_on, terms_after, terms_on
from tenant_apps.dues.selectors.chart import SETTLEMENT_IN_TRANSIT
from tenant_apps.dues.selectors.ledger import balance


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the unit's money is (fen), and when it is sent next (None where not by the pool)."""

    in_pool_fen: int
    on_its_way_fen: int
    next_send_on: dt.date | None
    terms: Terms
    later_terms: Terms | None


@dataclass(frozen=True, slots=True)
class Accounts:
    """The account in force, the one that the bank is comparing, and all there ever were."""

    in_force: Account | None
    waiting: Account | None
    every: list[Account]


def standing(today: dt.date) -> Standing:
    unit_id = current_unit_id()
    terms = terms_on(unit_id, today)
    return Standing(
        in_pool_fen=unsettled_fen(unit_id),
        on_its_way_fen=balance(SETTLEMENT_IN_TRANSIT),
        next_send_on=next_send_on(terms, today),
        terms=terms,
        later_terms=terms_after(unit_id, today),
    )


def accounts(today: dt.date) -> Accounts:
    unit_id = current_unit_id()
    every = list(shared_accounts.of_unit(unit_id))
    waiting = (row for row in every if row.state == AccountState.REGISTERED)
    return Accounts(account_in_force(unit_id, today), next(waiting, None), every)


def settlements() -> QuerySet[Instruction]:
    """The unit's settlements, the newest first."""
    return shared_instructions.own(current_unit_id())


def settlement_for(actor: Actor, instruction_id: UUID, *, to: SettlementPermission) -> Instruction:
    """Raises Forbidden, UnknownInstruction."""
    require(actor, to)
    return shared_instructions.own_one(current_unit_id(), instruction_id)
