"""The unit's treasury: daily figures, vouchers, sweep and return, publication (rulebook 4.5-4.7,
10.4, 10.6).  The books themselves are the transfers of ``dues``; nothing here is a second truth.

All amounts are integer fen, rates are basis points.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from kernel.clock import day_of
from kernel.models import UnitRow


class Books(UnitRow):
    """The one row of a unit that says how far its daily figures reach; payments lock it.

    Transfers whose key is smaller than ``folded_to`` are in the figures, all others are not.
    """

    folded_to = models.UUIDField()


class Day(UnitRow):
    """What a day added to an account, of the transfers that are folded."""

    account = models.CharField(max_length=40)
    on = models.DateField()
    debit_fen = models.BigIntegerField(default=0)
    credit_fen = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="treasury_day_once", fields=["account", "on"]),
        ]


class VoucherKind(models.TextChoices):
    INTEREST = "INTEREST", "利息收入"
    ALLOCATION = "ALLOCATION", "上级下拨"
    OPENING = "OPENING", "期初余额"
    EXPENSE = "EXPENSE", "党费支出"
    REVERSAL = "REVERSAL", "红字冲销"


class VoucherState(models.TextChoices):
    """An expense goes all the way; income is booked when it is entered."""

    DRAFT = "DRAFT", "已录入"
    DECIDED = "DECIDED", "已决议"
    APPROVED = "APPROVED", "待付款"
    PAID = "PAID", "已入账"
    REVERSED = "REVERSED", "已冲销"
    WITHDRAWN = "WITHDRAWN", "已作废"


class Voucher(UnitRow):
    """What people enter into the books, with the decision behind it (rulebook 4.6, Art. 20).

    ``bank`` is the account of the ledger that holds the money, ``use`` one of the five uses:
    of an expense, or what an allocation is earmarked for (Art. 21).  ``earmark`` is the
    allocation that an expense is paid out of, ``reverses`` what a reversal takes back, ``line_id``
    the transfer once it is booked.  Who enters never approves and never pays (rulebook 4.7).
    """

    kind = models.CharField(max_length=10, choices=VoucherKind)
    state = models.CharField(max_length=10, choices=VoucherState)
    org = models.ForeignKey(
        "organizations.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    org_path = models.CharField(max_length=80)
    bank = models.CharField(max_length=40, blank=True)
    use = models.CharField(max_length=4, blank=True)
    earmark = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reverses = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    line_id = models.UUIDField(null=True)
    amount_fen = models.BigIntegerField()
    happened_on = models.DateField()
    summary = models.CharField(max_length=120)
    payee = models.CharField(max_length=60, blank=True)
    minute = models.CharField(max_length=120, blank=True)
    decided_on = models.DateField(null=True, blank=True)
    present = models.PositiveSmallIntegerField(null=True, blank=True)
    scan = models.JSONField(null=True, blank=True)
    entered_by = models.UUIDField()
    entered_by_name = models.CharField(max_length=60)
    entered_at = models.DateTimeField()
    approved_by = models.UUIDField(null=True)
    approved_by_name = models.CharField(max_length=60, blank=True)
    approved_at = models.DateTimeField(null=True)
    paid_by = models.UUIDField(null=True)
    paid_by_name = models.CharField(max_length=60, blank=True)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="treasury_voucher_positive", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(
                name="treasury_voucher_two_people",
                condition=~Q(kind__in=["EXPENSE", "REVERSAL"], state__in=["PAID", "REVERSED"])
                | (Q(paid_by__isnull=False) & ~Q(paid_by=F("entered_by"))),
            ),
            models.CheckConstraint(
                name="treasury_voucher_approved",
                condition=~Q(kind="EXPENSE", state__in=["APPROVED", "PAID", "REVERSED"])
                | (Q(approved_by__isnull=False) & ~Q(approved_by=F("entered_by"))),
            ),
            models.CheckConstraint(
                name="treasury_voucher_decided",
                condition=~Q(kind="EXPENSE", state__in=["DECIDED", "APPROVED", "PAID", "REVERSED"])
                | (
                    ~Q(minute="")
                    & Q(decided_on__isnull=False, present__isnull=False, present__gt=0)
                ),
            ),
            models.CheckConstraint(
                name="treasury_voucher_five_uses",
                condition=~Q(kind="EXPENSE") | Q(use__in=["5001", "5002", "5003", "5004", "5005"]),
            ),
        ]


class Direction(models.TextChoices):
    UP = "UP", "归集"
    DOWN = "DOWN", "回拨"


class Way(models.TextChoices):
    RATIO = "RATIO", "按比例"
    KEEP = "KEEP", "留足余额，其余全部"
    QUOTA = "QUOTA", "定额"


class SweepRule(UnitRow):
    """How the organisations at one level of the tree hand up, or return to those below them.

    ``depth`` is that of whoever gives; the unit's outermost organisation has 1.  The ratio is of
    what members of the sub-tree paid in the period; ``keep_fen`` stays in any case.
    """

    direction = models.CharField(max_length=4, choices=Direction)
    depth = models.PositiveSmallIntegerField()
    way = models.CharField(max_length=5, choices=Way)
    ratio_bp = models.PositiveIntegerField(default=0)
    quota_fen = models.BigIntegerField(default=0)
    keep_fen = models.BigIntegerField(default=0)
    set_by_name = models.CharField(max_length=60)
    set_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["direction", "depth"]
        constraints: ClassVar = [
            models.UniqueConstraint(name="treasury_rule_once", fields=["direction", "depth"]),
            models.CheckConstraint(
                name="treasury_rule_in_bounds",
                condition=Q(ratio_bp__lte=10_000, quota_fen__gte=0, keep_fen__gte=0),
            ),
        ]


class RunState(models.TextChoices):
    PLANNED = "PLANNED", "待复核"
    POSTED = "POSTED", "在途"
    DONE = "DONE", "已完成"
    CANCELLED = "CANCELLED", "已取消"
    UNDONE = "UNDONE", "已冲回"


class SweepRun(UnitRow):
    """One sweep (归集) or return (回拨) over the whole tree for a period of days.

    ``reverses`` is the run that this one takes back.  Who prepares never confirms.
    """

    direction = models.CharField(max_length=4, choices=Direction)
    state = models.CharField(max_length=10, choices=RunState, default=RunState.PLANNED)
    first_on = models.DateField()
    last_on = models.DateField()
    reverses = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=200, blank=True)
    made_by = models.UUIDField()
    made_by_name = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    confirmed_by = models.UUIDField(null=True)
    confirmed_by_name = models.CharField(max_length=60, blank=True)
    confirmed_at = models.DateTimeField(null=True)

    org_path: ClassVar[str] = ""
    """What permissions are asked of: a run is the whole unit's."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="treasury_run_once_a_period",
                fields=["direction", "first_on"],
                condition=Q(state__in=["PLANNED", "POSTED", "DONE"], reverses__isnull=True),
            ),
            models.CheckConstraint(
                name="treasury_run_two_people",
                condition=~Q(state__in=["POSTED", "DONE", "UNDONE"])
                | (Q(confirmed_by__isnull=False) & ~Q(confirmed_by=F("made_by"))),
            ),
            models.CheckConstraint(
                name="treasury_run_period", condition=Q(first_on__lte=F("last_on"))
            ),
        ]


class SweepLine(UnitRow):
    """What one organisation gives another in a run: 应缴, 已缴, and who confirmed it (已确认).

    ``giver`` and ``taker`` are organisations; ``base_fen`` is what the amount was computed from,
    ``due_fen`` what the rule asks for, ``amount_fen`` what the giver's balance allows.
    """

    run = models.ForeignKey(SweepRun, on_delete=models.PROTECT, related_name="lines")
    giver = models.ForeignKey(
        "organizations.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    giver_path = models.CharField(max_length=80)
    taker = models.ForeignKey(
        "organizations.Organization", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    taker_path = models.CharField(max_length=80)
    base_fen = models.BigIntegerField()
    due_fen = models.BigIntegerField()
    amount_fen = models.BigIntegerField()
    taken_by = models.UUIDField(null=True)
    taken_by_name = models.CharField(max_length=60, blank=True)
    taken_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="treasury_line_positive", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(name="treasury_line_two_places", condition=~Q(giver=F("taker"))),
        ]


class PublicationState(models.TextChoices):
    PUBLISHED = "PUBLISHED", "已公示"
    WITHDRAWN = "WITHDRAWN", "已撤回"


class Publication(UnitRow):
    """What the unit's members are shown of a year, frozen (rulebook 4.7, 10.6).

    ``org_path`` is the empty scope: it is published by somebody over the whole unit.
    """

    year = models.PositiveSmallIntegerField(unique=True)
    state = models.CharField(max_length=10, choices=PublicationState)
    figures = models.JSONField()
    note = models.CharField(max_length=500, blank=True)
    published_by = models.UUIDField()
    published_by_name = models.CharField(max_length=60)
    published_at = models.DateTimeField()

    org_path: ClassVar[str] = ""


class Comment(UnitRow):
    """What a member says to the treasurer about a publication, and the answer.

    The other members see it, without a name, once the treasurer shows it.
    """

    publication = models.ForeignKey(
        Publication, on_delete=models.PROTECT, related_name="comments", db_index=False
    )
    member = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    text = models.CharField(max_length=500)
    said_at = models.DateTimeField()
    is_shown = models.BooleanField(default=False)
    answer = models.CharField(max_length=500, blank=True)
    answered_by_name = models.CharField(max_length=60, blank=True)
    answered_at = models.DateTimeField(null=True)


class HandoverRole(models.TextChoices):
    """Whose office changes hands."""

    TREASURER = "treasurer", "党费管理员（会计）"
    CASHIER = "cashier", "党费出纳"


class HandoverState(models.TextChoices):
    DRAWN = "DRAWN", "待接交"
    RECEIVED = "RECEIVED", "待监交"
    DONE = "DONE", "已移交"
    WITHDRAWN = "WITHDRAWN", "已作废"


class HandoverList(UnitRow):
    """What a treasurer or a cashier leaves to the next one (移交清单, rulebook 4.7).

    ``figures`` are frozen when it is drawn up.  It is signed by who leaves, who comes and who
    watched, three different people.  ``org_path`` is empty for the whole unit.
    """

    number = models.PositiveIntegerField(unique=True)
    role = models.CharField(max_length=10, choices=HandoverRole)
    state = models.CharField(max_length=10, choices=HandoverState)
    org = models.ForeignKey(
        "organizations.Organization",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    org_path = models.CharField(max_length=80, blank=True)
    figures = models.JSONField()
    note = models.CharField(max_length=500, blank=True)
    handed_by = models.UUIDField()
    handed_by_name = models.CharField(max_length=60)
    handed_at = models.DateTimeField()
    received_by = models.UUIDField(null=True)
    received_by_name = models.CharField(max_length=60, blank=True)
    received_at = models.DateTimeField(null=True)
    watched_by = models.UUIDField(null=True)
    watched_by_name = models.CharField(max_length=60, blank=True)
    watched_at = models.DateTimeField(null=True)

    @property
    def title(self) -> str:
        """移交〔2026〕3 号."""
        return f"移交〔{day_of(self.handed_at).year}〕{self.number} 号"

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="treasury_handover_three_people",
                condition=(Q(received_by__isnull=True) | ~Q(received_by=F("handed_by")))
                & (
                    Q(watched_by__isnull=True)
                    | (
                        Q(received_by__isnull=False)
                        & ~Q(watched_by=F("handed_by"))
                        & ~Q(watched_by=F("received_by"))
                    )
                ),
            ),
            models.CheckConstraint(
                name="treasury_handover_signed",
                condition=(~Q(state="RECEIVED") | Q(received_by__isnull=False))
                & (~Q(state="DONE") | Q(received_by__isnull=False, watched_by__isnull=False)),
            ),
        ]
