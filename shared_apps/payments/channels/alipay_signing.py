"""Signatures of Alipay's open platform: RSA2 over text, on the way out and on the way in.

Requests and notifications are signed over their parameters, sorted and unencoded. Answers are
signed over the very characters of one member of the answer's object, so those are cut out of the
raw text and never written anew.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from json import JSONDecodeError, JSONDecoder
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from shared_apps.payments.channels.base import MerchantAccount, Misconfigured

SIGN_TYPE: Final = "RSA2"
_SPACE: Final = " \t\r\n"
_DECODER: Final = JSONDecoder()


class Garbled(ValueError):
    """The text is no object of distinct members."""


def text_of(parameters: Mapping[str, str]) -> str:
    """What is signed: every parameter with a value, by name, as it is before any encoding."""
    return "&".join(f"{name}={value}" for name, value in sorted(parameters.items()) if value)


def signed(key: RSAPrivateKey, parameters: Mapping[str, str]) -> dict[str, str]:
    """The parameters with their signature; one that they carried before does not count."""
    bare = {name: value for name, value in parameters.items() if name != "sign"}
    signature = key.sign(text_of(bare).encode(), PKCS1v15(), SHA256())
    return {**bare, "sign": base64.b64encode(signature).decode()}


def is_genuine(key: RSAPublicKey, text: str, signature: str) -> bool:
    """Whether the channel's key signed this text, character for character."""
    try:
        key.verify(base64.b64decode(signature, validate=True), text.encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def members(text: str) -> dict[str, str]:
    """The members of a JSON object, each value as the characters that stand in the text.

    Braces and quotation marks inside strings are of no account, since a JSON reader finds where a
    value ends. Raises Garbled, also for a name that stands there twice.
    """
    found: dict[str, str] = {}
    place = _expect(text, 0, "{")
    while True:
        name, place = _value(text, _skip(text, place))
        start = _skip(text, _expect(text, place, ":"))
        _, end = _value(text, start)
        if not isinstance(name, str) or name in found:
            raise Garbled
        found[name] = text[start:end]
        place = _skip(text, end)
        if text[place : place + 1] != ",":
            break
        place += 1
    if _skip(text, _expect(text, place, "}")) != len(text):
        raise Garbled
    return found


def private_key(account: MerchantAccount) -> RSAPrivateKey:
    """The application's key; raises Misconfigured."""
    try:
        key = load_pem_private_key(account.merchant_private_key.encode(), password=None)
    except (TypeError, ValueError) as error:
        raise Misconfigured("merchant_private_key") from error
    if not isinstance(key, RSAPrivateKey):
        raise Misconfigured("merchant_private_key")
    return key


def public_key(account: MerchantAccount) -> RSAPublicKey:
    """The channel's key; raises Misconfigured."""
    try:
        key = load_pem_public_key(account.platform_public_key.encode())
    except ValueError as error:
        raise Misconfigured("platform_public_key") from error
    if not isinstance(key, RSAPublicKey):
        raise Misconfigured("platform_public_key")
    return key


def _value(text: str, place: int) -> tuple[object, int]:
    try:
        return _DECODER.raw_decode(text, place)
    except (JSONDecodeError, RecursionError) as error:
        raise Garbled from error


def _expect(text: str, place: int, sign: str) -> int:
    place = _skip(text, place)
    if text[place : place + 1] != sign:
        raise Garbled
    return place + 1


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in _SPACE:
        place += 1
    return place
