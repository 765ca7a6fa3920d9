"""From the channels to the dedicated account: what members of the demo paid is paid out to the
pool, settled by the bank's two people, and stands in the unit's account.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from kernel import clock
from kernel.actor import Actor
from kernel.unit import shared_context
from shared_apps.payments.simulator import tapping
from shared_apps.reconciliation.services import arranging
from shared_apps.rules.selectors import working_days
from shared_apps.settlement.services import batches, fronts, statements
from tenant_apps.treasury.services import recon, settling

_ONE: Final = dt.timedelta(days=1)
_AHEAD: Final = dt.timedelta(days=3)
"""The channel pays a day out on the next one, whose bills are there on the one after that."""


def show(*, maker: Actor, checker: Actor, now: dt.datetime) -> bool:
    """One batch from the snapshot to the statement, dated the next working day; False where the
    channel and the bank are not up or nothing is due.
    """
    today = clock.day_of(now)
    if not tapping.move_to(today + _AHEAD):
        return False
    with shared_context():
        arranging.arrange(day=today + _ONE, now=now)
    recon.advance(now=now)
    pay_on = working_days.calendar().add(today, 1).day
    try:
        batch = batches.prepare(actor=maker, now=now, today=pay_on)
    except batches.NothingDue:
        return False
    batches.approve(batch_id=batch.pk, actor=checker, now=now)
    bank = fronts.front()
    settling.carry(front=bank, now=now, today=pay_on)
    statements.read(front=bank, pool_account=fronts.access().pool_account, now=now, today=pay_on)
    settling.book_statement(now=now)
    return True
