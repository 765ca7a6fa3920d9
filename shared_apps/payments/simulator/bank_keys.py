"""The simulated bank's authority, its certificates and those of its merchants.

Everybody's certificate comes from one authority, the bank's own signing certificate too. So a
merchant that trusts the authority instead of the certificate takes any other customer's word for
the bank's: the fault `wrong_signer` plays that customer.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import (
    BasicConstraints,
    Certificate,
    CertificateBuilder,
    Name,
    NameAttribute,
    load_pem_x509_certificate,
    random_serial_number,
)
from cryptography.x509.oid import NameOID

from shared_apps.payments.simulator.keys import new_private_pem, once, private_key, write

_LIFE = timedelta(days=3650)
AUTHORITY = "Paysim Bank Authority"


class Signature(NamedTuple):
    """Whom a signature is by: a key and the certificate of it."""

    key: RSAPrivateKey
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class BankMerchant:
    """One merchant as the bank's gateway knows it."""

    number: str
    terminal: str
    name: str
    certificate: str


class BankKeys:
    """Opens the folder, making the bank's own keys and certificates when they are missing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "merchants").mkdir(parents=True, exist_ok=True, mode=0o700)
        authority_key = private_key(once(folder / "authority.pem", new_private_pem))
        made = once(folder / "authority.crt", lambda: _pem(_authority(authority_key)))
        self.authority = Signature(authority_key, _certificate(made))
        self.gateway = self._issued("gateway", "Paysim Bank Gateway")
        self._cache: dict[str, BankMerchant] = {}

    def other_customer(self) -> Signature:
        """Somebody else with a certificate of the bank's authority."""
        return self._issued("other", "Another Customer")

    def merchant(self, number: str) -> BankMerchant | None:
        """The merchant with this number; one registered by another process is found as well."""
        if number not in self._cache:
            path = self._folder / "merchants" / f"{number}.json"
            if not number.isdigit() or not path.exists():
                return None
            self._cache[number] = BankMerchant(**json.loads(path.read_text("utf-8")))
        return self._cache[number]

    def merchant_material(self, label: str, *, name: str = "") -> dict[str, str]:
        """Everything a merchant needs to speak to this gateway, the same for the same label.

        The keys of the answer are fields of `channels.base.MerchantAccount`, without `base_url`.
        """
        digest = hashlib.sha256(f"bank:{label}".encode()).hexdigest()
        number = "104110" + str(int(digest[:12], 16))[-9:].zfill(9)
        own = self._issued(f"merchants/{number}", f"Merchant {number}")
        known = self.merchant(number)
        merchant = BankMerchant(
            number=number,
            terminal=str(int(digest[12:24], 16))[-8:].zfill(8),
            name=name or (known.name if known else "") or f"商户 {number}",
            certificate=_pem(own.certificate),
        )
        if merchant != known:
            document = json.dumps(asdict(merchant), ensure_ascii=False)
            write(self._folder / "merchants" / f"{number}.json", document)
            self._cache[number] = merchant
        return {
            "mchid": merchant.number,
            "appid": merchant.terminal,
            "merchant_private_key": once(
                self._folder / "merchants" / f"{number}.pem", new_private_pem
            ),
            "merchant_certificate": merchant.certificate,
            "platform_key_id": f"{self.gateway.certificate.serial_number:X}",
            "platform_public_key": _pem(self.gateway.certificate),
        }

    def _issued(self, name: str, subject: str) -> Signature:
        key = private_key(once(self._folder / f"{name}.pem", new_private_pem))
        made = once(
            self._folder / f"{name}.crt", lambda: _pem(_issue(self.authority, key, subject))
        )
        return Signature(key, _certificate(made))


def self_made(like: Certificate, key: RSAPrivateKey) -> Certificate:
    """A certificate with the names and the number of another, signed by nobody but itself."""
    return (
        _drafted(like.subject, like.issuer, key)
        .serial_number(like.serial_number)
        .sign(key, SHA256())
    )


def _authority(key: RSAPrivateKey) -> Certificate:
    name = _name(AUTHORITY)
    draft = _drafted(name, name, key).serial_number(random_serial_number())
    return draft.add_extension(BasicConstraints(ca=True, path_length=0), critical=True).sign(
        key, SHA256()
    )


def _issue(authority: Signature, key: RSAPrivateKey, subject: str) -> Certificate:
    draft = _drafted(_name(subject), authority.certificate.subject, key)
    numbered = draft.serial_number(random_serial_number())
    return numbered.sign(authority.key, SHA256())


def _drafted(subject: Name, issuer: Name, key: RSAPrivateKey) -> CertificateBuilder:
    now = datetime.now(tz=UTC)
    return (
        CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFE)
    )


def _name(common: str) -> Name:
    return Name(
        [
            NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            NameAttribute(NameOID.ORGANIZATION_NAME, "Paysim"),
            NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _pem(certificate: Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _certificate(pem: str) -> Certificate:
    return load_pem_x509_certificate(pem.encode())
