"""Orders, the inbox of channel events, and the units' accounts with the channels.

Shared tables, because callbacks arrive before anybody knows whose they are. They hold numbers,
amounts and keys of rows in the units' schemas: no names, no wages, no reasons. Row-level security
shows a unit its own rows only. Amounts are integer fen.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from kernel.models import Row, UnitBoundShared


class Channel(models.TextChoices):
    """The ways to be paid over a channel; `channels.CHANNELS` says how each is spoken."""

    WECHAT = "wechat", "微信支付"
    ALIPAY = "alipay", "支付宝"
    BANK = "bank", "手机银行"

    @classmethod
    def word_for(cls, way: str) -> str:
        """`wechat` → 微信支付; a way to pay that is no channel has its own word."""
        return cls(way).label if way in cls.values else way


class OrderState(models.TextChoices):
    """Where an order stands (payments.md 7.3). The database refuses any other step.

    CREATED → SUBMITTING → AWAITING → PAID is the straight way. UNKNOWN leaves only by asking the
    channel. Money that arrives for a closed or failed order makes it PAID_LATE.
    """

    CREATED = "created", "已生成"
    SUBMITTING = "submitting", "提交中"
    UNKNOWN = "unknown", "待确认"
    AWAITING = "awaiting", "待支付"
    PAID = "paid", "已支付"
    PAID_LATE = "paid_late", "关闭后到账"
    CLOSED = "closed", "已关闭"
    FAILED = "failed", "未成功"


OPEN_STATES = (
    OrderState.CREATED,
    OrderState.SUBMITTING,
    OrderState.UNKNOWN,
    OrderState.AWAITING,
)
ENDED_STATES = (OrderState.CLOSED, OrderState.FAILED)
PAID_STATES = (OrderState.PAID, OrderState.PAID_LATE)


class ChannelConfig(UnitBoundShared):
    """A unit's account with a channel. Changing keys makes a new row; the old one stays, so that
    callbacks for its orders are still understood. `uid` stands in the notify address. What a
    channel has no use for stays empty (`channels.base.MerchantAccount`).
    """

    unit_access: ClassVar[str] = "SELECT"
    outlives_unit: ClassVar[str] = "商户号登记（密钥已清除）"

    channel = models.CharField(max_length=12, choices=Channel)
    uid = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    mchid = models.CharField(max_length=32)
    appid = models.CharField(max_length=32)
    merchant_serial = models.CharField(max_length=64, blank=True)
    platform_key_id = models.CharField(max_length=64, blank=True)
    platform_public_key = models.TextField()
    secrets_sealed = models.BinaryField()
    base_url = models.URLField(max_length=200)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="payments_config_one_active",
                fields=["unit_id", "channel"],
                condition=Q(is_active=True),
            ),
            models.CheckConstraint(
                name="payments_config_channel_known", condition=Q(channel__in=Channel.values)
            ),
        ]


class Order(UnitBoundShared):
    """One payment asked of one payer, for one or several bills.

    `ask_at` is when the channel is asked next; null: never again. `paid_at` is the channel's
    moment of payment, `settled_at` when the unit's books took the money.
    """

    unit_access: ClassVar[str] = "SELECT, INSERT, UPDATE"
    outlives_unit: ClassVar[str] = "支付订单（不含姓名）"

    config = models.ForeignKey(ChannelConfig, on_delete=models.PROTECT, related_name="orders")
    out_trade_no = models.CharField(max_length=32, unique=True)
    payer_person_id = models.UUIDField()
    payer_member_id = models.UUIDField(db_index=True)
    amount_fen = models.BigIntegerField()
    description = models.CharField(max_length=127)
    state = models.CharField(max_length=12, choices=OrderState, default=OrderState.CREATED)
    pay_url = models.TextField(blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    transaction_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 - unique
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ask_at = models.DateTimeField(null=True, blank=True)
    ask_count = models.PositiveSmallIntegerField(default=0)
    closed_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="payments_order_amount_positive", condition=Q(amount_fen__gt=0)
            ),
            models.CheckConstraint(
                name="payments_order_state_known", condition=Q(state__in=OrderState.values)
            ),
            models.CheckConstraint(
                name="payments_order_expires_later", condition=Q(expires_at__gt=F("created_at"))
            ),
            models.CheckConstraint(
                name="payments_order_paid_has_facts",
                condition=Q(
                    state__in=[*PAID_STATES],
                    transaction_id__isnull=False,
                    paid_at__isnull=False,
                    settled_at__isnull=False,
                )
                | (
                    ~Q(state__in=[*PAID_STATES])
                    & Q(transaction_id__isnull=True, paid_at__isnull=True, settled_at__isnull=True)
                ),
            ),
            models.UniqueConstraint(
                name="payments_order_transaction_once", fields=["config", "transaction_id"]
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                name="payments_order_to_ask", fields=["ask_at"], condition=Q(ask_at__isnull=False)
            ),
            models.Index(
                name="payments_order_settled",
                fields=["settled_at"],
                condition=Q(settled_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.out_trade_no

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def is_paid(self) -> bool:
        return self.state in PAID_STATES


class OrderItem(UnitBoundShared):
    """The part of an order that goes to one bill (a row of the unit's schema)."""

    unit_access: ClassVar[str] = "SELECT, INSERT"
    outlives_unit: ClassVar[str] = "支付订单明细"

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items")
    bill_id = models.UUIDField(db_index=True)
    amount_fen = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="payments_item_amount_positive", condition=Q(amount_fen__gt=0)
            ),
            models.UniqueConstraint(name="payments_item_bill_once", fields=["order", "bill_id"]),
        ]


class EventSource(models.TextChoices):
    CALLBACK = "callback", "渠道通知"
    QUERY = "query", "主动查询"


class EventOutcome(models.TextChoices):
    """What became of an event. CONFLICT waits for a person: the same order was paid twice."""

    PENDING = "pending", "待入账"
    APPLIED = "applied", "已入账"
    DUPLICATE = "duplicate", "重复通知"
    CONFLICT = "conflict", "需人工处理"


class ChannelEvent(UnitBoundShared):
    """The inbox: a verified fact about an order, stored before it is acknowledged.

    `event_key` names the fact (not the delivery), so that the same one is stored once. Kept are the
    facts, the signature headers and the digest of the body; never the payer's identity.
    """

    unit_access: ClassVar[str] = "SELECT, INSERT, UPDATE"
    outlives_unit: ClassVar[str] = "支付渠道通知"

    channel = models.CharField(max_length=12, choices=Channel)
    event_key = models.CharField(max_length=200)
    source = models.CharField(max_length=12, choices=EventSource)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="events")
    transaction_id = models.CharField(max_length=64)
    amount_fen = models.BigIntegerField()
    paid_at = models.DateTimeField()
    headers = models.JSONField(default=dict)
    raw_sha256 = models.CharField(max_length=64, blank=True)
    received_at = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=EventOutcome, default=EventOutcome.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="payments_event_once", fields=["channel", "event_key"]),
            models.CheckConstraint(
                name="payments_event_amount_positive", condition=Q(amount_fen__gt=0)
            ),
            models.CheckConstraint(
                name="payments_event_outcome_known", condition=Q(outcome__in=EventOutcome.values)
            ),
            models.CheckConstraint(
                name="payments_event_done_has_moment",
                condition=Q(outcome=EventOutcome.PENDING, applied_at__isnull=True)
                | (~Q(outcome=EventOutcome.PENDING) & Q(applied_at__isnull=False)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                name="payments_event_to_apply",
                fields=["received_at"],
                condition=Q(outcome=EventOutcome.PENDING),
            ),
        ]


class RejectedCallback(Row):
    """How many callbacks were refused in an hour, by reason. Nothing of the callback is kept, so
    that a flood of forgeries costs one row per hour and reason.
    """

    channel = models.CharField(max_length=12, choices=Channel)
    reason = models.CharField(max_length=32)
    hour = models.DateTimeField()
    count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="payments_rejection_per_hour", fields=["channel", "reason", "hour"]
            ),
        ]


class RefundState(models.TextChoices):
    """Where a refund stands (payments.md 7.3). The database refuses any other step.

    REQUESTED → APPROVED → SUBMITTING → PROCESSING → SUCCEEDED is the straight way. UNKNOWN leaves
    only by asking the channel. ABNORMAL: the channel could not credit the payer; it ends when the
    channel manages after all, or RETURNED when people saw to it. CLOSED: nothing went back.
    """

    REQUESTED = "requested", "待复核"
    WITHDRAWN = "withdrawn", "已撤回"
    APPROVED = "approved", "待提交"
    SUBMITTING = "submitting", "提交中"
    UNKNOWN = "unknown", "待确认"
    PROCESSING = "processing", "退款中"
    SUCCEEDED = "succeeded", "已退款"
    ABNORMAL = "abnormal", "退款异常"
    RETURNED = "returned", "已另行退回"
    CLOSED = "closed", "未退成"


REFUNDS_FAILED = (RefundState.WITHDRAWN, RefundState.CLOSED)
REFUNDS_ENDED = (RefundState.SUCCEEDED, RefundState.RETURNED, *REFUNDS_FAILED)
REFUNDS_TO_SETTLE = (RefundState.SUCCEEDED, RefundState.CLOSED)


class Refund(UnitBoundShared):
    """Money of one payment that goes back to its payer, by two people.

    `cause_id` is the decision in the unit's schema, which keeps names and reasons. The payment is
    the order's, or the second one under its number: `transaction_id`, over `paid_fen`. `ask_at` is
    when the channel is asked next; `heard_at` when it last said where the refund stands;
    `settled_at` when the unit's books took how it ended.
    """

    unit_access: ClassVar[str] = "SELECT, INSERT, UPDATE"
    outlives_unit: ClassVar[str] = "退款记录（不含姓名和事由）"

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    cause_id = models.UUIDField(unique=True)
    out_refund_no = models.CharField(max_length=32, unique=True)
    transaction_id = models.CharField(max_length=64)
    paid_fen = models.BigIntegerField()
    amount_fen = models.BigIntegerField()
    state = models.CharField(max_length=12, choices=RefundState, default=RefundState.REQUESTED)
    refund_id = models.CharField(max_length=64, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    requested_by = models.UUIDField()
    requested_at = models.DateTimeField()
    approved_by = models.UUIDField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    ask_at = models.DateTimeField(null=True, blank=True)
    ask_count = models.PositiveSmallIntegerField(default=0)
    heard_at = models.DateTimeField(null=True, blank=True)
    refunded_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="payments_refund_within_payment",
                condition=Q(amount_fen__gt=0, amount_fen__lte=F("paid_fen")),
            ),
            models.CheckConstraint(
                name="payments_refund_state_known", condition=Q(state__in=RefundState.values)
            ),
            models.CheckConstraint(
                name="payments_refund_two_people",
                condition=Q(
                    state__in=[RefundState.REQUESTED, RefundState.WITHDRAWN],
                    approved_by__isnull=True,
                )
                | (
                    ~Q(state__in=[RefundState.REQUESTED, RefundState.WITHDRAWN])
                    & Q(approved_by__isnull=False, approved_at__isnull=False)
                    & ~Q(approved_by=F("requested_by"))
                ),
            ),
            models.CheckConstraint(
                name="payments_refund_success_has_facts",
                condition=Q(
                    state__in=[RefundState.SUCCEEDED, RefundState.RETURNED],
                    refunded_at__isnull=False,
                )
                | (
                    ~Q(state__in=[RefundState.SUCCEEDED, RefundState.RETURNED])
                    & Q(refunded_at__isnull=True)
                ),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                name="payments_refund_to_ask", fields=["ask_at"], condition=Q(ask_at__isnull=False)
            ),
            models.Index(
                name="payments_refund_to_settle",
                fields=["heard_at"],
                condition=Q(state__in=["succeeded", "closed"], settled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.out_refund_no

    @property
    def is_ended(self) -> bool:
        return self.state in REFUNDS_ENDED

    @property
    def is_abnormal(self) -> bool:
        return self.state == RefundState.ABNORMAL

    @property
    def has_succeeded(self) -> bool:
        """Whether the payer has the money, from the channel or otherwise."""
        return self.state in {RefundState.SUCCEEDED, RefundState.RETURNED}
