"""What Alipay says about a refund, in the answers to a request and to a question.

A repeated request is answered like the first one, only with `fund_change` = N, and so is one that
the channel took up without moving money yet: both leave the refund to a question (payments.md 2).
The channel gives a refund no number of its own; it goes by the trade's number and ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from shared_apps.payments.channels.alipay_words import moment_of
from shared_apps.payments.channels.base import (
    ChannelError,
    Outcome,
    Refunded,
    RefundRequest,
    RefundState,
)
from shared_apps.payments.channels.yuan import fen_of, yuan_of

TRY_LATER: Final = frozenset({"SELLER_BALANCE_NOT_ENOUGH", "REFUND_ACCOUNT_NOT_EXIST"})
"""Refusals that another day may end."""

REASON_LIMIT: Final = 256


def document_of(request: RefundRequest) -> dict[str, object]:
    """The request; `out_request_no` is what makes a repetition harmless."""
    return {
        "out_trade_no": request.out_trade_no,
        "trade_no": request.transaction_id,
        "out_request_no": request.out_refund_no,
        "refund_amount": yuan_of(request.amount_fen),
        "refund_reason": request.reason[:REASON_LIMIT],
    }


def accepted(body: Mapping[str, Any], request: RefundRequest) -> Refunded | None:
    """The answer to a request; None when it is about another trade."""
    about = (body.get("out_trade_no"), body.get("trade_no"))
    if about != (request.out_trade_no, request.transaction_id):
        return None
    if body.get("fund_change") != "Y":
        error = ChannelError("FUND_UNCHANGED", "渠道没有在这次请求中划款，须再次查询")
        return Refunded(Outcome.UNKNOWN, error=error)
    return Refunded(
        Outcome.SUCCEEDED,
        RefundState.SUCCEEDED,
        refund_id=request.transaction_id,
        refunded_at=_moment(body.get("gmt_refund_pay")),
    )


def answered(body: Mapping[str, Any], out_refund_no: str, out_trade_no: str) -> Refunded | None:
    """The answer to a question; None when it is about another refund or lacks a fact."""
    if not body.get("out_request_no") and not body.get("refund_amount"):
        return Refunded(Outcome.FAILED, RefundState.ABSENT)
    if (body.get("out_request_no"), body.get("out_trade_no")) != (out_refund_no, out_trade_no):
        return None
    if body.get("refund_status", "REFUND_SUCCESS") != "REFUND_SUCCESS":
        return Refunded(Outcome.PENDING, RefundState.PROCESSING)
    try:
        return Refunded(
            Outcome.SUCCEEDED,
            RefundState.SUCCEEDED,
            refund_id=str(body["trade_no"]),
            refunded_at=_moment(body.get("gmt_refund_pay")),
            amount_fen=fen_of(body["refund_amount"]),
        )
    except (KeyError, ValueError):
        return None


def refused(error: ChannelError, outcome: Outcome) -> Refunded:
    """A refusal of the request; one that may end later leaves the refund to a question."""
    return Refunded(Outcome.UNKNOWN if error.code in TRY_LATER else outcome, error=error)


def _moment(text: object) -> datetime | None:
    return moment_of(text) if text else None
