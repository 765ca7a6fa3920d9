"""What the channels' and the bank's own books say, held against ours, payment by payment."""

from __future__ import annotations

from collections import Counter
from typing import Any

from kernel.unit import shared_context, unit_context
from shared_apps.payments.models import Channel, ChannelEvent, Order, Refund
from shared_apps.reconciliation.models import Case, Line, Run, RunState
from shared_apps.settlement.models import Account
from tenant_apps.dues.selectors import balance
from tenant_apps.dues.selectors.chart import bank_account
from tests.crash.world import World


def differences(world: World) -> list[str]:
    """Everything in which the two sides do not agree; nothing after a day that went well."""
    wrong = [f"{unit.label}: {found}" for unit in world.units for found in world.off(unit)]
    for unit in world.units:
        for channel in Channel:
            mchid = world.configs[unit.label, channel].mchid
            moves = world.core.books.movements(mchid)
            wrong += _payments(moves) + _refunds(moves) + _without_case(mchid, moves)
    return wrong + _at_the_bank(world)


def _payments(moves: list[dict[str, Any]]) -> list[str]:
    """Each payment is an order's or a second one's, under the channel's own number."""
    paid = {move["transaction_id"]: move["fen"] for move in moves if move["fen"] > 0}
    with shared_context():
        orders = Order.objects.filter(transaction_id__in=paid)
        ours = dict(orders.values_list("transaction_id", "amount_fen"))
        second = ChannelEvent.objects.filter(transaction_id__in=paid, outcome="conflict")
        ours |= dict(second.values_list("transaction_id", "amount_fen"))
    return [f"payment {number} of {fen}: {ours.get(number)}" for number, fen in paid.items()
            if ours.get(number) != fen]  # fmt: skip


def _refunds(moves: list[dict[str, Any]]) -> list[str]:
    given = {move["out_refund_no"]: -move["fen"] for move in moves if move["fen"] < 0}
    with shared_context():
        ended = Refund.objects.filter(out_refund_no__in=given, settled_at__isnull=False)
        ours = dict(ended.values_list("out_refund_no", "amount_fen"))
    return [f"refund {number} of {fen}: {ours.get(number)}" for number, fen in given.items()
            if ours.get(number) != fen]  # fmt: skip


def _without_case(mchid: str, moves: list[dict[str, Any]]) -> list[str]:
    """What a compared bill says otherwise than the channel's books, and nobody was told of."""
    true = Counter((m["transaction_id"], m["out_refund_no"], abs(m["fen"])) for m in moves)
    with shared_context():
        runs = Run.objects.filter(mchid=mchid, kind="trade")
        unread = runs.exclude(state__in=[RunState.CLASSIFIED, RunState.CLOSED])
        lines = list(Line.objects.filter(run__in=runs))
        cases = set(Case.objects.filter(run__in=runs).values_list("number", flat=True))
        cases |= set(
            Case.objects.filter(run__in=runs).values_list("line__transaction_id", flat=True)
        )
    told = Counter((one.transaction_id, one.refund_no, abs(one.amount_fen)) for one in lines)
    numbers = {one.transaction_id: one.out_trade_no for one in lines}
    numbers |= {move["transaction_id"]: move["out_trade_no"] for move in moves}
    off = [*(told - true), *(true - told)]
    return [
        *(f"bill of {run.channel} {run.day} is {run.state} {run.error_code}" for run in unread),
        *(f"no case for {key}" for key in off
          if not {key[0], key[1], numbers.get(key[0])} & cases),
    ]  # fmt: skip


def _at_the_bank(world: World) -> list[str]:
    ours = 0
    for unit in world.units:
        with unit_context(unit.pk):
            ours += sum(balance(bank_account(one.pk)) for one in Account.objects.all())
    theirs = sum(world.bank.balances().values())
    return [] if ours == theirs else [f"bank: {ours} fen here, {theirs} there"]


def figures(world: World) -> dict[str, int]:
    """How much there was of everything."""
    moves = [
        move for config in world.configs.values()
        for move in world.core.books.movements(config.mchid)
    ]  # fmt: skip
    with shared_context():
        return {
            "payments": sum(move["fen"] > 0 for move in moves),
            "refunds": sum(move["fen"] < 0 for move in moves),
            "fen_at_channels": sum(move["fen"] for move in moves),
            "fen_at_bank": sum(world.bank.balances().values()),
            "orders": Order.objects.count(),
            "bills_compared": Run.objects.filter(kind="trade", state__in=["classified", "closed"])
            .count(),
            "bill_lines": Line.objects.count(),
            "cases": Case.objects.count(),
        }  # fmt: skip
