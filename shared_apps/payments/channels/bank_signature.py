"""The signatures of the bank's gateway: PKCS#7 SignedData, detached, in base64.

`cryptography` writes them. Reading is ours, because nothing at hand reads them as they must be
read here: the signer is one certificate that is known beforehand. Most public samples trust every
certificate of the bank's authority instead, which lets any of its other customers sign for it.
Certificates that a message brings along are therefore not even looked at.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any, Final

from asn1crypto import cms
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, Hash, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs7 import (
    PKCS7Options,
    PKCS7SignatureBuilder,
)
from cryptography.x509 import Certificate, load_pem_x509_certificate

from shared_apps.payments.channels.base import MerchantAccount, Misconfigured

SIGNATURE_LIMIT: Final = 16 * 1024
_HASHES: Final[dict[str, HashAlgorithm]] = {
    "sha256": SHA256(),
    "sha384": SHA384(),
    "sha512": SHA512(),
}
_ALGORITHMS: Final = {"rsassa_pkcs1v15", "sha256_rsa", "sha384_rsa", "sha512_rsa"}
_FORM: Final = [
    PKCS7Options.Binary,
    PKCS7Options.DetachedSignature,
    PKCS7Options.NoAttributes,
]


class Signer:
    """Signs in the name of one merchant; the same text always gives the same signature."""

    def __init__(self, account: MerchantAccount) -> None:
        """Raises Misconfigured unless key and certificate belong together."""
        self._certificate = certificate_of(account.merchant_certificate, "merchant_certificate")
        try:
            key = load_pem_private_key(account.merchant_private_key.encode(), password=None)
        except (TypeError, ValueError):
            raise Misconfigured("merchant_private_key") from None
        if not isinstance(key, RSAPrivateKey):
            raise Misconfigured("merchant_private_key")
        if key.public_key() != self._certificate.public_key():
            raise Misconfigured("merchant_certificate")
        self._key = key

    def sign(self, text: str) -> str:
        builder = PKCS7SignatureBuilder().set_data(text.encode())
        signed = builder.add_signer(self._certificate, self._key, SHA256())
        return base64.b64encode(signed.sign(Encoding.DER, _FORM)).decode()


class Verifier:
    """Knows the one certificate that the bank signs with."""

    def __init__(self, account: MerchantAccount) -> None:
        """Raises Misconfigured unless the platform's key is a certificate with an RSA key."""
        self._certificate = certificate_of(account.platform_public_key, "platform_public_key")
        key = self._certificate.public_key()
        if not isinstance(key, RSAPublicKey):
            raise Misconfigured("platform_public_key")
        self._key = key

    def is_in_force(self, now: datetime) -> bool:
        """Whether the certificate's own dates allow it to be used."""
        known = self._certificate
        return known.not_valid_before_utc <= now <= known.not_valid_after_utc

    def is_genuine(self, text: str, signature: str) -> bool:
        """Whether the bank, with this very certificate, signed exactly this text."""
        try:
            return self._is_signed(text.encode(), _signed_data(signature))
        except (InvalidSignature, KeyError, TypeError, ValueError):
            return False

    def _is_signed(self, content: bytes, signed: Any) -> bool:
        inside = signed["encap_content_info"]
        if inside["content_type"].native != "data":
            return False
        if inside["content"].native not in (None, content):
            return False
        [one] = signed["signer_infos"]  # another number of signers is no signature of the bank's
        if not self._is_named(one["sid"]):
            return False
        if one["signature_algorithm"]["algorithm"].native not in _ALGORITHMS:
            return False
        algorithm = _HASHES[one["digest_algorithm"]["algorithm"].native]
        covered = _covered(one["signed_attrs"], content, algorithm)
        self._key.verify(one["signature"].native, covered, PKCS1v15(), algorithm)
        return True

    def _is_named(self, name: Any) -> bool:
        """Whether the message says that this certificate signed it."""
        if name.name != "issuer_and_serial_number":
            return False
        known = self._certificate
        return bool(
            name.chosen["serial_number"].native == known.serial_number
            and name.chosen["issuer"].dump() == known.issuer.public_bytes()
        )


def certificate_of(pem: str, part: str) -> Certificate:
    """The certificate of a PEM text; raises Misconfigured naming the part it stands in."""
    try:
        return load_pem_x509_certificate(pem.encode())
    except ValueError:
        raise Misconfigured(part) from None


def _signed_data(signature: str) -> Any:
    """The SignedData of a signature in base64, which the bank breaks into lines."""
    if len(signature) > SIGNATURE_LIMIT:
        raise ValueError("longer than any signature")
    try:
        der = base64.b64decode("".join(signature.split()), validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    envelope = cms.ContentInfo.load(der, strict=True)
    if envelope["content_type"].native != "signed_data":
        raise ValueError("not SignedData")
    return envelope["content"]


def _covered(attributes: Any, content: bytes, algorithm: HashAlgorithm) -> bytes:
    """What the signature is over: the content, or attributes that name the content's digest."""
    if not attributes:
        return content
    found = {one["type"].native: one["values"] for one in attributes}
    digest = Hash(algorithm)
    digest.update(content)
    if [value.native for value in found["message_digest"]] != [digest.finalize()]:
        raise ValueError("the digest is of another text")
    if [value.native for value in found["content_type"]] != ["data"]:
        raise ValueError("the attributes are of another kind of content")
    # Signed as a plain SET, whatever tag they bear in the message (RFC 5652, 5.4).
    return b"\x31" + bytes(attributes.dump()[1:])
