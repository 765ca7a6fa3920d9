"""What every payment channel looks like from the inside of the platform.

An adapter turns a channel's protocol into the four outcomes and the canonical facts below.
It knows no database; moments that decide anything are passed in. Amounts are integer fen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, NamedTuple, Protocol


class Outcome(StrEnum):
    """What is certain after a call.

    UNKNOWN means that the channel may or may not have acted: nothing may be concluded and
    nothing repeated under another number; the order is asked about until it is known.
    """

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    PENDING = "pending"
    UNKNOWN = "unknown"


class TradeState(StrEnum):
    """Where a payment stands at the channel. ABSENT: the channel knows no such order."""

    PAID = "paid"
    REFUNDED = "refunded"
    NOT_PAID = "not_paid"
    CLOSED = "closed"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class RefundState(StrEnum):
    """Where a refund stands at the channel. ABSENT: the channel knows no such refund.

    ABNORMAL: the money left for the payer and could not be credited (a card that no longer
    exists); it stays at the channel until a person sees to it there. CLOSED: nothing goes back.
    """

    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    ABNORMAL = "abnormal"
    CLOSED = "closed"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class MerchantAccount:
    """What is needed to speak to the channel in the name of one unit.

    Keys are PEM text; `base_url` is the channel's address without a trailing slash (https, or
    http on this machine only). What only some channels use is empty elsewhere: `apiv3_key` is
    WeChat's 32-byte symmetric key, `merchant_certificate` the bank's idea of who signs for us.

    ==================== =================== =============== ==================
    part                 WeChat              Alipay          bank
    ==================== =================== =============== ==================
    mchid                mchid               seller_id       merchantNo
    appid                appid               app_id          terminal
    merchant_serial      certificate serial  –               –
    platform_key_id      PUB_KEY_ID_…        –               –
    platform_public_key  public key          public key      certificate
    ==================== =================== =============== ==================
    """

    mchid: str
    appid: str
    merchant_private_key: str = field(repr=False)
    platform_public_key: str
    base_url: str
    merchant_serial: str = ""
    platform_key_id: str = ""
    apiv3_key: str = field(default="", repr=False)
    merchant_certificate: str = ""


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """An order as the channel needs it. `notify_url` carries no query string."""

    out_trade_no: str
    description: str
    amount_fen: int
    created_at: datetime
    expires_at: datetime
    notify_url: str
    payer_ip: str


@dataclass(frozen=True, slots=True)
class ChannelError:
    """Why a call did not succeed: the channel's code, normalised, and its own words."""

    code: str
    message: str
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Prepaid:
    """Answer to an order. SUCCEEDED: the order waits for its payer at `pay_url`."""

    outcome: Outcome
    pay_url: str = ""
    error: ChannelError | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Answer to a query.

    SUCCEEDED: paid, with all facts. PENDING: the payer may still pay. FAILED: closed, or
    (state ABSENT) never known to the channel. UNKNOWN: ask again.
    """

    outcome: Outcome
    state: TradeState = TradeState.UNKNOWN
    transaction_id: str = ""
    amount_fen: int = 0
    currency: str = ""
    payer: str = ""
    paid_at: datetime | None = None
    error: ChannelError | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """Answer to a close. Whatever it says, a payer may have been faster: query afterwards.

    PENDING: the channel takes nothing back; the order lapses by itself when its time is over.
    """

    outcome: Outcome
    error: ChannelError | None = None


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """A refund as the channel needs it: `amount_fen` of a payment over `total_fen`.

    Repeating it with the same `out_refund_no` and content is harmless on every channel.
    """

    out_refund_no: str
    out_trade_no: str
    transaction_id: str
    amount_fen: int
    total_fen: int
    reason: str
    notify_url: str


@dataclass(frozen=True, slots=True)
class Refunded:
    """Answer to a refund, and to a question about one.

    SUCCEEDED: the payer has the money (state SUCCEEDED). PENDING: accepted, no more (PROCESSING).
    FAILED: ABNORMAL, CLOSED, never known to the channel (ABSENT), or, to a request, refused for
    good (UNKNOWN with its error). UNKNOWN: ask, and only if ABSENT request again, under the same
    number. `refund_id` is the channel's number, `amount_fen` what it says it gives back (0: the
    channel does not say).
    """

    outcome: Outcome
    state: RefundState = RefundState.UNKNOWN
    refund_id: str = ""
    refunded_at: datetime | None = None
    amount_fen: int = 0
    error: ChannelError | None = None


@dataclass(frozen=True, slots=True)
class RefundNotification:
    """A verified callback about a refund: a fact of its own, never a payment.

    `refunded_at` is the channel's moment of success; None for the other states. `amount_fen` 0: the
    channel does not say how much this one was.
    """

    event_id: str
    event_type: str
    out_refund_no: str
    out_trade_no: str
    transaction_id: str
    refund_id: str
    state: RefundState
    amount_fen: int
    mchid: str
    refunded_at: datetime | None
    raw_sha256: str


class Acknowledgement(NamedTuple):
    """How a channel is told that its callback is kept; anything else makes it send again."""

    status: int
    content_type: str
    body: str


@dataclass(frozen=True, slots=True)
class Notification:
    """A verified, decrypted callback about a payment, reduced to facts. `raw_sha256` is of the
    body as received.
    """

    event_id: str
    event_type: str
    out_trade_no: str
    transaction_id: str
    amount_fen: int
    currency: str
    payer: str
    mchid: str
    appid: str
    success_time: datetime
    raw_sha256: str


class Reason(StrEnum):
    """Why a callback was refused. The values are counted and shown to the operator."""

    BODY_TOO_LARGE = "body_too_large"
    BODY_ENCODED = "body_encoded"
    BODY_MALFORMED = "body_malformed"
    HEADER_MISSING = "header_missing"
    HEADER_REPEATED = "header_repeated"
    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_TYPE = "signature_type"
    SIGNATURE_PROBE = "signature_probe"
    SIGNATURE_INVALID = "signature_invalid"
    SERIAL_UNKNOWN = "serial_unknown"
    TIMESTAMP_MALFORMED = "timestamp_malformed"
    TIMESTAMP_STALE = "timestamp_stale"
    NONCE_MALFORMED = "nonce_malformed"
    ALGORITHM = "algorithm"
    DECRYPTION_FAILED = "decryption_failed"
    EVENT_UNSUPPORTED = "event_unsupported"
    FACTS_MALFORMED = "facts_malformed"
    MERCHANT_MISMATCH = "merchant_mismatch"
    CONFIG_UNKNOWN = "config_unknown"
    ORDER_UNKNOWN = "order_unknown"
    REFUND_UNKNOWN = "refund_unknown"
    UNIT_MISMATCH = "unit_mismatch"
    AMOUNT_MISMATCH = "amount_mismatch"
    CURRENCY_MISMATCH = "currency_mismatch"


class Rejected(Exception):
    """The callback is refused; nothing about any order may change because of it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class NothingToKeep(Exception):
    """The callback is genuine and reports nothing that is kept, as an order that ended unpaid: it
    is acknowledged, so that it does not come again.
    """

    def __init__(self, acknowledgement: Acknowledgement) -> None:
        super().__init__(acknowledgement)
        self.acknowledgement = acknowledgement


class Misconfigured(Exception):
    """The unit's channel configuration cannot be used; the message says which part of it."""


class Adapter(Protocol):
    """A channel as the services use it."""

    def prepay(self, request: PaymentRequest) -> Prepaid:
        """Register the order; repeating it with the same number and content is harmless."""

    def query(self, out_trade_no: str) -> Standing:
        """Ask where the order stands."""

    def close(self, out_trade_no: str) -> Closed:
        """Take the order back from the payer."""

    def with_return_address(self, pay_url: str, return_url: str) -> str:
        """The payment page's address with the page that the payer is sent back to."""

    def refund(self, request: RefundRequest) -> Refunded:
        """Give (a part of) a payment back; repeating it with the same number is harmless."""

    def query_refund(self, out_refund_no: str, out_trade_no: str) -> Refunded:
        """Ask where the refund stands."""


class CallbackReader(Protocol):
    """Reads callbacks without ever using the network."""

    ACKNOWLEDGEMENT: ClassVar[Acknowledgement]

    def read(
        self, *, headers: Iterable[tuple[str, str]], body: bytes, now: datetime
    ) -> Notification | RefundNotification:
        """Return the facts, or raise `Rejected` or `NothingToKeep`."""
