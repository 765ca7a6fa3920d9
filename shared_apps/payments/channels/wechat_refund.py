"""What WeChat Pay says about a refund: in its answers, and in a callback's opened resource.

A 2xx only means that the refund was accepted; `status` says how far it is (payments.md 1.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from shared_apps.payments.channels.base import (
    ChannelError,
    Outcome,
    Refunded,
    RefundRequest,
    RefundState,
)

EVENTS: Final = {
    "REFUND.SUCCESS": RefundState.SUCCEEDED,
    "REFUND.ABNORMAL": RefundState.ABNORMAL,
    "REFUND.CLOSED": RefundState.CLOSED,
}
STATES: Final = {
    "SUCCESS": RefundState.SUCCEEDED,
    "PROCESSING": RefundState.PROCESSING,
    "ABNORMAL": RefundState.ABNORMAL,
    "CLOSED": RefundState.CLOSED,
}
TRY_LATER: Final = frozenset({"FREQUENCY_LIMITED", "NOT_ENOUGH", "SIGN_ERROR"})
"""Refusals that another day may end: too often, no balance left, keys being changed."""

REASON_BYTES: Final = 80
_OUTCOMES: Final = {
    RefundState.SUCCEEDED: Outcome.SUCCEEDED,
    RefundState.PROCESSING: Outcome.PENDING,
    RefundState.ABNORMAL: Outcome.FAILED,
    RefundState.CLOSED: Outcome.FAILED,
}


def document_of(request: RefundRequest) -> dict[str, object]:
    """The request as the client library takes it; the reason is what the payer reads."""
    reason = request.reason.encode()[:REASON_BYTES].decode(errors="ignore")
    return {
        "out_refund_no": request.out_refund_no,
        "transaction_id": request.transaction_id,
        "reason": reason or None,
        "amount": {
            "refund": request.amount_fen,
            "total": request.total_fen,
            "currency": "CNY",
        },
    }


def answered(body: Mapping[str, Any], *, out_refund_no: str, out_trade_no: str) -> Refunded | None:
    """The answer in canonical form; None when it is about another refund or lacks a fact."""
    if (body.get("out_refund_no"), body.get("out_trade_no")) != (out_refund_no, out_trade_no):
        return None
    state = STATES.get(str(body.get("status")))
    try:
        fen = body["amount"]["refund"]
        refund_id = body["refund_id"]
        at = moment_of(body, state) if state else None
    except (KeyError, TypeError, ValueError):
        return None
    if state is None or type(fen) is not int or not isinstance(refund_id, str) or not refund_id:
        return None
    return Refunded(_OUTCOMES[state], state, refund_id, at, fen)


def moment_of(facts: Mapping[str, Any], state: RefundState) -> datetime | None:
    """When the payer had the money; raises KeyError or ValueError where a success lacks it."""
    if state is not RefundState.SUCCEEDED:
        return None
    parsed = datetime.fromisoformat(facts["success_time"])
    if parsed.tzinfo is None:
        raise ValueError("a moment without an offset")
    return parsed


def refused(error: ChannelError, outcome: Outcome) -> Refunded:
    """A refusal of the request; one that may end later leaves the refund to a question."""
    return Refunded(Outcome.UNKNOWN if error.code in TRY_LATER else outcome, error=error)
