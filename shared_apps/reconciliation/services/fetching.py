"""Bringing the bills: asked for one by one, outside any transaction, kept until they are read."""

from __future__ import annotations

import datetime as dt
from typing import Final
from uuid import UUID

from django.db import transaction

from kernel.crypto import Unreadable
from kernel.storage import shared_files
from shared_apps.payments import selectors as payments
from shared_apps.payments.channels.base import ChannelError, Misconfigured, Outcome
from shared_apps.payments.channels.bills import BillKind, BillSource, Fetched
from shared_apps.payments.services import accounts
from shared_apps.reconciliation.models import Run, RunState

PATIENCE: Final = dt.timedelta(minutes=10)
MOST_ATTEMPTS: Final = 60
"""Ten hours, to the evening of the day; then a person looks."""
BATCH: Final = 2_000


def fetch_due(*, now: dt.datetime, limit: int = BATCH) -> list[UUID]:
    """Fetches the bills whose turn it is; returns the runs that have theirs now."""
    due = Run.objects.filter(state=RunState.WAITING, try_at__lte=now).order_by("try_at")
    found = [fetch(run_id=pk, now=now) for pk in due.values_list("pk", flat=True)[:limit]]
    return [run.pk for run in found if run.state == RunState.FETCHED]


def fetch(*, run_id: UUID, now: dt.datetime) -> Run:
    """Asks the channel for one bill.  Not made yet, or lost on the way: again in ten minutes.
    Must be called outside a transaction.
    """
    with transaction.atomic(durable=True):
        run = Run.objects.select_for_update().get(pk=run_id)
        if run.state != RunState.WAITING or run.try_at is None or run.try_at > now:
            return run
        run.attempts += 1
        run.try_at = now + PATIENCE
        run.save(update_fields=["attempts", "try_at"])
    answer = _ask(run)
    with transaction.atomic(durable=True):
        run = Run.objects.select_for_update().get(pk=run_id)
        if run.state == RunState.WAITING:
            _take(run, answer, now)
            run.save()
    return run


def _ask(run: Run) -> Fetched:
    config = payments.accounts_with_bills([run.channel]).filter(pk=run.config_id).first()
    if config is None:
        return _refused("ACCOUNT_CLOSED", "收款账户的密钥已清除，无法再取账单")
    try:
        adapter = accounts.adapter_for(config)
    except (Misconfigured, Unreadable):
        return _refused("MISCONFIGURED", "收款账户的参数无法使用，请核对后重新填写")
    if not isinstance(adapter, BillSource):
        return _refused("NO_BILLS", "这个渠道暂不提供账单下载")
    return adapter.bill(BillKind(run.kind), run.day)


def _take(run: Run, answer: Fetched, now: dt.datetime) -> None:
    run.changed_at = now
    if answer.outcome is Outcome.SUCCEEDED:
        run.state = RunState.FETCHED
        run.digest, run.error_code, run.error_text = answer.digest, "", ""
        run.file_key = shared_files().save(_name(run), answer.content) if answer.content else ""
        return
    error = answer.error or ChannelError("UNKNOWN", "渠道没有给出原因")
    run.error_code, run.error_text = error.code[:64], error.message[:200]
    if answer.outcome is Outcome.FAILED or run.attempts >= MOST_ATTEMPTS:
        run.try_at = None


def _name(run: Run) -> str:
    return f"{run.channel}-{run.kind}-{run.day}.bill"


def _refused(code: str, message: str) -> Fetched:
    return Fetched(Outcome.FAILED, error=ChannelError(code, message))
