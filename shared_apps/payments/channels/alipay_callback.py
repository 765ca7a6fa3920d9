"""Notifications of Alipay: a signed form, read strictly, then the facts in it.

The signature covers `name=value` pairs joined without any quoting, so a stranger could hide a
field in the value before it and leave the signature intact. No value may therefore hold an
ampersand, and no name may come twice. Nothing on this path touches the network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar, Final
from urllib.parse import parse_qsl

from shared_apps.payments.channels.alipay_signing import (
    SIGN_TYPE,
    is_genuine,
    public_key,
)
from shared_apps.payments.channels.alipay_words import moment_of, text_of
from shared_apps.payments.channels.base import (
    Acknowledgement,
    MerchantAccount,
    NothingToKeep,
    Notification,
    Reason,
    RefundNotification,
    RefundState,
    Rejected,
)
from shared_apps.payments.channels.yuan import fen_of

BODY_LIMIT: Final = 64 * 1024
FIELD_LIMIT: Final = 100
SENT_WITHIN: Final = timedelta(hours=26)
"""The channel repeats a notification for 25 hours, under the same `notify_id` and moment."""

CLOCK_SKEW: Final = timedelta(minutes=5)
FORM: Final = "application/x-www-form-urlencoded"
PAID: Final = frozenset({"TRADE_SUCCESS", "TRADE_FINISHED"})
ENDED: Final = frozenset({"TRADE_CLOSED", "WAIT_BUYER_PAY"})


class AlipayCallbackReader:
    """Verifies the notifications addressed to one application."""

    ACKNOWLEDGEMENT: ClassVar = Acknowledgement(200, "text/plain", "success")

    def __init__(self, account: MerchantAccount) -> None:
        self._account = account
        self._key = public_key(account)

    def read(
        self, *, headers: Iterable[tuple[str, str]], body: bytes, now: datetime
    ) -> Notification | RefundNotification:
        """Return the facts of a genuine notification of a payment or a refund.

        A refund of a part is announced as TRADE_SUCCESS too, one of the whole as TRADE_CLOSED: the
        fields of the refund tell. Raises `NothingToKeep` for an order that ended unpaid, and
        `Rejected` for anything that is not genuine, not fresh, or not this application's.
        """
        _demand_plain_form(headers, body)
        form = _fields(body)
        self._demand_genuine(form)
        if (form.get("app_id"), form.get("seller_id")) != (
            self._account.appid,
            self._account.mchid,
        ):
            raise Rejected(Reason.MERCHANT_MISMATCH)
        _demand_fresh(form.get("notify_time", ""), now)
        digest = hashlib.sha256(body).hexdigest()
        try:
            return self._facts(form, digest)
        except (KeyError, ValueError):
            raise Rejected(Reason.FACTS_MALFORMED) from None

    def _demand_genuine(self, form: Mapping[str, str]) -> None:
        if form.get("sign_type") != SIGN_TYPE:
            raise Rejected(Reason.SIGNATURE_TYPE)
        signature = form.get("sign", "")
        if not signature:
            raise Rejected(Reason.SIGNATURE_MISSING)
        pairs = sorted(item for item in form.items() if item[0] not in {"sign", "sign_type"})
        text = "&".join(f"{name}={value}" for name, value in pairs)
        if not is_genuine(self._key, text, signature):
            raise Rejected(Reason.SIGNATURE_INVALID)

    def _facts(self, form: Mapping[str, str], digest: str) -> Notification | RefundNotification:
        status = form["trade_status"]
        if any(form.get(name) for name in ("gmt_refund", "refund_fee", "out_biz_no")):
            return self._refund(form, digest)
        if status in ENDED:
            raise NothingToKeep(self.ACKNOWLEDGEMENT)
        if status not in PAID:
            raise Rejected(Reason.EVENT_UNSUPPORTED)
        return Notification(
            event_id=text_of(form["notify_id"], 128),
            event_type=status,
            out_trade_no=text_of(form["out_trade_no"], 32),
            transaction_id=text_of(form["trade_no"], 64),
            amount_fen=fen_of(form["total_amount"]),
            currency=form.get("trans_currency") or "CNY",
            payer=form.get("buyer_open_id") or form.get("buyer_id") or "",
            mchid=self._account.mchid,
            appid=self._account.appid,
            success_time=moment_of(form["gmt_payment"]),
            raw_sha256=digest,
        )

    def _refund(self, form: Mapping[str, str], digest: str) -> RefundNotification:
        """`refund_fee` adds up all refunds of the trade; how much this one was is not told."""
        if not form.get("out_biz_no"):
            raise Rejected(Reason.EVENT_UNSUPPORTED)
        fen_of(form["refund_fee"])
        return RefundNotification(
            event_id=text_of(form["notify_id"], 128),
            event_type=f"REFUND.{form['trade_status']}",
            out_refund_no=text_of(form["out_biz_no"], 64),
            out_trade_no=text_of(form["out_trade_no"], 32),
            transaction_id=text_of(form["trade_no"], 64),
            refund_id=text_of(form["trade_no"], 64),
            state=RefundState.SUCCEEDED,
            amount_fen=0,
            mchid=self._account.mchid,
            refunded_at=moment_of(form["gmt_refund"]),
            raw_sha256=digest,
        )


def _demand_plain_form(headers: Iterable[tuple[str, str]], body: bytes) -> None:
    if len(body) > BODY_LIMIT:
        raise Rejected(Reason.BODY_TOO_LARGE)
    kinds = []
    for name, value in headers:
        lowered = name.lower()
        if lowered == "content-encoding" and value:
            raise Rejected(Reason.BODY_ENCODED)
        if lowered == "content-type":
            kinds.append(value.partition(";")[0].strip().lower())
    if kinds != [FORM]:
        raise Rejected(Reason.BODY_MALFORMED)


def _fields(body: bytes) -> Mapping[str, str]:
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
    form = dict(pairs)
    if len(form) < len(pairs) or any("&" in name + value or "=" in name for name, value in pairs):
        raise Rejected(Reason.BODY_MALFORMED)
    if form.get("charset", "utf-8").lower() != "utf-8":
        raise Rejected(Reason.BODY_ENCODED)
    return form


def _demand_fresh(text: str, now: datetime) -> None:
    try:
        sent = moment_of(text)
    except ValueError:
        raise Rejected(Reason.TIMESTAMP_MALFORMED) from None
    if not now - SENT_WITHIN <= sent <= now + CLOCK_SKEW:
        raise Rejected(Reason.TIMESTAMP_STALE)
