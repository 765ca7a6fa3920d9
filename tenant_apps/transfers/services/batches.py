"""Several transfers that were begun together, done together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction

from kernel.actor import Actor
from tenant_apps.transfers.models import Handover
from tenant_apps.transfers.services import drafting

Step = Callable[[Handover], Handover]


@transaction.atomic
def begin(
    *, members: Sequence[Any], plan: drafting.Plan, actor: Actor, now: dt.datetime
) -> list[Handover]:
    """Begins transfers and puts them before the committee at once: all or none.

    Raises what ``drafting.draft`` and ``drafting.submit`` raise.
    """
    made = drafting.draft(members=members, plan=plan, actor=actor, now=now)
    return [drafting.submit(handover=one, actor=actor, now=now) for one in made]


@transaction.atomic
def each(*, handover: Handover, act: Step) -> list[Handover]:
    """Does ``act`` to every transfer that was begun together with this one and stands where it
    does: to all or to none.
    """
    together = Handover.objects.filter(
        batch_id=handover.batch_id, side=handover.side, state=handover.state
    )
    return [act(one) for one in together.order_by("pk")]
