"""Numbers and addresses of people: sealed to keep, indexed to find, masked to show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from kernel.crypto import Cipher, unit_cipher
from kernel.masks import masked

IDENTITY: Final = "members.identity"
PHONE: Final = "members.phone"
ADDRESS: Final = "members.address"
PHONE_LENGTH: Final = 11
_ADDRESS_SHOWN: Final = 6


class Sealed(NamedTuple):
    """One value in its three forms; a missing phone is sealed to nothing."""

    blob: bytes | None
    mark: bytes | None
    masked: str


NOTHING = Sealed(None, None, "")


def normal_identity(number: str) -> str:
    """Without spaces, the check character in capitals."""
    return "".join(number.split()).upper()


def normal_phone(number: str) -> str:
    """Digits only, without the country code: +86 138 0000 1234 -> 13800001234."""
    digits = number
    if not (number.isascii() and number.isdigit()):
        digits = "".join(filter(str.isdecimal, number))
    return digits.removeprefix("86") if len(digits) > PHONE_LENGTH else digits


class Sealer:
    """Seals for the unit in force; made once per set of rows."""

    def __init__(self) -> None:
        self._cipher: Cipher = unit_cipher()

    def identity(self, number: str) -> Sealed:
        number = normal_identity(number)
        return Sealed(
            self._cipher.seal(number, column=IDENTITY),
            self._cipher.index(number, purpose="identity"),
            masked(number),
        )

    def phone(self, number: str | None) -> Sealed:
        number = normal_phone(number or "")
        if not number:
            return NOTHING
        return Sealed(
            self._cipher.seal(number, column=PHONE),
            self._cipher.index(number, purpose="phone"),
            masked(number),
        )

    def address(self, text: str) -> Sealed:
        """An address, which nobody searches by; its beginning is shown: 江苏省徐州市****."""
        text = " ".join(text.split())
        if not text:
            return NOTHING
        shown = text[:_ADDRESS_SHOWN] if len(text) > 2 * _ADDRESS_SHOWN else text[:2]
        return Sealed(self._cipher.seal(text, column=ADDRESS), None, f"{shown}****")

    def identities(self, numbers: Sequence[str]) -> list[Sealed]:
        """``identity`` for a set of rows."""
        return self._all(list(map(normal_identity, numbers)), IDENTITY, "identity")

    def phones(self, numbers: Sequence[str | None]) -> list[Sealed]:
        """``phone`` for a set of rows; a missing one is sealed to nothing."""
        digits = [normal_phone(number or "") for number in numbers]
        sealed = iter(self._all(list(filter(None, digits)), PHONE, "phone"))
        return [next(sealed) if number else NOTHING for number in digits]

    def _all(self, numbers: list[str], column: str, purpose: str) -> list[Sealed]:
        blobs = self._cipher.seal_all(numbers, column=column)
        return [
            Sealed(blob, self._cipher.index(number, purpose=purpose), masked(number))
            for blob, number in zip(blobs, numbers, strict=True)
        ]


def open_identity(blob: bytes | memoryview) -> str:
    return unit_cipher().open(bytes(blob), column=IDENTITY)


def open_phone(blob: bytes | memoryview) -> str:
    return unit_cipher().open(bytes(blob), column=PHONE)


def open_address(blob: bytes | memoryview) -> str:
    return unit_cipher().open(bytes(blob), column=ADDRESS)
