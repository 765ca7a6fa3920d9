"""Opening the runs of a day: one for every account and kind of bill, once."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.db.models import Max

from kernel.actor import Actor
from kernel.clock import BEIJING
from kernel.errors import Conflict, NotFound
from kernel.permissions import require
from shared_apps.payments import selectors as payments
from shared_apps.payments.channels.bill_readers import READERS
from shared_apps.reconciliation.models import BillKind, Run, RunState
from shared_apps.reconciliation.permissions import ReconciliationPermission

OPENS: Final = dt.time(10, 15)
"""Bills are made from nine o'clock of the next day and fetched from ten on (payments.md 1.7)."""


MISSED: Final = 90
"""So many days are caught up: channels give no older bills."""


class NothingToFetchAgain(Conflict):
    code = "reconciliation_run_done"
    sentence = "这一天的账单已经核对，不需要重新获取。"


class RunNotFound(NotFound):
    code = "reconciliation_run_not_found"
    sentence = "没有找到这份账单的核对记录。"


def day_to_reconcile(now: dt.datetime) -> dt.date:
    """The last day whose bills are there at `now`: yesterday from 10:15 on, else the day before."""
    there = now.astimezone(BEIJING)
    return there.date() - dt.timedelta(days=1 if there.time() >= OPENS else 2)


def arrange_due(*, now: dt.datetime) -> None:
    """Opens the runs of every day since the last that was looked at: a day on which the platform
    stood still is not lost.  Runs on the shared tables.
    """
    newest = day_to_reconcile(now)
    last = Run.objects.filter(day__lte=newest).aggregate(last=Max("day"))["last"] or newest
    missed = min((newest - last).days, MISSED)
    for days in range(max(missed, 1)):
        arrange(day=newest - dt.timedelta(days=days), now=now)


def arrange(*, day: dt.date, now: dt.datetime) -> int:
    """Opens what is missing; returns how many runs the day has.  Runs on the shared tables.

    An account that was entered after the day has no bill of it.
    """
    known = Run.objects.filter(day=day).values("config_id")
    over = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), BEIJING)
    accounts = payments.accounts_with_bills(READERS).filter(created_at__lt=over)
    drafts = [
        Run(
            unit_id=config.unit_id,
            unit_role=config.unit_role,
            config_id=config.pk,
            channel=config.channel,
            mchid=config.mchid,
            day=day,
            kind=kind,
            try_at=now,
            changed_at=now,
        )
        for config in accounts.exclude(pk__in=known)
        for kind in BillKind
    ]
    Run.objects.bulk_create(drafts, ignore_conflicts=True, batch_size=1_000)
    return Run.objects.filter(day=day).count()


def fetch_again(*, run_id: UUID, actor: Actor, now: dt.datetime) -> Run:
    """Has a bill fetched at once that could not be fetched or read, and keeps who wanted it.  What
    was read stays: raises NothingToFetchAgain; RunNotFound, Forbidden.
    """
    require(actor, ReconciliationPermission.RERUN)
    again = Run.objects.filter(pk=run_id, state__in=[RunState.WAITING, RunState.FETCHED])
    changed = again.update(
        state=RunState.WAITING,
        try_at=now,
        attempts=0,
        asked_by=actor.person_id,
        asked_by_name=actor.name,
        changed_at=now,
    )
    run = Run.objects.filter(pk=run_id).first()
    if run is None:
        raise RunNotFound
    if not changed:
        raise NothingToFetchAgain
    return run
