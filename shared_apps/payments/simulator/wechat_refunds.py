"""Refunds of the simulated WeChat Pay: accepted at once, ended a little later, then told.

A planted fault at the point "refund" decides how one ends:

refund_abnormal    the payer's card is gone: the money left the merchant and reached nobody
refund_closed      nothing goes back after all
refund_processing  it ends only after an hour
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from shared_apps.payments.simulator.books import Books, Order
from shared_apps.payments.simulator.clock import ScaledClock, stamp
from shared_apps.payments.simulator.protocol import Refusal, digits

EVENT: Final = "RF-"
"""What the id of a refund's callback begins with; its number follows."""

FATES: Final = {
    "refund_abnormal": "ABNORMAL",
    "refund_closed": "CLOSED",
    "refund_processing": "SUCCESS",
}
PROCESSING_SECONDS: Final = 3
SLOW_SECONDS: Final = 3600


class RefundDesk:
    """Takes refunds on, and knows how each stands at any moment."""

    def __init__(self, books: Books, clock: ScaledClock, seed: str) -> None:
        self._books = books
        self._clock = clock
        self._seed = seed

    def ask(
        self, order: Order, document: Mapping[str, Any], *, fen: int, now: datetime
    ) -> dict[str, object]:
        """Take a refund on; the same number and sum again is the same refund."""
        number = str(document["out_refund_no"])
        known = self._books.refund_end(order.mchid, number)
        if known is None:
            self._take_on(order, document, fen, now)
        elif (known["out_trade_no"], known["amount_fen"]) != (order.out_trade_no, fen):
            raise Refusal(400, "INVALID_REQUEST", "退款单号相同而内容不同")
        return self.document(order, number)

    def document(self, order: Order, number: str) -> dict[str, object]:
        """How the refund stands, as an answer tells it; raises Refusal for an unknown one."""
        known = self._books.refund_end(order.mchid, number)
        if known is None:
            raise Refusal(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
        status = self._status(order, known)
        told: dict[str, object] = {
            "refund_id": known["refund_id"],
            "out_refund_no": number,
            "transaction_id": order.transaction_id,
            "out_trade_no": order.out_trade_no,
            "channel": "ORIGINAL",
            "user_received_account": "支付用户零钱",
            "create_time": known["created_at"],
            "status": status,
            "amount": {
                "total": order.amount_fen,
                "refund": known["amount_fen"],
                "currency": order.currency,
            },
        }
        if status == "SUCCESS":
            told["success_time"] = known["ends_at"]
        return told

    def facts(self, order: Order, event_id: str) -> tuple[str, str, dict[str, object]]:
        """What a callback tells: where to, the event, and what it seals."""
        number = event_id.removeprefix(EVENT)
        known = self._books.refund_end(order.mchid, number)
        assert known is not None
        told = self.document(order, number)
        facts = {
            "mchid": order.mchid,
            **{key: told[key] for key in ("out_trade_no", "transaction_id", "out_refund_no")},
            "refund_id": told["refund_id"],
            "refund_status": told["status"],
            "user_received_account": told["user_received_account"],
            "amount": {
                "total": order.amount_fen,
                "refund": known["amount_fen"],
                "payer_total": order.amount_fen,
                "payer_refund": known["amount_fen"],
            },
        }
        if "success_time" in told:
            facts["success_time"] = told["success_time"]
        return known["notify_url"], f"REFUND.{told['status']}", facts

    def _take_on(self, order: Order, document: Mapping[str, Any], fen: int, now: datetime) -> None:
        number, mchid = str(document["out_refund_no"]), order.mchid
        fault = self._books.take_fault("refund", order.out_trade_no, FATES)
        mode = fault.mode if fault else ""
        if self._books.refunded_fen(order) + fen > order.amount_fen:
            raise Refusal(403, "NOT_ENOUGH", "退款总额超过订单金额")
        refund_id = "5030" + digits(f"{self._seed}:refund:{mchid}:{number}", 24)
        takes = SLOW_SECONDS if mode == "refund_processing" else PROCESSING_SECONDS
        due_at = self._clock.after(takes).timestamp()
        self._books.record_refund(order, number=number, refund_id=refund_id, fen=fen, at=stamp(now))
        self._books.destine_refund(
            order,
            number=number,
            refund_id=refund_id,
            fen=fen,
            created_at=stamp(now),
            notify_url=str(document.get("notify_url", "")),
            fate=FATES.get(mode, "SUCCESS"),
            ends_at=stamp(now + self._clock.lasting(takes)),
            due_at=due_at,
        )
        self._books.set_state(order, "REFUND")
        if document.get("notify_url"):
            self._books.owe_callback(EVENT + number, order, due_at=due_at)

    def _status(self, order: Order, known: Mapping[str, Any]) -> str:
        """The fate is known from the beginning, and shows when its moment has come."""
        if self._clock.virtual().timestamp() < known["due_at"]:
            return "PROCESSING"
        if known["fate"] == "CLOSED":
            self._books.undo_refund(order, str(known["out_refund_no"]), at=known["ends_at"])
        return str(known["fate"])
