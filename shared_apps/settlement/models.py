"""Accounts of the units, what channels paid out for them, and the way of that money to the bank.

Shared tables, because the bank settles all units at once.  They hold amounts, numbers and who
decided; a unit sees its own rows and writes none.  Amounts are integer fen.
"""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q

from kernel.models import Row, UnitBoundShared


class Bank(models.TextChoices):
    """The six banks at which dues may be kept (Art. 24; rulebook 4.7), with their CNAPS prefix."""

    ICBC = "ICBC", "中国工商银行"
    ABC = "ABC", "中国农业银行"
    BOC = "BOC", "中国银行"
    CCB = "CCB", "中国建设银行"
    BOCOM = "BOCOM", "交通银行"
    PSBC = "PSBC", "中国邮政储蓄银行"


CNAPS_PREFIX: Final = {
    Bank.ICBC: "102",
    Bank.ABC: "103",
    Bank.BOC: "104",
    Bank.CCB: "105",
    Bank.BOCOM: "301",
    Bank.PSBC: "403",
}


def _bank_fits() -> Q:
    fits = Q()
    for bank, prefix in CNAPS_PREFIX.items():
        fits |= Q(bank=bank, cnaps__startswith=prefix)
    return fits


class AccountState(models.TextChoices):
    REGISTERED = "registered", "待银行核对"
    CONFIRMED = "confirmed", "已确认"
    REFUSED = "refused", "核对未通过"
    WITHDRAWN = "withdrawn", "已撤回"
    REPLACED = "replaced", "未启用即被替换"
    CLOSED = "closed", "已停用"


class Account(UnitBoundShared):
    """A unit's dedicated account: registered by the unit, confirmed by the bank.

    Of the confirmed ones that with the latest ``effective_on`` up to a day is in force on it.
    The number is sealed; people see its last four digits.
    """

    unit_access: ClassVar[str] = "SELECT"
    outlives_unit: ClassVar[str] = "党费专户登记（账号已清除）"

    bank = models.CharField(max_length=8, choices=Bank)
    cnaps = models.CharField(max_length=12)
    branch = models.CharField(max_length=80)
    name = models.CharField(max_length=120)
    number_sealed = models.BinaryField()
    number_index = models.BinaryField()
    last_four = models.CharField(max_length=4)
    state = models.CharField(max_length=12, choices=AccountState, default=AccountState.REGISTERED)
    registered_by = models.UUIDField()
    registered_by_name = models.CharField(max_length=60)
    registered_at = models.DateTimeField()
    decided_by = models.UUIDField(null=True)
    decided_by_name = models.CharField(max_length=60, blank=True)
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)
    effective_on = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="settlement_account_bank_fits", condition=_bank_fits()),
            models.CheckConstraint(
                name="settlement_account_cnaps_form", condition=Q(cnaps__regex=r"^\d{12}$")
            ),
            models.CheckConstraint(
                name="settlement_account_two_people",
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("registered_by")),
            ),
            models.CheckConstraint(
                name="settlement_account_confirmed_by_whom",
                condition=~Q(state="confirmed")
                | Q(decided_by__isnull=False, effective_on__isnull=False),
            ),
            models.UniqueConstraint(
                name="settlement_account_one_waiting",
                fields=["unit_id"],
                condition=Q(state="registered"),
            ),
            models.UniqueConstraint(
                name="settlement_account_one_in_force",
                fields=["unit_id", "effective_on"],
                condition=Q(state="confirmed"),
            ),
            models.UniqueConstraint(
                name="settlement_account_of_one_unit",
                fields=["number_index"],
                condition=Q(state="confirmed"),
            ),
        ]

    @property
    def shown(self) -> str:
        """How people see it: 「中国建设银行 尾号 4417」."""
        return f"{self.get_bank_display()} 尾号 {self.last_four}"


class Mode(models.TextChoices):
    """Who holds the money between the channel and the unit's account (payments.md 7.4)."""

    OWN = "m1", "单位自有商户"
    SUB = "m2", "服务商下的子商户"
    POOL = "m3", "银行归集户"


class Cycle(models.TextChoices):
    """How often the pool settles (rulebook 10.2)."""

    DAY = "D", "按日"
    MONTH = "M", "按月"
    QUARTER = "Q", "按季"


class Policy(UnitBoundShared):
    """A unit's terms from a day on.  A unit without any is in the pool and settled by the month."""

    unit_access: ClassVar[str] = "SELECT"

    mode = models.CharField(max_length=2, choices=Mode)
    cycle = models.CharField(max_length=1, choices=Cycle, blank=True)
    minimum_fen = models.BigIntegerField(default=0)
    effective_on = models.DateField()
    set_by_name = models.CharField(max_length=60)
    set_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="settlement_policy_once_a_day", fields=["unit_id", "effective_on"]
            ),
            models.CheckConstraint(
                name="settlement_policy_cycle_of_pool",
                condition=Q(mode="m3", cycle__in=Cycle.values) | (~Q(mode="m3") & Q(cycle="")),
            ),
            models.CheckConstraint(
                name="settlement_policy_minimum", condition=Q(minimum_fen__gte=0)
            ),
        ]


class Payout(UnitBoundShared):
    """What a channel paid out to the pool for one unit: ``business_on`` is the day it is for."""

    unit_access: ClassVar[str] = "SELECT"
    outlives_unit: ClassVar[str] = "渠道结算到归集户的金额"

    channel = models.CharField(max_length=12)
    mchid = models.CharField(max_length=32)
    number = models.CharField(max_length=64)
    business_on = models.DateField()
    amount_fen = models.BigIntegerField()
    booked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="settlement_payout_once", fields=["channel", "mchid", "number"]
            ),
            models.CheckConstraint(
                name="settlement_payout_positive", condition=Q(amount_fen__gt=0)
            ),
        ]
        indexes: ClassVar = [
            models.Index(name="settlement_payout_number", fields=["number"]),
            models.Index(name="settlement_payout_booked", fields=["booked_at"]),
        ]


class BatchState(models.TextChoices):
    LOCKED = "locked", "待复核"
    SENT = "sent", "已复核，发送中"
    PARTIAL = "partial", "部分未成功"
    DONE = "done", "全部到账"
    WITHDRAWN = "withdrawn", "已撤回"


class Batch(Row):
    """The instructions of one snapshot.  Who prepared it never approves it."""

    number = models.CharField(max_length=12, unique=True)
    pay_on = models.DateField()
    state = models.CharField(max_length=10, choices=BatchState, default=BatchState.LOCKED)
    count = models.PositiveIntegerField()
    amount_fen = models.BigIntegerField()
    made_by = models.UUIDField()
    made_by_name = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    checked_by = models.UUIDField(null=True)
    checked_by_name = models.CharField(max_length=60, blank=True)
    checked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-made_at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="settlement_batch_two_people",
                condition=Q(checked_by__isnull=True) | ~Q(checked_by=F("made_by")),
            ),
            models.CheckConstraint(
                name="settlement_batch_sent_by_whom",
                condition=Q(state__in=["locked", "withdrawn"]) | Q(checked_by__isnull=False),
            ),
        ]


class InstructionState(models.TextChoices):
    """payments.md 7.3.  The database refuses any other step; UNKNOWN leaves only by asking."""

    DRAFT = "draft", "待复核"
    VOID = "void", "已作废"
    CHECKED = "checked", "待发送"
    SENT = "sent", "已发送"
    UNKNOWN = "unknown", "结果待查"
    ACCEPTED = "accepted", "银行已受理"
    SETTLED = "settled", "已到账"
    REJECTED = "rejected", "银行退回指令"
    RETURNED = "returned", "退汇"


UNDER_WAY: Final = (
    InstructionState.DRAFT,
    InstructionState.CHECKED,
    InstructionState.SENT,
    InstructionState.UNKNOWN,
    InstructionState.ACCEPTED,
)
FAILED: Final = (InstructionState.REJECTED, InstructionState.RETURNED)


class Instruction(UnitBoundShared):
    """One transfer from the pool to a unit's account.

    ``insid`` is what the bank knows it by, for good.  ``submitted_at`` is written before the bank
    hears of it: one without has surely not gone out, one with it may have.
    """

    unit_access: ClassVar[str] = "SELECT"
    outlives_unit: ClassVar[str] = "结算指令"

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="instructions")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    insid = models.CharField(max_length=12, unique=True)
    cycle = models.CharField(max_length=1, choices=Cycle)
    cut_off_on = models.DateField()
    amount_fen = models.BigIntegerField()
    state = models.CharField(
        max_length=10, choices=InstructionState, default=InstructionState.DRAFT
    )
    made_by = models.UUIDField()
    checked_by = models.UUIDField(null=True)
    obssid = models.CharField(max_length=32, blank=True)
    bank_code = models.CharField(max_length=12, blank=True)
    bank_words = models.CharField(max_length=120, blank=True)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    ask_at = models.DateTimeField(null=True)
    ask_count = models.PositiveSmallIntegerField(default=0)
    settled_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-made_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="settlement_instruction_per_unit", fields=["batch", "unit_id"]
            ),
            models.CheckConstraint(
                name="settlement_instruction_positive", condition=Q(amount_fen__gt=0)
            ),
            models.CheckConstraint(
                name="settlement_instruction_two_people",
                condition=Q(checked_by__isnull=True) | ~Q(checked_by=F("made_by")),
            ),
            models.CheckConstraint(
                name="settlement_instruction_out_checked",
                condition=Q(state__in=["draft", "void"]) | Q(checked_by__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                name="settlement_to_handle",
                fields=["state", "ask_at"],
                condition=Q(state__in=["checked", "sent", "unknown", "accepted"]),
            ),
        ]


class Line(UnitBoundShared):
    """A payout in an instruction.  It is in at most one that is live; a rejected or returned
    instruction gives its payouts back to the pool.
    """

    unit_access: ClassVar[str] = "SELECT"
    outlives_unit: ClassVar[str] = "结算指令明细"

    instruction = models.ForeignKey(Instruction, on_delete=models.PROTECT, related_name="lines")
    payout = models.ForeignKey(Payout, on_delete=models.PROTECT, related_name="lines")
    is_live = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="settlement_line_payout_once", fields=["payout"], condition=Q(is_live=True)
            ),
        ]


class EntryState(models.TextChoices):
    MATCHED = "matched", "已勾对"
    DOUBLED = "doubled", "疑似重复"
    UNMATCHED = "unmatched", "未勾对"
    EXPLAINED = "explained", "已说明"


class StatementEntry(Row):
    """A line of the pool's bank statement; ``amount_fen`` is negative for what went out.

    Matched, it is an instruction's or a channel's payout; else a person says what it is.
    """

    pool_account = models.CharField(max_length=32)
    serial = models.CharField(max_length=40)
    booked_on = models.DateField()
    amount_fen = models.BigIntegerField()
    insid = models.CharField(max_length=12, blank=True)
    counterparty = models.CharField(max_length=120, blank=True)
    summary = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=EntryState, default=EntryState.UNMATCHED)
    instruction = models.ForeignKey(
        Instruction, null=True, on_delete=models.PROTECT, related_name="entries"
    )
    payout = models.ForeignKey(
        Payout, null=True, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    read_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True, db_default="")
    decided_by = models.UUIDField(null=True)
    decided_by_name = models.CharField(max_length=60, blank=True, db_default="")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-booked_on", "-serial"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="settlement_entry_once", fields=["pool_account", "serial"]
            ),
            models.CheckConstraint(
                name="settlement_entry_matched_has_one",
                condition=Q(state__in=["unmatched", "explained"])
                | Q(instruction__isnull=False)
                | Q(payout__isnull=False),
            ),
            models.CheckConstraint(
                name="settlement_entry_explained_by_whom",
                condition=~Q(state="explained") | (Q(decided_by__isnull=False) & ~Q(reason="")),
            ),
            models.UniqueConstraint(
                name="settlement_entry_of_one_payout",
                fields=["payout"],
                condition=Q(payout__isnull=False),
            ),
        ]
