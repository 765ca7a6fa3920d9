"""Paid orders and the bills that a channel would make of them."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from kernel.clock import BEIJING
from kernel.models import uuid7
from shared_apps.payments.models import ChannelConfig, Order
from shared_apps.reconciliation.models import BillKind, Run
from shared_apps.reconciliation.services import classifying, loading
from tests.shared_apps.payments.channels import bill_files as files

DAY = dt.date(2026, 11, 21)
NOW = dt.datetime(2026, 11, 22, 10, 30, tzinfo=BEIJING)


def at(text, day=DAY):
    """A moment of the day in Beijing."""
    return dt.datetime.combine(day, dt.time.fromisoformat(text), tzinfo=BEIJING)


def make_config(unit, mchid=files.MCHID):
    """An account that was replaced; its keys cannot be opened."""
    return ChannelConfig.objects.create(
        unit_id=unit.id, unit_role=unit.schema_name, channel="wechat", mchid=mchid, appid="wx",
        merchant_serial="s", platform_key_id="PUB_KEY_ID_1", platform_public_key="k",
        secrets_sealed=b"x", base_url="https://pay.channel.test", created_at=NOW,
        is_active=False,
    )  # fmt: skip


def make_paid(config, n, *, fen=12_900, paid_at=None, state="paid", member_id=None):
    """The order that ``files.payment(n)`` pays; one that is not ``paid`` waits for its payer."""
    paid_at = paid_at or at("09:30:00")
    facts = {}
    if state == "paid":
        facts = {"transaction_id": f"4200{n:024d}", "paid_at": paid_at, "settled_at": paid_at}
    return Order.objects.create(
        unit_id=config.unit_id, unit_role=config.unit_role, config=config,
        out_trade_no=f"GJ{n:014d}", payer_person_id=uuid7(), payer_member_id=member_id or uuid7(),
        amount_fen=fen, description="党费", state=state, created_at=paid_at,
        expires_at=paid_at + dt.timedelta(minutes=20), **facts,
    )  # fmt: skip


def reconcile(config, rows, *, day=DAY, now=NOW, totals=None):
    """Reads and compares a bill of these rows; the run as it then stands."""
    with transaction.atomic():
        run = Run.objects.create(
            unit_id=config.unit_id, unit_role=config.unit_role, config=config, channel="wechat",
            mchid=config.mchid, day=day, kind=BillKind.TRADE, state="fetched", changed_at=now,
        )  # fmt: skip
        content = files.wechat(rows, totals=totals) if rows else b""
        loading.take(run=run, content=content, now=now)
    classifying.tie_out(now=now)
    classifying.classify_tied_out(now=now)
    run.refresh_from_db()
    return run
