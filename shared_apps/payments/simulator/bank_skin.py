"""The bank as a sender of notifications: a signed form, repeated until somebody says 200.

The bank publishes no schedule of repetitions; this one is ours.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar
from urllib.parse import urlencode

from shared_apps.payments.simulator.bank_keys import BankKeys, Signature, self_made
from shared_apps.payments.simulator.bank_protocol import joined, printed, signature_of, yuan
from shared_apps.payments.simulator.books import Order
from shared_apps.payments.simulator.keys import forgers_key
from shared_apps.payments.simulator.protocol import digits
from shared_apps.payments.simulator.skins import Heard, Message

SIGNED = "merchantNo orderNo orderSeq cardTyp payTime orderStatus payAmount"
WITH_PAYER = f"{SIGNED} acctNo holderName ibknum"
OVERSIZE_BYTES = 64 * 1024
_REQUEST = frozenset({"drop_before", "drop_after", "error_before", "error_after", "latency"})


class BankSkin:
    kinds: ClassVar = frozenset({"bank"})
    spoiling: ClassVar = frozenset(
        {
            "forged",
            "foreign_mchid",
            "other_amount",
            "oversized",
            "repeated_field",
            "shifted_field",
            "stale",
            "status_unknown",
            "tampered_body",
            "unsigned",
            "wrong_signer",
        }
    )
    request_modes: ClassVar = {
        "order": _REQUEST - {"drop_after", "error_after"},
        "query": _REQUEST | {"status_unknown"},
        "refund": _REQUEST | {"badly_signed", "refund_refused", "refund_unclear"},
    }
    retry_seconds: ClassVar = (60, 180, 600, 1800, 3600, 7200, 21600)

    def __init__(self, keys: BankKeys, seed: str) -> None:
        self._keys = keys
        self._seed = seed

    def payee(self, order: Order) -> str:
        merchant = self._keys.merchant(order.mchid)
        return merchant.name if merchant else order.mchid

    def event_id(self, number: int, now: datetime) -> str:
        return f"BK{now:%Y%m%d}{number:012d}"

    def transaction_id(self, number: int, now: datetime) -> str:
        return "9" + digits(f"{self._seed}:bank:{number}", 17)

    def payer(self, order: Order) -> str:
        return "6216" + digits(f"{self._seed}:card:{order.prepay_id}", 15)

    def is_heard(self, heard: Heard) -> bool:
        return heard.status == 200

    def message(self, order: Order, event_id: str, mode: str = "") -> Message:
        fields = self._facts(order, mode)
        names = SIGNED if mode == "shifted_field" else WITH_PAYER
        fields["signData"] = signature_of(self._signs(mode), joined(fields, names))
        body = urlencode(_spoilt(fields, mode)).encode()
        if mode == "repeated_field":
            body += b"&payAmount=0.01"
        if mode == "oversized":
            body += b"&padding=" + b"0" * OVERSIZE_BYTES
        return Message(
            order.notify_url, {"Content-Type": "application/x-www-form-urlencoded"}, body
        )

    def _facts(self, order: Order, mode: str) -> dict[str, str]:
        paid_at = datetime.fromisoformat(order.paid_at)
        if mode == "stale":
            paid_at -= timedelta(days=10)
        wrong = 1 if mode == "other_amount" else 0
        return {
            "merchantNo": "104110000000001" if mode == "foreign_mchid" else order.mchid,
            "orderNo": order.out_trade_no,
            "orderSeq": order.transaction_id or "",
            "cardTyp": "01",
            "payTime": printed(paid_at),
            "orderStatus": "4" if mode == "status_unknown" else "1",
            "payAmount": yuan(order.amount_fen + wrong),
            "acctNo": f"{order.openid[:6]}****{order.openid[-4:]}",
            "holderName": "*某",
            "ibknum": "40740",
            "orderIp": "127.0.0.1",
            "orderRefer": "",
            "bankTranSeq": digits(f"{self._seed}:entry:{order.transaction_id}", 14),
            "returnActFlag": "1",
            "phoneNum": "",
        }

    def _signs(self, mode: str) -> Signature:
        if mode == "wrong_signer":
            return self._keys.other_customer()
        if mode == "forged":
            key = forgers_key()
            return Signature(key, self_made(self._keys.gateway.certificate, key))
        return self._keys.gateway


def _spoilt(fields: dict[str, str], mode: str) -> dict[str, str]:
    if mode == "tampered_body":
        return fields | {"payAmount": "0.01"}
    if mode == "unsigned":
        return fields | {"signData": ""}
    if mode == "shifted_field":  # another reading of the same signed text
        shifted = f"{fields['cardTyp']}|{fields['payTime']}"
        return fields | {"cardTyp": shifted, "payTime": fields["payTime"]}
    return fields
