"""The unit's dedicated account and the terms of its settlement, with the unit's own record."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from kernel.unit import current_unit_id
from shared_apps.settlement.selectors import Account, Cycle, Mode
from shared_apps.settlement.selectors.terms import Terms
from shared_apps.settlement.services import accounts
from shared_apps.settlement.services import terms as terms_service
from shared_apps.settlement.services.accounts import Particulars
from tenant_apps.audit.services import record

__all__ = ["Particulars", "choose_terms", "close", "register", "withdraw"]


@transaction.atomic
def register(*, given: Particulars, actor: Actor, now: dt.datetime, today: dt.date) -> Account:
    """Registers an account; the bank compares it with the papers before it is used.

    Raises what ``settlement.services.accounts.register`` raises.
    """
    made = accounts.register(
        unit_id=current_unit_id(), given=given, actor=actor, now=now, today=today
    )
    _tell("settlement.account_registered", made, actor, now)
    return made


@transaction.atomic
def withdraw(*, account_id: UUID, actor: Actor, now: dt.datetime) -> Account:
    """Takes back an account that the bank has not compared yet.  Raises AccountMoved."""
    done = accounts.withdraw(unit_id=current_unit_id(), account_id=account_id, actor=actor, now=now)
    _tell("settlement.account_withdrawn", done, actor, now)
    return done


@transaction.atomic
def close(*, account_id: UUID, actor: Actor, now: dt.datetime) -> Account:
    """Stops using an account: batches leave the unit out until another one is confirmed.

    Raises AccountMoved.
    """
    done = accounts.close(unit_id=current_unit_id(), account_id=account_id, actor=actor, now=now)
    _tell("settlement.account_closed", done, actor, now)
    return done


@transaction.atomic
def choose_terms(
    *,
    mode: Mode,
    cycle: Cycle | None,
    minimum_fen: int,
    actor: Actor,
    now: dt.datetime,
    today: dt.date,
) -> Terms:
    """Settles the unit this way from its next period on.

    Raises what ``settlement.services.terms.choose`` raises.
    """
    chosen = terms_service.choose(
        unit_id=current_unit_id(), mode=mode, cycle=cycle, minimum_fen=minimum_fen, actor=actor,
        now=now, today=today,
    )  # fmt: skip
    record(
        "settlement.terms_chosen",
        actor=actor,
        now=now,
        mode=mode.value,
        cycle=cycle.value if cycle else "",
        minimum_fen=minimum_fen,
        effective_on=chosen.effective_on.isoformat(),
    )
    return chosen


def _tell(code: str, account: Account, actor: Actor, now: dt.datetime) -> None:
    record(
        code,
        actor=actor,
        now=now,
        subject_type="account",
        subject_id=account.pk,
        bank=account.bank,
        last_four=account.last_four,
    )
