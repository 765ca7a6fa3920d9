"""The channel's side of WeChat Pay v3 on the wire: checking, signing, sealing.

Written from the protocol's description on `cryptography` alone. It shares no line with our client
or with the client library, so that an error in either shows as a disagreement.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared_apps.payments.simulator.keys import KeyStore, Merchant

SCHEME = "WECHATPAY2-SHA256-RSA2048"
CLOCK_SKEW_SECONDS = 300
_PARTS = re.compile(r'(\w+)="([^"]*)"')

Headers = dict[str, str]
Reply = tuple[int, Headers, bytes]


class Refusal(Exception):
    """An error answer: HTTP status, code, words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Call:
    """A request with a valid merchant signature."""

    merchant: Merchant
    method: str
    path: str
    query: str
    document: Mapping[str, Any]


def authenticate(
    store: KeyStore,
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> Call:
    """Check the merchant's signature; raises Refusal 401 SIGN_ERROR or 400 PARAM_ERROR."""
    authorization = _header(headers, "Authorization")
    scheme, _, rest = authorization.partition(" ")
    given = dict(_PARTS.findall(rest))
    merchant = store.merchant(given.get("mchid", ""))
    if scheme != SCHEME or merchant is None or given.get("serial_no") != merchant.serial:
        raise _unsigned("商户号、证书序列号或签名方式不正确")
    timestamp = given.get("timestamp", "")
    if not timestamp.isdigit() or abs(now.timestamp() - int(timestamp)) > CLOCK_SKEW_SECONDS:
        raise _unsigned("请求时间戳与当前时间相差过大")
    split = urlsplit(url)
    target = split.path + (f"?{split.query}" if split.query else "")
    lines = (method.upper(), target, timestamp, given.get("nonce_str", ""))
    message = "".join(f"{line}\n" for line in lines).encode() + body + b"\n"
    try:
        merchant.key().verify(
            base64.b64decode(given.get("signature", ""), validate=True),
            message,
            padding.PKCS1v15(),
            hashes.SHA256(),
        )
    except (InvalidSignature, binascii.Error):
        raise _unsigned("签名错误，请检查后再试") from None
    return Call(merchant, method.upper(), split.path, split.query, _document(body))


def signed(store: KeyStore, *, status: int, document: object, now: datetime, nonce: str) -> Reply:
    """An answer with the channel's signature; 204 has no body and is signed all the same."""
    body = b"" if document is None else compact(document)
    headers = signature_headers(
        store.platform, serial=store.platform_key_id, body=body, at=now, nonce=nonce
    )
    headers["Request-ID"] = nonce
    if body:
        headers["Content-Type"] = "application/json; charset=utf-8"
    return status, headers, body


def signature_headers(
    key: RSAPrivateKey, *, serial: str, body: bytes, at: datetime, nonce: str
) -> Headers:
    timestamp = str(int(at.timestamp()))
    message = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
    signature = key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Signature": base64.b64encode(signature).decode(),
        "Wechatpay-Serial": serial,
        "Wechatpay-Signature-Type": SCHEME,
    }


def sealed(merchant: Merchant, document: object, *, nonce: str, original_type: str) -> Headers:
    """The `resource` of a callback: AES-256-GCM under the APIv3 key, 12-byte nonce."""
    associated = "transaction"
    ciphertext = AESGCM(merchant.apiv3_key.encode()).encrypt(
        nonce.encode(), compact(document), associated.encode()
    )
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "original_type": original_type,
        "ciphertext": base64.b64encode(ciphertext).decode(),
        "associated_data": associated,
        "nonce": nonce,
    }


def error_reply(refusal: Refusal) -> Reply:
    body = compact({"code": refusal.code, "message": refusal.message})
    return refusal.status, {"Content-Type": "application/json; charset=utf-8"}, body


def compact(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def digits(seed: str, length: int) -> str:
    """A number that looks random and is the same for the same seed."""
    return str(int(hashlib.sha256(seed.encode()).hexdigest(), 16))[-length:].zfill(length)


def token(seed: str, length: int = 32) -> str:
    return hashlib.sha256(seed.encode()).hexdigest()[:length].upper()


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name.lower()), "")


def _document(body: bytes) -> Mapping[str, Any]:
    if not body:
        return {}
    try:
        value = json.loads(body)
    except ValueError:
        raise Refusal(400, "PARAM_ERROR", "请求体不是合法的 JSON") from None
    if not isinstance(value, dict):
        raise Refusal(400, "PARAM_ERROR", "请求体不是 JSON 对象")
    return value


def _unsigned(message: str) -> Refusal:
    return Refusal(401, "SIGN_ERROR", message)
