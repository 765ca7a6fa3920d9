"""What a channel paid out, in the unit's books."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from kernel.actor import Actor
from kernel.errors import Conflict
from kernel.unit import current_unit_id
from shared_apps.settlement.selectors import account_in_force
from shared_apps.settlement.selectors.terms import terms_on
from shared_apps.settlement.services import payouts
from tenant_apps.audit.services import record
from tenant_apps.dues.selectors.chart import POOL, bank_account
from tenant_apps.dues.services import ledger


class NoAccountInForce(Conflict):
    code = "treasury_no_account_in_force"
    sentence = "本单位还没有经银行确认的党费专户，渠道结算的款项无法入账。"


@transaction.atomic
def book(
    *,
    channel: str,
    mchid: str,
    number: str,
    business_on: dt.date,
    amount_fen: int,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Books that a channel paid out what it held for a business day: to the pool, or, where the
    unit is not in the pool, to its dedicated account.

    ``number`` is the channel's own number of the payout; the database refuses it a second time
    (IntegrityError).  Raises NoAccountInForce.
    """
    unit_id = current_unit_id()
    if terms_on(unit_id, business_on).is_pooled:
        debit = POOL
        payouts.enter(
            unit_id=unit_id, channel=channel, mchid=mchid, number=number,
            business_on=business_on, amount_fen=amount_fen, now=now,
        )  # fmt: skip
    else:
        account = account_in_force(unit_id, business_on)
        if account is None:
            raise NoAccountInForce
        debit = bank_account(account.pk)
    ledger.post(
        debit=debit,
        credit=ledger.clearing_account(channel=channel, mchid=mchid),
        amount_fen=amount_fen,
        effect=f"payout:{channel}:{mchid}:{number}",
        at=now,
        memo=f"{business_on} 渠道结算",
    )
    record(
        "settlement.payout_booked",
        actor=actor,
        now=now,
        channel=channel,
        number=number,
        amount_fen=amount_fen,
        is_pooled=debit == POOL,
    )
