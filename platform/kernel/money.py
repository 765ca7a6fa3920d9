"""Money is integer fen everywhere; yuan exist only at the edges."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

from .errors import Invalid

_YUAN = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|-?\d+(?:\.\d{1,2})?")
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_GROUPS = ("", "万", "亿", "万亿")
_PLACES = ("", "拾", "佰", "仟")


class NotAnAmount(Invalid):
    code = "not_an_amount"
    sentence = "「{text}」不是有效的金额，请填写元，最多两位小数，例如 1234.50。"


def yuan(fen: int) -> str:
    """Fen as yuan with separators: 123400 -> ``1,234.00``."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100:,}.{fen % 100:02d}"


def parse_yuan(text: str) -> int:
    """Yuan as people type them to fen; raises NotAnAmount rather than guess."""
    cleaned = text.strip()
    if not cleaned.isascii() or not _YUAN.fullmatch(cleaned):
        raise NotAnAmount(text=text)
    return int(Decimal(cleaned.replace(",", "")) * 100)


def share(fen: int, basis_points: int) -> Decimal:
    """``basis_points`` of an amount, exact and unrounded, in fen."""
    return Decimal(fen) * basis_points / 10_000


def half_up(amount: Decimal) -> int:
    """Rounds fen half-up, never banker's (rulebook 4.8)."""
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))


def capitals(fen: int) -> str:
    """人民币大写: 12000 -> ``壹佰贰拾元整`` (receipts, rulebook 10.2)."""
    if fen < 0:
        return "负" + capitals(-fen)
    whole, jiao, cents = fen // 100, fen // 10 % 10, fen % 10
    text = _integer_capitals(whole) + "元" if whole or not (jiao or cents) else ""
    if not jiao and not cents:
        return text + "整"
    if jiao:
        text += _DIGITS[jiao] + "角"
    elif whole:
        text += "零"
    return text + (_DIGITS[cents] + "分" if cents else "整")


def _integer_capitals(number: int) -> str:
    if number == 0:
        return "零"
    groups: list[int] = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    text = ""
    for index in range(len(groups) - 1, -1, -1):
        group = groups[index]
        if not group:
            continue
        if text and (group < 1000 or not groups[index + 1]):
            text += "零"
        text += _group_capitals(group) + _GROUPS[index]
    return text


def _group_capitals(group: int) -> str:
    text, gap = "", False
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + _PLACES[place]
        gap = not digit
    return text
