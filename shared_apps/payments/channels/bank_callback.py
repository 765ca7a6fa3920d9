"""Notifications of the bank's mobile gateway: a form with a PKCS#7 signature over seven fields.

The account number, the name and the bank of the payer may come along and are then signed as well.
They are read for the signature and kept nowhere. What else the form carries is not signed and not
read. The form has no moment of its own but that of the payment, so its age is the payment's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Final
from urllib.parse import parse_qsl

from shared_apps.payments.channels.bank_signature import Verifier
from shared_apps.payments.channels.bank_words import moment_of, plaintext
from shared_apps.payments.channels.base import (
    Acknowledgement,
    MerchantAccount,
    NothingToKeep,
    Notification,
    Reason,
    Rejected,
)
from shared_apps.payments.channels.yuan import fen_of

BODY_LIMIT: Final = 64 * 1024
FIELD_LIMIT: Final = 40
FRESHNESS: Final = timedelta(days=3)
"""Longer than the bank repeats a notification; what is older, queries and bills have told."""

SKEW: Final = timedelta(seconds=300)
PAID: Final = "1"
UNCLEAR: Final = "4"
_SIGNED: Final = (
    "merchantNo", "orderNo", "orderSeq", "cardTyp", "payTime", "orderStatus", "payAmount",
)  # fmt: skip
_PAYER: Final = ("acctNo", "holderName", "ibknum")
_STATES: Final = frozenset("012356")


class BankCallbackReader:
    """Verifies and reads the notifications addressed to one merchant account."""

    ACKNOWLEDGEMENT: ClassVar = Acknowledgement(200, "text/plain; charset=utf-8", "success")

    def __init__(self, account: MerchantAccount) -> None:
        self._account = account
        self._verifier = Verifier(account)

    def read(
        self, *, headers: Iterable[tuple[str, str]], body: bytes, now: datetime
    ) -> Notification:
        """Return the facts of a genuine, recent notice of payment, or raise `Rejected`.

        A genuine notice of anything but a payment is taken without being kept. State 4, with which
        the bank says that it does not know, is refused (EVENT_UNSUPPORTED): it may come again when
        the bank does, and a query will find out.
        """
        fields = _form(headers, body)
        if not self._verifier.is_in_force(now):
            raise Rejected(Reason.SERIAL_UNKNOWN)
        if not self._verifier.is_genuine(_signed_text(fields), fields["signData"]):
            raise Rejected(Reason.SIGNATURE_INVALID)
        if fields["merchantNo"] != self._account.mchid:
            raise Rejected(Reason.MERCHANT_MISMATCH)
        if fields["orderStatus"] == UNCLEAR:
            raise Rejected(Reason.EVENT_UNSUPPORTED)
        if fields["orderStatus"] not in _STATES:
            raise Rejected(Reason.FACTS_MALFORMED)
        if fields["orderStatus"] != PAID:
            raise NothingToKeep(self.ACKNOWLEDGEMENT)
        return self._canonical(fields, hashlib.sha256(body).hexdigest(), now)

    def _canonical(self, fields: Mapping[str, str], digest: str, now: datetime) -> Notification:
        try:
            paid_at = moment_of(fields["payTime"])
            fen = fen_of(fields["payAmount"])
            number, sequence = _name(fields["orderNo"]), _name(fields["orderSeq"])
        except ValueError:
            raise Rejected(Reason.FACTS_MALFORMED) from None
        if not now - FRESHNESS <= paid_at <= now + SKEW:
            raise Rejected(Reason.TIMESTAMP_STALE)
        return Notification(
            event_id=f"{sequence}:{PAID}",
            event_type="PAY",
            out_trade_no=number,
            transaction_id=sequence,
            amount_fen=fen,
            currency="CNY",  # the gateway takes renminbi only and signs no currency
            payer="",
            mchid=self._account.mchid,
            appid=self._account.appid,
            success_time=paid_at,
            raw_sha256=digest,
        )


def _form(headers: Iterable[tuple[str, str]], body: bytes) -> Mapping[str, str]:
    """The form's fields, each at most once, with all that must be signed and the signature."""
    if len(body) > BODY_LIMIT:
        raise Rejected(Reason.BODY_TOO_LARGE)
    if any(name.lower() == "content-encoding" and value for name, value in headers):
        raise Rejected(Reason.BODY_ENCODED)
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=FIELD_LIMIT,
        )
    except ValueError:
        raise Rejected(Reason.BODY_MALFORMED) from None
    fields = dict(pairs)
    if len(fields) != len(pairs) or not all(fields.get(name) for name in _SIGNED):
        raise Rejected(Reason.BODY_MALFORMED)
    if not fields.get("signData"):
        raise Rejected(Reason.SIGNATURE_MISSING)
    return fields


def _signed_text(fields: Mapping[str, str]) -> str:
    has_payer = all(fields.get(name) for name in _PAYER)
    try:
        return plaintext(fields, (*_SIGNED, *_PAYER) if has_payer else _SIGNED)
    except ValueError:
        raise Rejected(Reason.FACTS_MALFORMED) from None


def _name(text: str) -> str:
    """A number of an order or a payment: short, printable, without blanks."""
    if not (0 < len(text) <= 32 and text.isascii() and text.isprintable() and " " not in text):
        raise ValueError("not a number of the bank's")
    return text
