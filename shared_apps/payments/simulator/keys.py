"""Key material of the simulated channel, kept in one folder and made on first use.

The folder holds what the real channel would hold (its key pair, each merchant's public key and
APIv3 key) and, because nobody else hands it out here, what a merchant would hold as well.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

_RSA_BITS = 2048
_KEY_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class Merchant:
    """One merchant as it is registered with the channel."""

    mchid: str
    appid: str
    name: str
    serial: str
    apiv3_key: str
    public_key: str

    def key(self) -> RSAPublicKey:
        return _public(self.public_key)


class KeyStore:
    """Opens the folder, making the channel's own keys when they are missing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "merchants").mkdir(parents=True, exist_ok=True, mode=0o700)
        self.platform = private_key(once(folder / "platform.pem", new_private_pem))
        self.platform_key_id = "PUB_KEY_ID_" + once(folder / "platform.id", _serial)
        self.admin_key = once(folder / "admin.key", lambda: secrets.token_urlsafe(24))
        self._cache: dict[str, Merchant] = {}

    def merchant(self, mchid: str) -> Merchant | None:
        """The merchant with this number; one registered by another process is found as well."""
        if mchid not in self._cache:
            path = self._folder / "merchants" / f"{mchid}.json"
            if not mchid.isdigit() or not path.exists():
                return None
            self._cache[mchid] = Merchant(**json.loads(path.read_text("utf-8")))
        return self._cache[mchid]

    def merchant_material(self, label: str, *, name: str = "") -> dict[str, str]:
        """Everything a merchant needs to speak to this channel, the same for the same label.

        `label` is any stable text of the merchant (a unit's id); `name` is shown on the cashier
        page and kept up to date. The keys of the answer are the fields of
        `shared_apps.payments.channels.base.MerchantAccount`, without `base_url`.
        """
        digest = hashlib.sha256(label.encode()).hexdigest()
        mchid = "19" + str(int(digest[:12], 16))[-8:].zfill(8)
        merchant, private = self._registered(mchid, "wx" + digest[-16:], name)
        return {
            "mchid": merchant.mchid,
            "appid": merchant.appid,
            "merchant_serial": merchant.serial,
            "merchant_private_key": private,
            "apiv3_key": merchant.apiv3_key,
            "platform_key_id": self.platform_key_id,
            "platform_public_key": _public_pem(self.platform),
        }

    @cached_property
    def alipay_platform(self) -> RSAPrivateKey:
        """Alipay's own key; the channels share no secret."""
        return private_key(once(self._folder / "alipay.pem", new_private_pem))

    def alipay_merchant(self, app_id: str) -> Merchant | None:
        """Who an application belongs to."""
        found = self.merchant(f"2088{app_id[4:]}") if app_id.isascii() else None
        return found if found is not None and found.appid == app_id else None

    def alipay_material(self, label: str, *, name: str = "") -> dict[str, str]:
        """The same for Alipay: a seller with one application."""
        digest = hashlib.sha256(f"alipay:{label}".encode()).hexdigest()
        number = str(int(digest[:14], 16))[-12:].zfill(12)
        merchant, private = self._registered(f"2088{number}", f"2021{number}", name)
        return {
            "mchid": merchant.mchid,
            "appid": merchant.appid,
            "merchant_private_key": private,
            "platform_public_key": _public_pem(self.alipay_platform),
        }

    def _registered(self, mchid: str, appid: str, name: str) -> tuple[Merchant, str]:
        """The merchant under this number, made or kept, and its private key."""
        folder = self._folder / "merchants"
        private = once(folder / f"{mchid}.pem", new_private_pem)
        known = self.merchant(mchid)
        merchant = Merchant(
            mchid=mchid,
            appid=appid,
            name=name or (known.name if known else "") or f"商户 {mchid}",
            serial=known.serial if known else _serial(),
            apiv3_key=known.apiv3_key if known else _symmetric_key(),
            public_key=_public_pem(private_key(private)),
        )
        if merchant != known:
            write(folder / f"{mchid}.json", json.dumps(asdict(merchant), ensure_ascii=False))
            self._cache[mchid] = merchant
        return merchant, private


def new_private_key() -> RSAPrivateKey:
    """A fresh key of the strength that the channel demands."""
    return generate_private_key(public_exponent=65537, key_size=_RSA_BITS)


@cache
def forgers_key() -> RSAPrivateKey:
    """A key that nobody trusts, the same for the life of the process: making one is costly."""
    return new_private_key()


def once(path: Path, make: Callable[[], str]) -> str:
    """The file's text; made once, and the first of two racing processes wins."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        _create(draft, make())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text("utf-8")


def write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    _create(draft, text)
    draft.replace(path)


def _create(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def new_private_pem() -> str:
    key = new_private_key()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def private_key(pem: str) -> RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("the simulator's key file does not hold an RSA key")
    return key


def _public(pem: str) -> RSAPublicKey:
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey):
        raise TypeError("the simulator's merchant file does not hold an RSA key")
    return key


def _public_pem(private: RSAPrivateKey) -> str:
    public = private.public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _serial() -> str:
    return secrets.token_hex(20).upper()


def _symmetric_key() -> str:
    return "".join(secrets.choice(_KEY_ALPHABET) for _ in range(32))
