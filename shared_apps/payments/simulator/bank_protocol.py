"""The bank's side of its protocol: forms in, XML out, PKCS#7 both ways.

Written apart from the product's adapter, so that a mistake in one is not repeated by the other.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from asn1crypto import cms
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificate

from shared_apps.payments.simulator.bank_keys import BankMerchant, Signature
from shared_apps.payments.simulator.clock import BEIJING
from shared_apps.payments.simulator.protocol import Headers, Refusal, Reply

_XML: Headers = {"Content-Type": "text/xml; charset=utf-8"}


def form_of(body: bytes) -> dict[str, str]:
    """A form's fields; the first of several of one name counts, as it does at the bank."""
    found = parse_qs(body.decode("utf-8", errors="replace"), keep_blank_values=True)
    return {name: values[0] for name, values in found.items()}


def signature_of(who: Signature, text: str) -> str:
    """Detached, with signed attributes, in lines of 64 as the bank's tool prints it."""
    built = pkcs7.PKCS7SignatureBuilder().set_data(text.encode())
    der = built.add_signer(who.certificate, who.key, hashes.SHA256()).sign(
        Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary]
    )
    encoded = base64.b64encode(der).decode()
    return "\n".join(encoded[place : place + 64] for place in range(0, len(encoded), 64))


def demand_signed(merchant: BankMerchant, text: str, signature: str) -> None:
    """Raises Refusal unless the merchant's registered certificate signed this text."""
    try:
        _check(merchant, text.encode(), signature)
    except (InvalidSignature, KeyError, TypeError, ValueError):
        raise Refusal(400, "E00000003", "商户签名验证失败") from None


def _check(merchant: BankMerchant, content: bytes, signature: str) -> None:
    data: Any = cms.ContentInfo.load(base64.b64decode(signature))["content"]
    registered = load_pem_x509_certificate(merchant.certificate.encode())
    brought = [load_der_x509_certificate(one.chosen.dump()) for one in data["certificates"]]
    if registered not in brought:
        raise ValueError("signed with a certificate that is not registered")
    (signer,) = data["signer_infos"]
    attributes = signer["signed_attrs"]
    signed = content
    if attributes:
        (digest,) = next(a["values"] for a in attributes if a["type"].native == "message_digest")
        if digest.native != hashlib.sha256(content).digest():
            raise ValueError("signed another text")
        signed = attributes.untag().dump()
    key = registered.public_key()
    assert isinstance(key, RSAPublicKey)
    key.verify(signer["signature"].native, signed, padding.PKCS1v15(), hashes.SHA256())


def joined(fields: Mapping[str, str], names: str) -> str:
    return "|".join(fields.get(name, "") for name in names.split())


def document(header: Mapping[str, str], transactions: Iterable[Mapping[str, str]]) -> Reply:
    """An answer in the gateway's XML."""
    body = "".join(f"<orderTrans>{_elements(one)}</orderTrans>" for one in transactions)
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f"<res><header>{_elements(header)}</header><body>{body}</body></res>"
    )
    return 200, dict(_XML), text.encode()


def refused(merchant: str, refusal: Refusal) -> Reply:
    """How a question is refused: in words, under a status of success."""
    header = {
        "merchantNo": merchant,
        "hdlSts": "B",
        "rtnCd": refusal.code,
        "rtnMsg": refusal.message,
    }
    return document(header, ())


def _elements(fields: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())


def yuan(fen: int) -> str:
    return f"{Decimal(fen) / 100:.2f}"


def fen(text: str) -> int:
    """Raises Refusal for anything but yuan with at most two decimals, above nothing."""
    try:
        amount = Decimal(text) * 100
    except InvalidOperation:
        amount = Decimal("NaN")
    is_plain = text.isascii() and set(text) <= set("0123456789.")
    if not is_plain or not amount.is_finite() or amount <= 0 or amount != amount.to_integral():
        raise Refusal(400, "E00000011", "订单金额不正确")
    return int(amount)


def moment(text: str) -> datetime:
    """Raises Refusal unless the text is fourteen digits of a moment in Beijing."""
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
    except ValueError:
        raise Refusal(400, "E00000012", "时间格式不正确") from None


def printed(at: datetime) -> str:
    return f"{at.astimezone(BEIJING):%Y%m%d%H%M%S}"
