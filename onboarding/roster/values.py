"""Cells as people fill them in, read into exact values.

Every reader takes a cell and returns the value or None; none of them guesses.
Money is integer fen, read through exact decimals (rulebook 0.2.2).
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from operator import mul

from kernel.sheets.reading import Cell

_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad]+")
_DOTS = re.compile(r"(?<=[\u3400-\u9fff])[•・･‧∙．.](?=[\u3400-\u9fff])")
_HAN = re.compile(r"[\u3400-\u9fff〇]")
_QUOTES = "'’‘`\"“”"


def text(cell: Cell) -> str:
    """The cell as one line of text: half-width, trimmed; a whole number has no ``.0``."""
    if isinstance(cell, str):
        return cell.strip() if cell.isascii() else " ".join(_plain(cell).split())
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e17 else repr(cell)
    return str(cell)


def compact(cell: Cell) -> str:
    """The text without any blanks and invisible characters."""
    if isinstance(cell, str):
        return "".join(cell.split() if cell.isascii() else _plain(cell).split())
    return text(cell)


def shown(cell: Cell) -> str:
    """The text without blanks, in the characters it was typed in (brackets stay as they are)."""
    if isinstance(cell, str):
        visible = cell if cell.isprintable() else _INVISIBLE.sub("", cell)
        return "".join(visible.split())
    return text(cell)


def lined(cell: Cell) -> str:
    """Like ``shown``, with one blank where there were blanks or line breaks."""
    if isinstance(cell, str):
        visible = cell if cell.isprintable() else _INVISIBLE.sub("", cell)
        return " ".join(visible.split())
    return text(cell)


def _plain(cell: str) -> str:
    plain = unicodedata.normalize("NFKC", cell)
    return plain if plain.isprintable() else _INVISIBLE.sub("", plain)


# Names


def person_name(cell: Cell) -> str:
    """A person's name: no blanks inside a Chinese name, one kind of middle dot."""
    if not isinstance(cell, str):
        return text(cell)
    if cell.isalpha() and unicodedata.is_normalized("NFKC", cell):
        return cell
    name = compact(cell) if _HAN.search(cell) else text(cell)
    return name if name.isalpha() else _DOTS.sub("·", name)


# Identity numbers (GB 11643)

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_ZEROS = sum(_WEIGHTS) * ord("0")
_ID_NOISE = str.maketrans({**dict.fromkeys(_QUOTES + " -", None), "х": "X", "Х": "X", "×": "X"})


@dataclass(frozen=True, slots=True)
class Identity:
    """An identity number as read; ``fault`` is the rule broken, or empty."""

    number: str
    fault: str = ""
    birth_on: dt.date | None = None
    is_male: bool | None = None


_NO_IDENTITY = Identity("", "id_missing")


def identity(cell: Cell) -> Identity:
    """Faults: id_missing, id_precision_lost, id_fifteen, id_length, id_format,
    id_check_digit, id_birth_invalid.
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _numeric_identity(float(cell), cell)
    number = identity_key(cell)
    if not number:
        return _NO_IDENTITY
    if len(number) == 18 and number[:17].isdigit() and number.isascii():
        return _identity_18(number)
    if re.fullmatch(r"\d\.\d+E\+?\d+", number):
        return Identity(number, "id_precision_lost")
    if number.isascii() and number.isdigit():
        return Identity(number, "id_fifteen" if len(number) == 15 else "id_length")
    well_made = re.fullmatch(r"\d+X?", number)
    return Identity(number, "id_length" if well_made else "id_format")


def identity_key(cell: Cell) -> str:
    """An identity number in one spelling, unchecked: what makes two rows the same person."""
    if not isinstance(cell, str):
        return text(cell)
    if cell.isascii() and cell.isalnum():  # as most are: nothing to take out
        return cell if cell.isdigit() else cell.upper()
    number = compact(cell)
    return number if number.isdigit() else number.translate(_ID_NOISE).upper()


def _numeric_identity(value: float, cell: float) -> Identity:
    digits = f"{value:.0f}"
    if value >= 1e15 and len(digits) >= 17:
        exact = isinstance(cell, int) and len(digits) == 18
        return _identity_18(str(cell)) if exact else Identity(digits, "id_precision_lost")
    return Identity(digits, "id_fifteen" if len(digits) == 15 else "id_length")


def check_character(first_17: str) -> str:
    """The 18th character that belongs to the first seventeen digits."""
    total = sum(map(mul, _WEIGHTS, first_17.encode("ascii"))) - _ZEROS
    return _CHECKS[total % 11]


def _identity_18(number: str) -> Identity:
    last = number[17]
    if not last.isdigit() and last != "X":
        return Identity(number, "id_format")
    birth = _date(number[6:10], number[10:12], number[12:14])
    if check_character(number[:17]) != last:
        return Identity(number, "id_check_digit", birth)
    if birth is None:
        return Identity(number, "id_birth_invalid")
    return Identity(number, "", birth, int(number[16]) % 2 == 1)


# Dates

_SERIAL_START = dt.date(1899, 12, 30)
_DIGITS = str.maketrans("〇零○O一二三四五六七八九", "0000123456789")
_FULL_DATE = re.compile(r"(\d{4})\D{1,3}(\d{1,2})\D{1,3}(\d{1,2})\D{0,4}")
_MONTH_DATE = re.compile(r"(\d{4})\D{1,3}(\d{1,2})\D{0,3}")
_SHORT_DATE = re.compile(r"(\d{2})[./\-年](\d{1,2})(?:[./\-月](\d{1,2}))?\D{0,3}")
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_SOLID_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})?")
_CLOCK = re.compile(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$")


@dataclass(frozen=True, slots=True)
class Day:
    """A date with how exactly it was given: 3 to the day, 2 to the month, 1 to the year."""

    on: dt.date
    precision: int = 3


def day(cell: Cell) -> Day | None:
    """Excel dates and serials, 2018.07.01, 2018年7月, 20180701, 2018/7, 85.7, 2018; else None."""
    if isinstance(cell, str):
        return _day_of_text(cell)
    if isinstance(cell, dt.datetime):
        return Day(cell.date())
    if isinstance(cell, dt.date):
        return Day(cell)
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return None
    return _day_of_number(float(cell))


def _day_of_number(number: float) -> Day | None:
    if 1900 <= number < 2100:
        if number.is_integer():
            return _made(str(int(number)), None, None)
        month = repr(number).partition(".")[2]
        return _made(str(int(number)), None if month == "1" else month, None)
    if number.is_integer() and number >= 190_001:
        return _day_of_text(str(int(number)))
    if 3_000 <= number < 80_000:
        return Day(_SERIAL_START + dt.timedelta(days=int(number)))
    return None


@lru_cache(maxsize=100_000)
def _day_of_text(cell: str) -> Day | None:
    value = text(cell).strip(_QUOTES)
    value = _CLOCK.sub("", value).replace(" ", "")
    if not value:
        return None
    if "年" in value and not value[0].isdigit():
        value = _from_chinese(value)
    for pattern in (_SOLID_DATE, _FULL_DATE, _MONTH_DATE):
        found = pattern.fullmatch(value)
        if found:
            parts = [*found.groups(), None]
            return _made(parts[0], parts[1], parts[2])
    found = _US_DATE.fullmatch(value)
    if found:
        return _made(found[3], found[1], found[2])
    found = _SHORT_DATE.fullmatch(value)
    if found:
        century = "19" if int(found[1]) > 26 else "20"
        return _made(century + found[1], found[2], found[3])
    year = re.fullmatch(r"(\d{4})年?", value)
    if year:
        return _made(year[1], None, None)
    return _day_of_number(float(value)) if re.fullmatch(r"\d{5}(\.\d+)?", value) else None


def _from_chinese(value: str) -> str:
    """``二〇一八年十一月`` -> ``2018年11月``."""
    value = re.sub(r"([一二三])十([一二三四五六七八九])", r"\1\2", value)
    value = re.sub(r"([二三])十", r"\g<1>0", value)
    value = re.sub(r"十([一二三四五六七八九])", r"1\1", value).replace("十", "10")
    return value.translate(_DIGITS)


def _made(year: str | None, month: str | None, on: str | None) -> Day | None:
    precision = 3 if on and int(on) else 2 if month and int(month) else 1
    made = _date(year or "", month if precision > 1 else "1", on if precision > 2 else "1")
    return Day(made, precision) if made else None


def _date(year: str, month: str | None, on: str | None) -> dt.date | None:
    try:
        made = dt.date(int(year), int(month or 1), int(on or 1))
    except ValueError:
        return None
    return made if 1900 <= made.year < 2100 else None


# Money

_AMOUNT = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|-?\.\d+")
_UNIT = re.compile(r"^(?:人民币|rmb|cny|[¥￥$])|(?:元整|元|圆)?(?:/月|每月)?$", re.IGNORECASE)
_TEN_THOUSAND = 10_000
_EXACT_IN_FLOAT, _NOISE = 1e11, 1e-4  # far from half a fen, which is rounded exactly
_PLAUSIBLE_IN_WAN = 100_000_000


def fen_of_wan(cell: Cell) -> int | None:
    """An amount under a heading in 万元.  What could only be yuan there (4500 would be 45
    million a month) is taken as the yuan it is.
    """
    exact = fen(cell)
    if exact is None or (isinstance(cell, str) and "元" in cell and "万" not in cell):
        return exact
    whole = fen(f"{text(cell)}万") if "万" not in text(cell) else exact
    return whole if whole is not None and abs(whole) < _PLAUSIBLE_IN_WAN else exact


def fen(cell: Cell) -> int | None:
    """Yuan in a cell as integer fen, half-up beyond two decimals; None when not a number."""
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        hundredfold = cell * 100
        if abs(hundredfold) < _EXACT_IN_FLOAT and abs(hundredfold - round(hundredfold)) < _NOISE:
            return round(hundredfold)
        return _to_fen(repr(cell))
    if not isinstance(cell, str):
        return None
    amount = _UNIT.sub("", compact(cell).strip(_QUOTES))
    times = _TEN_THOUSAND if amount.endswith("万") else 1
    amount = amount.removesuffix("万")
    return _to_fen(amount.replace(",", ""), times) if _AMOUNT.fullmatch(amount) else None


def _to_fen(amount: str, times: int = 1) -> int | None:
    try:
        exact = Decimal(amount) * times
        return int((exact * 100).quantize(Decimal(1), ROUND_HALF_UP)) if exact.is_finite() else None
    except InvalidOperation:
        return None


# Phones

_MOBILE_DIGITS = 11
_PLAIN_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"0\d{2,3}-?\d{7,8}(?:-\d{1,5})?")


@dataclass(frozen=True, slots=True)
class Phone:
    """``fault`` is phone_invalid; ``remark`` is phone_landline, phone_several, phone_missing."""

    number: str
    fault: str = ""
    remark: str = ""


def phone(cell: Cell) -> Phone:
    """A mobile number, whatever stands around it."""
    if isinstance(cell, str) and len(cell) == _MOBILE_DIGITS and _PLAIN_MOBILE.fullmatch(cell):
        return Phone(cell)
    value = compact(cell).strip(_QUOTES)
    if not value or value in ("无", "-", "/", "—"):
        return Phone("", remark="phone_missing")
    found = _MOBILE.fullmatch(re.sub(r"[-()]", "", value))
    if found:
        return Phone(found[1])
    if _LANDLINE.fullmatch(value):
        return Phone("", remark="phone_landline")
    parts = [part for part in re.split(r"[/,;、\\|]", value) if part]
    if len(parts) > 1:
        several = [_MOBILE.fullmatch(part.replace("-", "")) for part in parts]
        first = next((one for one in several if one), None)
        if first:
            return Phone(first[1], remark="phone_several")
    return Phone("", "phone_invalid")
