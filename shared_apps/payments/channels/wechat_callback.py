"""Callbacks of WeChat Pay v3: a gate of cheap checks, then the signature, then the facts.

The order is deliberate. Everything that can be refused without cryptography is refused first, and
nothing on this path touches the network: the client library would fetch certificates for an
unknown serial and accepts messages of any age, so it is not used here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from shared_apps.payments.channels.base import (
    Acknowledgement,
    MerchantAccount,
    Misconfigured,
    Notification,
    Reason,
    RefundNotification,
    Rejected,
)
from shared_apps.payments.channels.wechat_refund import EVENTS as REFUND_EVENTS
from shared_apps.payments.channels.wechat_refund import STATES as REFUND_STATES
from shared_apps.payments.channels.wechat_refund import moment_of

SIGNATURE_TYPE = "WECHATPAY2-SHA256-RSA2048"
PROBE_PREFIX = "WECHATPAY/SIGNTEST/"
FRESHNESS_SECONDS = 300
BODY_LIMIT = 64 * 1024
NONCE_LIMIT = 128
APIV3_KEY_BYTES = 32
PAID_EVENT = "TRANSACTION.SUCCESS"

_SIGNED_HEADERS = ("signature", "timestamp", "nonce", "serial", "signature-type")


class WeChatCallbackReader:
    """Verifies and opens the callbacks addressed to one merchant account."""

    ACKNOWLEDGEMENT: ClassVar = Acknowledgement(204, "", "")

    def __init__(self, account: MerchantAccount) -> None:
        self._account = account
        self._key = platform_key(account)
        self._cipher = AESGCM(apiv3_key(account))

    def read(
        self, *, headers: Iterable[tuple[str, str]], body: bytes, now: datetime
    ) -> Notification | RefundNotification:
        """Return the facts of a genuine, fresh callback, or raise `Rejected`.

        `body` is the raw request body; `now` an aware moment. Genuine messages about anything but
        a payment or a refund are refused (EVENT_UNSUPPORTED), so that none is acknowledged unread.
        """
        signed = self._gate(headers, body, now)
        if not is_genuine(
            self._key,
            timestamp=signed["timestamp"],
            nonce=signed["nonce"],
            body=body,
            signature=signed["signature"],
        ):
            raise Rejected(Reason.SIGNATURE_INVALID)
        envelope = _json_object(body, Reason.BODY_MALFORMED)
        facts = self._open(envelope)
        digest = hashlib.sha256(body).hexdigest()
        if envelope["event_type"] in REFUND_EVENTS:
            return self._refund(envelope, facts, digest)
        return self._canonical(envelope, facts, digest)

    def _gate(
        self, headers: Iterable[tuple[str, str]], body: bytes, now: datetime
    ) -> Mapping[str, str]:
        if len(body) > BODY_LIMIT:
            raise Rejected(Reason.BODY_TOO_LARGE)
        signed = _signed_headers(headers)
        if signed["signature-type"] != SIGNATURE_TYPE:
            raise Rejected(Reason.SIGNATURE_TYPE)
        if signed["signature"].startswith(PROBE_PREFIX):
            raise Rejected(Reason.SIGNATURE_PROBE)
        if signed["serial"] != self._account.platform_key_id:
            raise Rejected(Reason.SERIAL_UNKNOWN)
        if len(signed["nonce"]) > NONCE_LIMIT or not signed["nonce"].isascii():
            raise Rejected(Reason.NONCE_MALFORMED)
        _demand_fresh(signed["timestamp"], now)
        return signed

    def _open(self, envelope: Mapping[str, Any]) -> Mapping[str, Any]:
        if envelope.get("event_type") not in (PAID_EVENT, *REFUND_EVENTS):
            raise Rejected(Reason.EVENT_UNSUPPORTED)
        resource = envelope.get("resource")
        if envelope.get("resource_type") != "encrypt-resource" or not isinstance(resource, dict):
            raise Rejected(Reason.BODY_MALFORMED)
        if resource.get("algorithm") != "AEAD_AES_256_GCM":
            raise Rejected(Reason.ALGORITHM)
        try:
            plain = self._cipher.decrypt(
                str(resource["nonce"]).encode(),
                base64.b64decode(str(resource["ciphertext"]), validate=True),
                str(resource.get("associated_data") or "").encode(),
            )
        except (KeyError, ValueError, InvalidTag):
            raise Rejected(Reason.DECRYPTION_FAILED) from None
        return _json_object(plain, Reason.FACTS_MALFORMED)

    def _canonical(
        self, envelope: Mapping[str, Any], facts: Mapping[str, Any], digest: str
    ) -> Notification:
        try:
            notification = Notification(
                event_id=_text(envelope["id"], 64),
                event_type=PAID_EVENT,
                out_trade_no=_text(facts["out_trade_no"], 32),
                transaction_id=_text(facts["transaction_id"], 32),
                amount_fen=_fen(facts["amount"]["total"]),
                currency=_text(facts["amount"]["currency"], 3),
                payer=_text(facts["payer"]["openid"], 128),
                mchid=_text(facts["mchid"], 32),
                appid=_text(facts["appid"], 32),
                success_time=moment(facts["success_time"]),
                raw_sha256=digest,
            )
        except (KeyError, TypeError, ValueError):
            raise Rejected(Reason.FACTS_MALFORMED) from None
        if facts.get("trade_state") != "SUCCESS":
            raise Rejected(Reason.FACTS_MALFORMED)
        if (notification.mchid, notification.appid) != (self._account.mchid, self._account.appid):
            raise Rejected(Reason.MERCHANT_MISMATCH)
        return notification

    def _refund(
        self, envelope: Mapping[str, Any], facts: Mapping[str, Any], digest: str
    ) -> RefundNotification:
        """A refund carries no appid; its state is named twice and must be the same."""
        state = REFUND_EVENTS[envelope["event_type"]]
        try:
            notification = RefundNotification(
                event_id=_text(envelope["id"], 64),
                event_type=envelope["event_type"],
                out_refund_no=_text(facts["out_refund_no"], 64),
                out_trade_no=_text(facts["out_trade_no"], 32),
                transaction_id=_text(facts["transaction_id"], 32),
                refund_id=_text(facts["refund_id"], 64),
                state=state,
                amount_fen=_fen(facts["amount"]["refund"]),
                mchid=_text(facts["mchid"], 32),
                refunded_at=moment_of(facts, state),
                raw_sha256=digest,
            )
        except (KeyError, TypeError, ValueError):
            raise Rejected(Reason.FACTS_MALFORMED) from None
        if REFUND_STATES.get(str(facts.get("refund_status"))) is not state:
            raise Rejected(Reason.FACTS_MALFORMED)
        if notification.mchid != self._account.mchid:
            raise Rejected(Reason.MERCHANT_MISMATCH)
        return notification


def is_genuine(
    key: RSAPublicKey, *, timestamp: str, nonce: str, body: bytes, signature: str
) -> bool:
    """Whether the channel's key signed this body, byte for byte (also used for answers)."""
    try:
        key.verify(
            base64.b64decode(signature, validate=True),
            b"%s\n%s\n%s\n" % (timestamp.encode(), nonce.encode(), body),
            PKCS1v15(),
            SHA256(),
        )
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def platform_key(account: MerchantAccount) -> RSAPublicKey:
    """The channel's public key; raises Misconfigured when it is not an RSA key with an id."""
    if not account.platform_key_id.startswith("PUB_KEY_ID_"):
        raise Misconfigured("platform_key_id")
    try:
        key = load_pem_public_key(account.platform_public_key.encode())
    except ValueError:
        raise Misconfigured("platform_public_key") from None
    if not isinstance(key, RSAPublicKey):
        raise Misconfigured("platform_public_key")
    return key


def apiv3_key(account: MerchantAccount) -> bytes:
    """The symmetric key; raises Misconfigured unless it has exactly 32 bytes."""
    key = account.apiv3_key.encode()
    if len(key) != APIV3_KEY_BYTES:
        raise Misconfigured("apiv3_key")
    return key


def moment(value: object) -> datetime:
    """An RFC 3339 moment with its offset; raises ValueError for anything else."""
    if not isinstance(value, str):
        raise ValueError("not a moment")  # noqa: TRY004 - callers treat every bad fact alike
    parsed = datetime.fromisoformat(value)
    if parsed.tzinfo is None:
        raise ValueError("a moment without an offset")
    return parsed


def _signed_headers(headers: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """The five signature headers by short name, each present exactly once.

    WSGI servers join repeated headers with a comma, which none of the five may contain.
    """
    found: dict[str, str] = {}
    for name, value in headers:
        lowered = name.lower()
        if lowered == "content-encoding" and value:
            raise Rejected(Reason.BODY_ENCODED)
        short = lowered.removeprefix("wechatpay-")
        if short == lowered or short not in _SIGNED_HEADERS:
            continue
        if short in found or "," in value:
            raise Rejected(Reason.HEADER_REPEATED)
        found[short] = value
    if any(not found.get(short) for short in _SIGNED_HEADERS):
        raise Rejected(Reason.HEADER_MISSING)
    return found


def _demand_fresh(timestamp: str, now: datetime) -> None:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise Rejected(Reason.TIMESTAMP_MALFORMED)
    if abs(now.timestamp() - int(timestamp)) > FRESHNESS_SECONDS:
        raise Rejected(Reason.TIMESTAMP_STALE)


def _json_object(raw: bytes, reason: Reason) -> Mapping[str, Any]:
    try:
        value = json.loads(raw.decode())
    except (ValueError, RecursionError):
        raise Rejected(reason) from None
    if not isinstance(value, dict):
        raise Rejected(reason)
    return value


def _text(value: object, limit: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= limit:
        raise ValueError("not a text of the expected length")
    return value


def _fen(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise ValueError("not an amount in fen")
    return value
