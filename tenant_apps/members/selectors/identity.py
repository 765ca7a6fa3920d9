"""What an identity number says by itself (GB 11643): the birthday, the sex, whether it can be."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final, NamedTuple

_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS: Final = "10X98765432"
_FORM: Final = re.compile(r"[1-9]\d{16}[\dX]", re.ASCII)


class Told(NamedTuple):
    """What a number tells; both empty where it is no number of eighteen characters."""

    birth_on: dt.date | None
    gender: str


def told_by(number: str) -> Told:
    """Birthday and gender (M, F) in a number; the check character is not looked at."""
    if not _FORM.fullmatch(number):
        return Told(None, "")
    try:
        born = dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return Told(None, "")
    return Told(born, "M" if int(number[16]) % 2 else "F")


def problem_of(number: str) -> str:
    """Why a number cannot be one, in words; empty for one that can."""
    if not _FORM.fullmatch(number):
        return "身份证号应为 18 位，最后一位可以是 X。"
    if told_by(number).birth_on is None:
        return "身份证号第 7 至 14 位不是有效的出生日期。"
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=False))
    if _CHECKS[total % 11] != number[17]:
        return "身份证号的校验位不对，号码里至少有一位填错，请逐位核对。"
    return ""
