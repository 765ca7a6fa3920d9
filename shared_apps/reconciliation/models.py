"""Channel bills and what became of each of their lines (rulebook 10.5, payments.md 1.7 and 7.6).

Shared tables: bills of all units of a day are compared with all orders in a few statements.  They
hold numbers, amounts and moments: no names.  Row-level security shows a unit its own rows.
Amounts are integer fen.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from kernel.models import Row, UnitBoundShared


class BillKind(models.TextChoices):
    TRADE = "trade", "交易账单"
    FUND = "fund", "资金账单"


class RunState(models.TextChoices):
    """Where a bill stands.  Each step is repeatable: what was done is not done again."""

    WAITING = "waiting", "待取账单"
    FETCHED = "fetched", "已取回"
    LOADED = "loaded", "已载入"
    TIED_OUT = "tied_out", "合计相符"
    CLASSIFIED = "classified", "有差异待处理"
    CLOSED = "closed", "已对平"


class LineKind(models.TextChoices):
    PAYMENT = "payment", "收款"
    REFUND = "refund", "退款"


class Difference(models.TextChoices):
    """How a line of a bill and our books disagree.  The first that applies is taken."""

    DUPLICATE = "duplicate", "重复入账"
    THEIRS_ONLY = "theirs_only", "渠道有、平台无（长款）"
    OURS_ONLY = "ours_only", "平台有、渠道无（短款）"
    AMOUNT = "amount", "金额不符"
    STATE = "state", "状态不符"
    REFUND_THEIRS = "refund_theirs", "渠道已退、平台未退"
    REFUND_OURS = "refund_ours", "平台已退、渠道未退"
    FEE = "fee", "渠道收取手续费"
    CUTOFF = "cutoff", "跨日"
    BALANCE = "balance", "账户结余不符"


class Verdict(models.TextChoices):
    """What became of a line: it agrees, or it is in a case."""

    MATCHED = "matched", "相符"
    CASE = "case", "有差异"


class CaseState(models.TextChoices):
    OPEN = "open", "待处理"
    SETTLED = "settled", "已处理"


class Way(models.TextChoices):
    """How a case was or might be settled.  FOUND, BOOKED and AGREED are the platform's, without a
    person's judgement.
    """

    FOUND = "found", "次日账单中已找到"
    BOOKED = "booked", "向渠道查询后已入账"
    ASK = "ask", "再次向渠道查询"
    EXPLAIN = "explain", "核实后说明原因"
    CHECK = "check", "重新核对结余"
    AGREED = "agreed", "重新核对后相符"


class Run(UnitBoundShared):
    """The bill of one account, day (of Beijing) and kind.

    The sums are those that the bill states of itself: received and given back, for a fund bill
    all that came in and went out.  ``balance_fen`` is the 账户结余 at the end of a fund bill,
    ``books_fen`` what the unit's ledger says of the same account then; ``payouts`` are the
    movements by which the channel paid the unit out.  ``asked_by`` is the operator who last had it
    fetched again.
    """

    unit_access: ClassVar[str] = "SELECT, UPDATE"
    outlives_unit: ClassVar[str] = "渠道账单（不含姓名）"

    config = models.ForeignKey(
        "payments.ChannelConfig", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    channel = models.CharField(max_length=12)
    mchid = models.CharField(max_length=32)
    day = models.DateField()
    kind = models.CharField(max_length=8, choices=BillKind)
    state = models.CharField(max_length=12, choices=RunState, default=RunState.WAITING)
    file_key = models.CharField(max_length=120, blank=True)
    digest = models.CharField(max_length=40, blank=True)
    line_count = models.PositiveIntegerField(default=0)
    in_fen = models.BigIntegerField(default=0)
    out_fen = models.BigIntegerField(default=0)
    fee_fen = models.BigIntegerField(default=0)
    balance_fen = models.BigIntegerField(null=True)
    books_fen = models.BigIntegerField(null=True)
    payouts = models.JSONField(default=list)
    error_code = models.CharField(max_length=64, blank=True)
    error_text = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    try_at = models.DateTimeField(null=True)
    asked_by = models.UUIDField(null=True)
    asked_by_name = models.CharField(max_length=60, blank=True, db_default="")
    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-day", "kind", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="reconciliation_once", fields=["config", "day", "kind"]),
            models.CheckConstraint(
                name="reconciliation_run_state_known", condition=Q(state__in=RunState.values)
            ),
        ]
        indexes: ClassVar = [
            models.Index(name="reconciliation_run_day", fields=["day", "state"]),
            models.Index(
                name="reconciliation_run_to_do",
                fields=["try_at"],
                condition=Q(try_at__isnull=False),
            ),
        ]


class Incoming(Row):
    """Lines of a bill that was read and not compared yet.  Written whole, taken away whole."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, db_index=False, db_constraint=False)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=8)
    out_trade_no = models.CharField(max_length=64)
    transaction_id = models.CharField(max_length=64)
    refund_no = models.CharField(max_length=64)
    amount_fen = models.BigIntegerField()
    fee_fen = models.BigIntegerField()
    state = models.CharField(max_length=16)
    at = models.DateTimeField()


class Line(UnitBoundShared):
    """A line of a bill.  ``order_id`` is the order of ours that it is about, where there is one.

    A file has up to a million: what its run is, the database does not ask again for each.
    """

    unit_access: ClassVar[str] = "SELECT"
    outlives_unit: ClassVar[str] = "渠道账单明细（不含姓名）"

    unit_id = models.UUIDField()
    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, related_name="lines", db_index=False, db_constraint=False
    )
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=LineKind)
    out_trade_no = models.CharField(max_length=64)
    transaction_id = models.CharField(max_length=64)
    refund_no = models.CharField(max_length=64, blank=True)
    amount_fen = models.BigIntegerField()
    fee_fen = models.BigIntegerField()
    state = models.CharField(max_length=16)
    at = models.DateTimeField()
    verdict = models.CharField(max_length=8, choices=Verdict)
    order_id = models.UUIDField(null=True)

    class Meta:
        ordering: ClassVar = ["run", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="reconciliation_line_once", fields=["run", "number"]),
            models.CheckConstraint(
                name="reconciliation_matched_has_order",
                condition=~Q(verdict=Verdict.MATCHED) | Q(order_id__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(name="reconciliation_line_trade", fields=["out_trade_no"]),
        ]


class Case(UnitBoundShared):
    """A difference: a line of a bill, or an order of ours that no bill has, or both; or the
    balance of an account, about the fund bill itself (invariant I7).

    ``amount_fen`` is by how much the channel has more (or less) than we.  Decided by nobody:
    the platform found the explanation itself.  Undoing empties what was decided; the audit keeps
    both.
    """

    unit_access: ClassVar[str] = "SELECT, UPDATE"
    outlives_unit: ClassVar[str] = "对账差异（不含姓名）"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="cases")
    line = models.OneToOneField(
        Line, on_delete=models.PROTECT, null=True, related_name="case", db_constraint=False
    )
    order_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=16, choices=Difference)
    number = models.CharField(max_length=64)
    amount_fen = models.BigIntegerField()
    ours_fen = models.BigIntegerField(null=True)
    theirs_fen = models.BigIntegerField(null=True)
    state = models.CharField(max_length=8, choices=CaseState, default=CaseState.OPEN)
    suggestion = models.CharField(max_length=8, choices=Way)
    opened_at = models.DateTimeField()
    due_on = models.DateField()
    way = models.CharField(max_length=8, choices=Way, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    decided_by = models.UUIDField(null=True)
    decided_by_name = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["due_on", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="reconciliation_case_about_something",
                condition=Q(line__isnull=False)
                | Q(order_id__isnull=False)
                | Q(kind=Difference.BALANCE),
            ),
            models.CheckConstraint(
                name="reconciliation_case_decided_whole",
                condition=Q(state=CaseState.OPEN, decided_at__isnull=True, way="")
                | (Q(state=CaseState.SETTLED, decided_at__isnull=False) & ~Q(way="")),
            ),
            models.CheckConstraint(
                name="reconciliation_case_explained_by_whom",
                condition=~Q(way=Way.EXPLAIN)
                | (Q(decided_by__isnull=False) & ~Q(reason="") & ~Q(decided_by_name="")),
            ),
            models.UniqueConstraint(
                name="reconciliation_balance_once",
                fields=["run"],
                condition=Q(kind=Difference.BALANCE),
            ),
            models.UniqueConstraint(
                name="reconciliation_ours_once",
                fields=["order_id", "number"],
                condition=Q(line__isnull=True),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                name="reconciliation_case_open", fields=["due_on"], condition=Q(state="open")
            ),
        ]


class Statement(UnitBoundShared):
    """What the bank says of a unit's dedicated account over some days, as somebody handed it in."""

    unit_access: ClassVar[str] = "SELECT, INSERT"

    account = models.ForeignKey(
        "settlement.Account", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    name = models.CharField(max_length=40, blank=True)
    first_on = models.DateField()
    last_on = models.DateField()
    opening_fen = models.BigIntegerField()
    closing_fen = models.BigIntegerField()
    entry_count = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    given_by = models.UUIDField()
    given_by_name = models.CharField(max_length=60)
    given_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-last_on", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="reconciliation_statement_once", fields=["account", "digest"]
            ),
            models.CheckConstraint(
                name="reconciliation_statement_days", condition=Q(first_on__lte=F("last_on"))
            ),
        ]


class EntryState(models.TextChoices):
    """Every entry is in the books, explained, or waits for a person; never in two of them."""

    OPEN = "open", "待处理"
    MATCHED = "matched", "已勾对"
    EXPLAINED = "explained", "已说明"


class Entry(UnitBoundShared):
    """A line of a unit's bank statement; what left the account is negative.

    ``key`` is the bank's number of it, once per account.  ``transfer_id`` is the line of the
    unit's ledger that is the same movement.
    """

    unit_access: ClassVar[str] = "SELECT, INSERT, UPDATE"

    statement = models.ForeignKey(
        Statement, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    account = models.ForeignKey(
        "settlement.Account", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    key = models.CharField(max_length=40)
    booked_on = models.DateField()
    amount_fen = models.BigIntegerField()
    reference = models.CharField(max_length=12, blank=True)
    counterparty = models.CharField(max_length=120, blank=True)
    summary = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=EntryState, default=EntryState.OPEN)
    transfer_id = models.UUIDField(null=True)
    due_on = models.DateField()
    reason = models.CharField(max_length=200, blank=True)
    decided_by = models.UUIDField(null=True)
    decided_by_name = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["booked_on", "key"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="reconciliation_entry_once", fields=["account", "key"]),
            models.UniqueConstraint(
                name="reconciliation_entry_of_one_line",
                fields=["transfer_id"],
                condition=Q(transfer_id__isnull=False),
            ),
            models.CheckConstraint(
                name="reconciliation_entry_moves_money", condition=~Q(amount_fen=0)
            ),
            models.CheckConstraint(
                name="reconciliation_entry_in_one_place",
                condition=Q(state=EntryState.OPEN, transfer_id__isnull=True, reason="")
                | Q(state=EntryState.MATCHED, transfer_id__isnull=False, reason="")
                | (
                    Q(state=EntryState.EXPLAINED, transfer_id__isnull=True)
                    & Q(decided_by__isnull=False)
                    & ~Q(reason="")
                ),
            ),
        ]
