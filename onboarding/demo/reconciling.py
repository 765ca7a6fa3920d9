"""Today's bills of the demo, today: the channel's calendar runs ahead, so that the books agree at
once.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from kernel import clock
from kernel.unit import shared_context
from shared_apps.payments.simulator import tapping
from shared_apps.reconciliation.services import arranging
from tenant_apps.treasury.services import recon

AHEAD: Final = dt.timedelta(days=2)
"""A bill is there from nine in the morning after its day."""


def show(*, now: dt.datetime) -> None:
    """Fetches and compares what was paid today; nothing where the channel is not up."""
    if not tapping.move_to(clock.day_of(now) + AHEAD):
        return
    with shared_context():
        arranging.arrange(day=clock.day_of(now), now=now)
    recon.advance(now=now)
