"""统一社会信用代码 (GB 32100-2015): 18 characters, the last of which checks the others."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from kernel.errors import Invalid

_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""No I, O, S, V and Z: they are too like 1, 0, 5, U and 2."""
_AUTHORITIES: Final = "123456789ANY"
_SHAPE: Final = re.compile(rf"[{_AUTHORITIES}][1-9A-HJ-NP-RTUWXY]\d{{6}}[{_ALPHABET}]{{10}}")
PROVISIONAL_REGION: Final = "000000"


class CreditCodeMalformed(Invalid):
    code = "credit_code_malformed"
    sentence = (
        "统一社会信用代码应为 18 位：登记管理部门、机构类别各 1 位，行政区划 6 位数字，"
        "其后 10 位不含字母 I、O、S、V、Z。"
    )


class CreditCodeCheckDigit(Invalid):
    code = "credit_code_check_digit"
    sentence = "统一社会信用代码的第 18 位校验码不对，请对照证照逐位核对。"


def checked(text: str) -> str:
    """The code in capitals and without blanks.

    Raises CreditCodeMalformed for its shape, CreditCodeCheckDigit for a wrong last character.
    """
    code = re.sub(r"\s+", "", text).upper()
    if not _SHAPE.fullmatch(code):
        raise CreditCodeMalformed
    if check_character(code[:17]) != code[17]:
        raise CreditCodeCheckDigit
    return code


def check_character(body: str) -> str:
    """The 18th character: weights are powers of 3 modulo 31 (GB 32100, annex)."""
    total = sum(_ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(body))
    return _ALPHABET[(31 - total % 31) % 31]


def provisional(unit_name: str) -> str:
    """A stand-in for a unit whose code is not known yet: right in form, region 000000.

    The same name gives the same code, so that opening a unit again finds it.
    """
    digest = hashlib.sha256(unit_name.encode()).digest()
    body = "Y1" + PROVISIONAL_REGION + "".join(_ALPHABET[byte % 31] for byte in digest[:9])
    return body + check_character(body)


def is_provisional(code: str) -> bool:
    return code[2:8] == PROVISIONAL_REGION
